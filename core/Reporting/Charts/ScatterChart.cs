namespace Iml4e.Reporting.Charts;

/// <summary>Points.</summary>
public sealed record ScatterChart : Chart
{
    /// <summary>The clouds.</summary>
    public required IReadOnlyList<ScatterSeries> Series { get; init; }

    /// <summary>Whether the line y = x is drawn, as for predictions against what happened.</summary>
    public bool Diagonal { get; init; }
}
