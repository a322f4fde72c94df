namespace Iml4e.Reporting.Charts;

/// <summary>Bars by category, upright or lying, one group a category.</summary>
public sealed record BarChart : Chart
{
    /// <summary>The categories.</summary>
    public required IReadOnlyList<string> Categories { get; init; }

    /// <summary>The bars of each group.</summary>
    public required IReadOnlyList<BarSeries> Series { get; init; }

    /// <summary>Whether bars lie, which leaves room for long categories.</summary>
    public bool Horizontal { get; init; }

    /// <summary>Whether the bars of a group are one behind the other, so that a group is a whole; for lying bars of values from 0 up.</summary>
    public bool Stacked { get; init; }

    /// <summary>Whether bars carry their values.</summary>
    public bool Labels { get; init; } = true;
}
