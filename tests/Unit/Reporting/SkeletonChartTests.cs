using Iml4e.Reporting.Charts;

namespace Iml4e.Tests.Unit.Reporting;

/// <summary>Skeletons with bars, and series with colours of their own.</summary>
public sealed class SkeletonChartTests
{
    private const int Pale = 0xF2E394;
    private const int Deep = 0x8C4646;

    [Fact]
    public void Bars_stand_at_the_side_of_their_points_and_a_line_leads_to_each()
    {
        var drawing = ChartLayout.Compute(Cross(), 640);
        var dots = drawing.Marks.OfType<CircleMark>().ToList();
        Assert.Equal(4, dots.Count);
        var (top, left, right, bottom) = (dots.MinBy(d => d.Y)!, dots.MinBy(d => d.X)!, dots.MaxBy(d => d.X)!, dots.MaxBy(d => d.Y)!);
        // The figure keeps its proportions: as wide as high.
        Assert.Equal(right.X - left.X, bottom.Y - top.Y, 6);
        foreach (var (name, dot, toTheLeft) in new[] { ("left", left, true), ("right", right, false) })
        {
            var text = drawing.Marks.OfType<TextMark>().Single(t => t.Text == name);
            Assert.Equal(toTheLeft, text.X < 320);
            Assert.Contains(drawing.Marks.OfType<PathMark>(), p => p.Width < 1 && p.Points[1] == new ChartPoint(dot.X, dot.Y));
        }

        // Of "left" a quarter is bad.
        var bars = drawing.Marks.OfType<RectangleMark>().Where(r => r.Tip?.StartsWith("left,", StringComparison.Ordinal) == true && r.Height == 12).ToList();
        Assert.Equal(2, bars.Count);
        Assert.Equal(3, (bars[0].Width + .5) / (bars[1].Width + .5), 6);
        Assert.Equal(["left, good: 0.75", "left, bad: 0.25"], bars.Select(b => b.Tip));
        // Nothing is known of "nowhere", neither where it is nor how good.
        Assert.Single(drawing.Marks.OfType<TextMark>(), t => t.Text == "n/a");
        Assert.Equal(4, drawing.Marks.OfType<PathMark>().Count(p => p.Width < 1));
    }

    [Fact]
    public void A_figure_without_extent_or_points_is_drawn_too()
    {
        SkeletonPoint[] same = [new("a", 1, 1), new("b", 1, 1)];
        foreach (SkeletonPoint[] points in new[] { same, [], [new("a", null, null)], [new("a", double.NaN, 1)] })
        {
            var drawing = ChartLayout.Compute(Cross() with { Points = points });
            Assert.All(drawing.Marks.OfType<CircleMark>(), c => Assert.True(double.IsFinite(c.X) && double.IsFinite(c.Y)));
            Assert.Equal(points.Count(p => p is { X: 1 }), drawing.Marks.OfType<CircleMark>().Count());
        }
    }

    [Fact]
    public void Series_with_colours_of_their_own_are_told_apart_without_them()
    {
        var chart = new BarChart
        {
            Title = "t", Horizontal = true, Stacked = true, Categories = ["all"],
            Series = [.. Enumerable.Range(0, 7).Select(i => new BarSeries($"s{i}", [1]) { Rgb = i % 2 == 0 ? Pale : Deep })],
        };
        var bars = ChartLayout.Compute(chart, 900).Marks.OfType<StrokesMark>().ToList();
        // In the legend and as bars, all but the first, which is plain.
        Assert.Equal(12, bars.Count);
        Assert.Empty(ChartLayout.Compute(chart with { Series = [.. chart.Series.Select(s => s with { Rgb = null })] }).Marks.OfType<StrokesMark>());
        // No two patterns have strokes in the same directions.
        Assert.Equal(6, bars.TakeLast(6).Select(Directions).Distinct(StringComparer.Ordinal).Count());

        static string Directions(StrokesMark mark) => string.Join(' ', mark.Strokes
            .Select(s => (X: Math.Sign(Math.Round(s.To.X - s.From.X, 6)), Y: Math.Sign(Math.Round(s.To.Y - s.From.Y, 6)))).Distinct().Order());
    }

    [Theory]
    [InlineData(100, 50, 30, 12)]
    [InlineData(3, 7, 1, 1)]
    [InlineData(0, 0, 200, 3)]
    public void Strokes_stay_in_their_bar(double x, double y, double width, double height)
    {
        for (var pattern = 0; pattern < Hatch.Patterns; pattern++)
        {
            var strokes = Hatch.Strokes(pattern, new RectangleMark(x, y, width, height, default));
            Assert.All(strokes.SelectMany(s => new[] { s.From, s.To }), p =>
            {
                Assert.InRange(p.X, x - 1e-9, x + width + 1e-9);
                Assert.InRange(p.Y, y - 1e-9, y + height + 1e-9);
            });
        }
    }

    [Theory]
    [InlineData(0x1ED88B)]
    [InlineData(Pale)]
    [InlineData(0xF2AE72)]
    [InlineData(0xD96459)]
    [InlineData(Deep)]
    [InlineData(0x4F82BD)]
    [InlineData(0x8063A3)]
    [InlineData(0x2E8B57)]
    [InlineData(0)]
    [InlineData(0xFFFFFF)]
    public void Words_on_a_colour_can_be_read(int rgb)
    {
        double ground = Luminance(rgb), words = Luminance(OwnColor.Words(rgb));
        // The ratio that WCAG asks of large words and graphics is 3.
        Assert.True((Math.Max(ground, words) + .05) / (Math.Min(ground, words) + .05) >= 3.9);
        Assert.Equal(rgb, Convert.ToInt32(OwnColor.Hex(rgb)[1..], 16));

        static double Luminance(int rgb)
        {
            return (.2126 * Linear(16)) + (.7152 * Linear(8)) + (.0722 * Linear(0));

            double Linear(int shift) => ((rgb >> shift) & 255) / 255.0 is var part && part <= .04045 ? part / 12.92 : Math.Pow((part + .055) / 1.055, 2.4);
        }
    }

    private static SkeletonChart Cross() => new()
    {
        Title = "t", Points = [new("top", 0, -1), new("left", -1, 0), new("right", 1, 0), new("bottom", 0, 1), new("nowhere", null, null)],
        Links = [new(0, 3), new(1, 2), new(0, 4), new(0, 77), new(-1, 0)],
        Series = [new("good", [.75, .75, 1, .5, null]) { Rgb = Pale }, new("bad", [.25, .25, 0, .5, null]) { Rgb = Deep }],
    };
}
