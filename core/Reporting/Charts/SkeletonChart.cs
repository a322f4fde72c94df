namespace Iml4e.Reporting.Charts;

/// <summary>A drawn skeleton with a bar of shares at each of its points.</summary>
public sealed record SkeletonChart : Chart
{
    /// <summary>The points.</summary>
    public required IReadOnlyList<SkeletonPoint> Points { get; init; }

    /// <summary>What joins them.</summary>
    public IReadOnlyList<SkeletonLink> Links { get; init; } = [];

    /// <summary>The parts of each point's bar: a value a point, from 0 up; null for none.</summary>
    public required IReadOnlyList<BarSeries> Series { get; init; }
}
