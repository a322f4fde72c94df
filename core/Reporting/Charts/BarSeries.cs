namespace Iml4e.Reporting.Charts;

/// <summary>One bar of each group.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Values">A value a category; null for no bar.</param>
public sealed record BarSeries(string Name, IReadOnlyList<double?> Values)
{
    /// <summary>
    /// Its own colour, 0xRRGGBB; null for the next of the palette. Series with colours of their own are hatched too, as nothing is told by colour alone.
    /// </summary>
    public int? Rgb { get; init; }
}
