namespace Iml4e.Reporting.Charts;

/// <summary>One line.</summary>
public sealed record LineSeries
{
    /// <summary>Its name in the legend.</summary>
    public required string Name { get; init; }

    /// <summary>Where its points are, ascending.</summary>
    public required IReadOnlyList<double> X { get; init; }

    /// <summary>Their values, as many; null breaks the line.</summary>
    public required IReadOnlyList<double?> Y { get; init; }

    /// <summary>The lower edge of a band around the line; null for none.</summary>
    public IReadOnlyList<double?>? Low { get; init; }

    /// <summary>The upper edge of the band.</summary>
    public IReadOnlyList<double?>? High { get; init; }

    /// <summary>Whether a value holds until the next (a staircase).</summary>
    public bool Step { get; init; }

    /// <summary>Whether it is dashed.</summary>
    public bool Dashed { get; init; }

    /// <summary>Whether its points are marked.</summary>
    public bool Markers { get; init; }

    /// <summary>Its own colour, 0xRRGGBB; null for the next of the palette.</summary>
    public int? Rgb { get; init; }
}
