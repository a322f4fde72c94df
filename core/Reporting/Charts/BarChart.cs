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

    /// <summary>Whether bars carry their values.</summary>
    public bool Labels { get; init; } = true;
}
