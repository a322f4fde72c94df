namespace Iml4e.Reporting.Charts;

/// <summary>Lines across a bar, by which series are told apart where colours cannot be.</summary>
internal static class Hatch
{
    private const double Gap = 5;

    /// <summary>Patterns, before they begin anew: none, rising, falling, crossed, level, upright, chequered.</summary>
    public const int Patterns = 7;

    /// <summary>The strokes of a pattern in a rectangle; none for the first pattern.</summary>
    /// <param name="pattern">Which, from 0.</param>
    /// <param name="area">The rectangle.</param>
    public static IReadOnlyList<(ChartPoint From, ChartPoint To)> Strokes(int pattern, RectangleMark area) => (pattern % Patterns) switch
    {
        1 => [.. Rising(area)],
        2 => [.. Falling(area)],
        3 => [.. Rising(area), .. Falling(area)],
        4 => [.. Level(area)],
        5 => [.. Upright(area)],
        6 => [.. Level(area), .. Upright(area)],
        _ => [],
    };

    // Lines x + y = c, where they are inside.
    private static IEnumerable<(ChartPoint From, ChartPoint To)> Rising(RectangleMark area)
    {
        foreach (var c in Steps(area.X + area.Y, area.X + area.Y + area.Width + area.Height, Gap * Math.Sqrt(2)))
        {
            double left = Math.Max(area.X, c - area.Y - area.Height), right = Math.Min(area.X + area.Width, c - area.Y);
            yield return (new ChartPoint(left, c - left), new ChartPoint(right, c - right));
        }
    }

    private static IEnumerable<(ChartPoint From, ChartPoint To)> Falling(RectangleMark area) =>
        Rising(area).Select(s => (Mirrored(s.From, area), Mirrored(s.To, area)));

    private static IEnumerable<(ChartPoint From, ChartPoint To)> Level(RectangleMark area) =>
        Steps(area.Y, area.Y + area.Height, Gap).Select(y => (new ChartPoint(area.X, y), new ChartPoint(area.X + area.Width, y)));

    private static IEnumerable<(ChartPoint From, ChartPoint To)> Upright(RectangleMark area) =>
        Steps(area.X, area.X + area.Width, Gap).Select(x => (new ChartPoint(x, area.Y), new ChartPoint(x, area.Y + area.Height)));

    private static ChartPoint Mirrored(ChartPoint point, RectangleMark area) => point with { X = (2 * area.X) + area.Width - point.X };

    private static IEnumerable<double> Steps(double from, double to, double step)
    {
        for (var at = from + (step / 2); at < to; at += step)
            yield return at;
    }
}
