namespace Iml4e.Reporting.Charts;

/// <summary>The marks of bars: their colour, their hatching, the words on them.</summary>
internal static class BarMarks
{
    private const double LabelSize = 9;

    /// <summary>A series' own colour, or that of its place in the palette.</summary>
    public static ChartPaint Paint(int? rgb, int series) => rgb is { } own ? new(ChartColor.Own, own & 0xFFFFFF) : new(ChartColor.Series, series);

    /// <summary>Entries of a legend of bars.</summary>
    public static IReadOnlyList<LegendEntry> Legend(IReadOnlyList<BarSeries> series) =>
        [.. series.Select((s, i) => new LegendEntry(s.Name, Paint(s.Rgb, i), Pattern: i))];

    /// <summary>A bar; hatched by its series where the colour is the series' own.</summary>
    public static IEnumerable<ChartMark> Bar(RectangleMark area, int series)
    {
        yield return area;
        if (area.Fill.Color == ChartColor.Own && Hatch.Strokes(series, area) is { Count: > 0 } strokes)
            yield return new StrokesMark(strokes, new ChartPaint(ChartColor.Own, OwnColor.Shade(area.Fill.Index)), 0.8);
    }

    /// <summary>Words in the middle of a bar, where there is room for them.</summary>
    public static IEnumerable<ChartMark> Label(RectangleMark area, string text)
    {
        var length = TextSize.Width(text, LabelSize);
        if (length > area.Width - 3.5)
            yield break;
        var middle = area.X + (area.Width / 2);
        var own = area.Fill.Color == ChartColor.Own;
        if (own)
            yield return new RectangleMark(middle - (length / 2) - 1.5, area.Y + 1, length + 3, Math.Max(1, area.Height - 2), area.Fill, area.Tip);
        yield return new TextMark(
            middle, area.Y + (area.Height / 2) + 3, text, LabelSize,
            own ? new ChartPaint(ChartColor.Own, OwnColor.Words(area.Fill.Index)) : new ChartPaint(ChartColor.Ground), TextAnchor.Middle);
    }
}
