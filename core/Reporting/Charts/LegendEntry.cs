namespace Iml4e.Reporting.Charts;

/// <summary>A series as the legend names it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Paint">Its colour.</param>
/// <param name="Dashed">Whether it is a dashed line.</param>
/// <param name="Pattern">Its hatching, from 0.</param>
internal sealed record LegendEntry(string Name, ChartPaint Paint, bool Dashed = false, int Pattern = 0)
{
    /// <summary>Height of a row, points.</summary>
    public const double RowHeight = 18;

    private const double Size = 11;
    private const int Most = 24;

    /// <summary>Draws a legend over the whole width; returns where it ends.</summary>
    public static double Draw(IReadOnlyList<LegendEntry> entries, double width, List<ChartMark> marks)
    {
        double x = 12, y = 14;
        foreach (var entry in entries.Take(Most))
        {
            var name = TextSize.Fit(entry.Name, Size, width / 2);
            var length = 16 + TextSize.Width(name, Size) + 16;
            if (x + length > width && x > 12)
                (x, y) = (12, y + RowHeight);
            if (entry.Dashed)
                marks.Add(new PathMark([new(x, y - 3), new(x + 12, y - 3)], entry.Paint, 2.5, Dashed: true));
            else
                marks.AddRange(BarMarks.Bar(new RectangleMark(x, y - 8, 10, 10, entry.Paint), entry.Pattern));
            marks.Add(new TextMark(x + 15, y + 1, name, Size, new ChartPaint(ChartColor.Text)));
            x += length;
        }

        return y + 14;
    }
}
