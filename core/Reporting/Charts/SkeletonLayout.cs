namespace Iml4e.Reporting.Charts;

/// <summary>
/// Lays out a skeleton: the figure in the middle, the bars of its points to both sides, from the top down as the points are, a line from each to its point.
/// </summary>
internal static class SkeletonLayout
{
    private const double NameSize = 10;
    private const double BarHeight = 12;
    private const double RowHeight = 31;
    private const double Margin = 12;
    private const double Gap = 9;

    // Of the width, for the bars of a side.
    private const double Side = 0.29;

    /// <summary>Lays it out; as high as its points need.</summary>
    public static ChartDrawing Compute(SkeletonChart chart, double width)
    {
        var marks = new List<ChartMark>();
        var top = LegendEntry.Draw(BarMarks.Legend(chart.Series), width, marks);
        var places = Places(chart);
        // Those to the left of the others are named at the left.
        int[] across = [.. Enumerable.Range(0, chart.Points.Count).OrderBy(i => places[i]?.X ?? double.PositiveInfinity)];
        int[][] sides = [across[..((across.Length + 1) / 2)], across[((across.Length + 1) / 2)..]];
        var height = Math.Max(160, sides.Max(s => s.Length) * RowHeight);
        var length = width * Side;
        var figure = new RectangleMark(
            Margin + length + (2 * Gap), top + 8, Math.Max(20, width - (2 * (Margin + length + (2 * Gap)))), height - 16, new ChartPaint(ChartColor.Ground));
        var points = Fitted(places, figure);
        foreach (var link in chart.Links)
        {
            if (points.ElementAtOrDefault(link.From) is { } from && points.ElementAtOrDefault(link.To) is { } to)
                marks.Add(new PathMark([from, to], new ChartPaint(ChartColor.Axis), 4));
        }

        for (var side = 0; side < 2; side++)
        {
            int[] rows = [.. sides[side].OrderBy(i => points[i]?.Y ?? double.PositiveInfinity)];
            var left = side == 0 ? Margin : width - Margin - length;
            for (var r = 0; r < rows.Length; r++)
            {
                var row = top + (height * (r + 0.5) / rows.Length) - (RowHeight / 2);
                if (points[rows[r]] is { } point)
                {
                    var edge = new ChartPoint(side == 0 ? left + length + 4 : left - 4, row + 14 + (BarHeight / 2));
                    marks.Add(new PathMark([edge, point], new ChartPaint(ChartColor.Muted), 0.7));
                }

                marks.AddRange(Row(chart, rows[r], left, row, length));
            }
        }

        marks.AddRange(points.OfType<ChartPoint>().Select(p => new CircleMark(p.X, p.Y, 3, new ChartPaint(ChartColor.Text))));
        return new ChartDrawing(width, top + height + 6, marks);
    }

    private static IEnumerable<ChartMark> Row(SkeletonChart chart, int point, double left, double top, double length)
    {
        var name = chart.Points[point].Name;
        yield return new TextMark(left, top + 10, TextSize.Fit(name, NameSize, length), NameSize, new ChartPaint(ChartColor.Text));
        double?[] values = [.. chart.Series.Select(s => s.Values.ElementAtOrDefault(point) is { } v and > 0 && double.IsFinite(v) ? v : (double?)null)];
        var all = values.Sum(v => v ?? 0);
        if (all <= 0 || !double.IsFinite(all))
        {
            yield return new TextMark(left, top + 14 + 9, "n/a", NameSize, new ChartPaint(ChartColor.Muted));
            yield break;
        }

        var from = 0.0;
        for (var s = 0; s < values.Length; s++)
        {
            if (values[s] is not { } value)
                continue;
            var area = new RectangleMark(
                left + (length * from / all), top + 14, Math.Max(0.5, (length * value / all) - 0.5), BarHeight, BarMarks.Paint(chart.Series[s].Rgb, s),
                $"{name}, {chart.Series[s].Name}: {NumberText.Significant(value, 4)}");
            foreach (var mark in BarMarks.Bar(area, s).Concat(BarMarks.Label(area, NumberText.Significant(value, 2))))
                yield return mark;
            from += value;
        }
    }

    private static ChartPoint?[] Places(SkeletonChart chart)
    {
        // Of larger numbers the differences are none.
        const double Largest = 1e150;
        return
        [
            .. chart.Points.Select(p => p is { X: { } x, Y: { } y } && double.IsFinite(x) && double.IsFinite(y)
                ? new ChartPoint(Math.Clamp(x, -Largest, Largest), Math.Clamp(y, -Largest, Largest)) : (ChartPoint?)null),
        ];
    }

    // As large as the room allows, in its own proportions.
    private static ChartPoint?[] Fitted(ChartPoint?[] places, RectangleMark room)
    {
        ChartPoint[] known = [.. places.OfType<ChartPoint>()];
        if (known.Length == 0)
            return places;
        double left = known.Min(p => p.X), top = known.Min(p => p.Y);
        double across = known.Max(p => p.X) - left, down = known.Max(p => p.Y) - top;
        var scale = Math.Min(room.Width / across, room.Height / down);
        if (!double.IsFinite(scale))
            scale = 0;
        double x = room.X + ((room.Width - (across * scale)) / 2), y = room.Y + ((room.Height - (down * scale)) / 2);
        return [.. places.Select(p => p is { } at ? new ChartPoint(x + ((at.X - left) * scale), y + ((at.Y - top) * scale)) : (ChartPoint?)null)];
    }
}
