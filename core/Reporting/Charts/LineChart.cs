namespace Iml4e.Reporting.Charts;

/// <summary>Lines over numbers or time.</summary>
public sealed record LineChart : Chart
{
    /// <summary>The lines.</summary>
    public required IReadOnlyList<LineSeries> Series { get; init; }

    /// <summary>Whether x is time: milliseconds since 1970, UTC.</summary>
    public bool Time { get; init; }

    /// <summary>Levels drawn across.</summary>
    public IReadOnlyList<ReferenceLine> References { get; init; } = [];

    /// <summary>Whether y starts at zero; false for a scale that follows the data.</summary>
    public bool FromZero { get; init; }
}
