using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using Iml4e.Reporting;
using Iml4e.Reporting.Charts;

namespace Iml4e.Tests.Unit.Reporting;

public sealed class ReportTests
{
    [Fact]
    public async Task ThePageStandsAloneAndShowsEverything()
    {
        var html = await ReportHtml.RenderAsync(SampleReport.Create());
        Assert.StartsWith("<!DOCTYPE html>", html, StringComparison.Ordinal);
        Assert.Equal(9, Count(html, "<svg "));
        Assert.Contains("challenger", html, StringComparison.Ordinal);
        Assert.Contains("7.1%", html, StringComparison.Ordinal);
        Assert.Contains("<time datetime=\"2026-01-05T07:30:00Z\">", html, StringComparison.Ordinal);
        foreach (var outside in (string[])["<script", "<link", "src=", "@import", "url("])
            Assert.DoesNotContain(outside, html, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheSvgIsWellFormedAndSpeaks()
    {
        var html = await ReportHtml.RenderAsync(SampleReport.Create());
        XNamespace svg = "http://www.w3.org/2000/svg";
        var ids = new HashSet<string>();
        for (var at = html.IndexOf("<svg ", StringComparison.Ordinal); at >= 0; at = html.IndexOf("<svg ", at + 1, StringComparison.Ordinal))
        {
            var end = html.IndexOf("</svg>", at, StringComparison.Ordinal) + 6;
            var drawing = XElement.Parse(html[at..end]);
            Assert.NotEmpty(drawing.Element(svg + "title")!.Value);
            Assert.NotEmpty(drawing.Element(svg + "desc")!.Value);
            Assert.True(ids.Add(drawing.Element(svg + "title")!.Attribute("id")!.Value));
        }
        Assert.Equal(9, ids.Count);
    }

    [Fact]
    public async Task HostileTextsAreEncodedEverywhere()
    {
        const string H = SampleReport.Hostile;
        var html = await ReportHtml.RenderAsync(new Report
        {
            Title = H, Subtitle = H, Verdict = new Verdict(Tone.Bad, H, H), Created = DateTimeOffset.UnixEpoch, Identity = [new Fact(H, H)],
            KeyFigures = [new KeyFigure(H, H, H, H, H)],
            Sections =
            [
                new ReportSection
                {
                    Title = H, Paragraphs = [H], Tables = [new ReportTable { Title = H, Columns = [new ReportColumn(H, Format: H)], Rows = [[H], [1.5]] }],
                    Charts =
                    [
                        new LineChart { Title = H, Description = H, XTitle = H, YTitle = H,
                            Series = [new LineSeries { Name = H, X = [1, 2], Y = [1, 2] }, new LineSeries { Name = H, X = [], Y = [] }],
                                References = [new ReferenceLine(1, H)] },
                        new BarChart { Title = H, Categories = [H], Series = [new BarSeries(H, [1])] },
                        new HeatMap { Title = H, Rows = [H], Columns = [H], Values = [[1]], Format = H },
                        new SkeletonChart { Title = H, Points = [new SkeletonPoint(H, 1, 1)], Series = [new BarSeries(H, [1]) { Rgb = -1 }] },
                    ],
                },
            ],
        });
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.True(Count(html, "&lt;script&gt;") >= 12);
    }

    [Fact]
    public void JsonIsStableAndComesBack()
    {
        var report = SampleReport.Create();
        var json = ReportJson.Write(report);
        Assert.Equal(json, ReportJson.Write(ReportJson.Read(json)));
        var text = Encoding.UTF8.GetString(json);
        Assert.DoesNotContain("\r", text, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(json);
        Assert.Equal("title", document.RootElement.EnumerateObject().First().Name);
        Assert.Equal("good", document.RootElement.GetProperty("verdict").GetProperty("tone").GetString());
        Assert.Equal("line", document.RootElement.GetProperty("sections")[0].GetProperty("charts")[0].GetProperty("kind").GetString());
        Assert.Equal(412, document.RootElement.GetProperty("sections")[1].GetProperty("tables")[0].GetProperty("rows")[0][2].GetInt32());
    }

    [Theory]
    [InlineData(0, 1, 5, "0.0 0.2 0.4 0.6 0.8 1.0")]
    [InlineData(0, 97, 4, "0 25 50 75 100")]
    [InlineData(-0.3, 0.9, 4, "−0.5 0.0 0.5 1.0")]
    [InlineData(1000, 1010, 5, "1000 1002 1004 1006 1008 1010")]
    [InlineData(0, 0.01, 4, "0.0000 0.0025 0.0050 0.0075 0.0100")]
    [InlineData(5, 5, 2, "4.75 5.00 5.25")]
    public void TicksAreRound(double low, double high, int wanted, string labels) =>
        Assert.Equal(labels, string.Join(' ', AxisTicks.Numbers(low, high, wanted).Ticks.Select(t => t.Label)));

    [Fact]
    public void TimeTicksAreRound()
    {
        var start = DateTimeOffset.Parse("2026-01-05T07:40:00Z", System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        Assert.Equal(["08:00", "09:00", "10:00"], AxisTicks.Times(start, start + 3 * 3600e3, 3).Ticks.Select(t => t.Label));
        Assert.Equal(["01-06", "01-07", "01-08"], AxisTicks.Times(start, start + 3 * 86400e3, 3).Ticks.Select(t => t.Label));
    }

    [Theory]
    [InlineData(1234567, null, "1\u202F234\u202F567")]
    [InlineData(0.0000131, null, "1.31e-5")]
    [InlineData(-1.23456, null, "−1.235")]
    [InlineData(0.0712, "P1", "7.1%")]
    [InlineData(2.5, "0.000", "2.500")]
    [InlineData(2.5, "Z9", "2.5")]
    public void NumbersReadWell(double value, string? format, string text) => Assert.Equal(text, Cell.Of(value).Show(format));

    [Fact]
    public void MarksStayOnTheCanvas()
    {
        foreach (var chart in SampleReport.Create().Sections.SelectMany(s => s.Charts))
        {
            foreach (var width in (double[])[240, 640, 1000])
                Contained(ChartLayout.Compute(chart, width));
        }
    }

    [Fact]
    public void NoDataBreakTheLayout() => Prop.ForAll<double[], double[], bool>((xs, ys, flag) =>
    {
        var nullable = ys.Select(y => (double?)y).ToArray();
        var names = xs.Select(x => x.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Chart[] charts =
        [
            new LineChart { Title = "t", Time = flag, Series = [new LineSeries { Name = "a", X = xs, Y = nullable, Low = nullable, High = nullable,
                Step = flag }], References = [.. xs.Take(2).Select(x => new ReferenceLine(x))] },
            new ScatterChart { Title = "t", Diagonal = flag, Series = [new ScatterSeries("a", xs, ys)] },
            new BarChart { Title = "t", Horizontal = flag, Categories = names, Series = [new BarSeries("a", nullable), new BarSeries("b", [])] },
            new BarChart { Title = "t", Horizontal = true, Stacked = true, Categories = names, Series = [new BarSeries("a", nullable), new BarSeries("b", nullable)] },
            new LineChart { Title = "t", FromZero = true, Series = [new LineSeries { Name = "a", X = xs, Y = nullable, Dashed = flag }] },
            new HeatMap { Title = "t", Diverging = flag, Rows = names, Columns = ["x", "y"], Values = [nullable, []] },
            new SkeletonChart
            {
                Title = "t", Points = [.. names.Zip(xs, ys).Select(p => new SkeletonPoint(p.First, p.Second, p.Third))], Links = [new(0, 1), new(-1, 7)],
                Series = [new BarSeries("a", nullable) { Rgb = flag ? 0x1ED88B : null }, new BarSeries("b", nullable) { Rgb = 0xF2E394 }],
            },
        ];
        foreach (var chart in charts)
            Contained(ChartLayout.Compute(chart));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(600));

    [Fact]
    public void LinesAtZeroLieAtTheBottomAndBarsOfAGroupBehindOneAnother()
    {
        var zero = new LineSeries { Name = "a", X = [0, 1], Y = [0, 0], Dashed = true };
        var flat = ChartLayout.Compute(new LineChart { Title = "t", FromZero = true, Series = [zero, zero with { Name = "b", Dashed = false }] });
        Assert.DoesNotContain(flat.Marks.OfType<TextMark>(), t => t.Text.StartsWith('\u2212') || t.Text.StartsWith('-'));
        // The legend shows which line is dashed.
        Assert.Equal(2, flat.Marks.OfType<PathMark>().Count(p => p.Dashed));
        Assert.Single(flat.Marks.OfType<RectangleMark>());

        var stacked = ChartLayout.Compute(new BarChart
        {
            Title = "t", Horizontal = true, Stacked = true, Categories = ["all", "none"],
            Series = [new BarSeries("good", [0.75, null]), new BarSeries("bad", [0.25, 0])],
        });
        var bars = stacked.Marks.OfType<RectangleMark>().Skip(2).ToList();
        Assert.Equal(2, bars.Count);
        Assert.Equal(bars[0].X + (3 * (bars[1].X + bars[1].Width - bars[0].X) / 4), bars[1].X, 1.0);
        Assert.Equal(bars[0].Y, bars[1].Y);

        var narrow = ChartLayout.Compute(new BarChart
        {
            Title = "t", Categories = [.. Enumerable.Range(0, 20).Select(c => $"0.{c:00}")], Series = [new BarSeries("n", [.. Enumerable.Repeat<double?>(1, 20)])],
        }, 260);
        Assert.DoesNotContain(narrow.Marks.OfType<TextMark>(), t => t.Text.EndsWith('\u2026'));
    }

    [Fact]
    public void LongLinesAreThinnedWithoutLosingTheirPeaks()
    {
        var xs = Enumerable.Range(0, 100_000).Select(i => (double)i).ToArray();
        var ys = xs.Select(x => (double?)Math.Sin(x / 500)).ToArray();
        ys[54_321] = 5;
        var drawing = ChartLayout.Compute(new LineChart { Title = "t", Series = [new LineSeries { Name = "a", X = xs, Y = ys }] });
        var line = drawing.Marks.OfType<PathMark>().MaxBy(p => p.Points.Count)!;
        Assert.InRange(line.Points.Count, 500, 6000);
        Assert.Single(line.Points, p => p.Y < line.Points.Average(q => q.Y) - 100);
    }

    private static void Contained(ChartDrawing drawing)
    {
        foreach (var mark in drawing.Marks)
        {
            IEnumerable<ChartPoint> points = mark switch
            {
                PathMark path => path.Points,
                PolygonMark polygon => polygon.Points,
                StrokesMark strokes => strokes.Strokes.SelectMany(s => new[] { s.From, s.To }),
                RectangleMark r => [new(r.X, r.Y), new(r.X + r.Width, r.Y + r.Height)],
                CircleMark c => [new(c.X, c.Y)],
                TextMark t => [new(t.X, t.Y)],
                _ => throw new InvalidOperationException(),
            };
            foreach (var p in points)
                Assert.True(p.X >= -1 && p.X <= drawing.Width + 1 && p.Y >= -1 && p.Y <= drawing.Height + 1,
                    $"{mark} lies outside {drawing.Width} × {drawing.Height}");
        }
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
