namespace Iml4e.Reporting.Charts;

/// <summary>Gives every mark of a chart its place. Knows nothing of SVG or PDF; both draw what it returns.</summary>
public static class ChartLayout
{
    private const double TickSize = 11;
    private const double TitleSize = 11;
    private const double NarrowBand = 24;

    /// <summary>The most points of one cloud that are drawn; of more, every so-manieth.</summary>
    private const int MostPoints = 4000;

    /// <summary>Lays a chart out.</summary>
    /// <param name="chart">The chart; values that are not finite are passed over.</param>
    /// <param name="width">Width, points, at least 160.</param>
    /// <param name="height">Height, points; null for what suits the chart.</param>
    public static ChartDrawing Compute(Chart chart, double width = 640, double? height = null)
    {
        ArgumentNullException.ThrowIfNull(chart);
        width = Math.Max(160, width);
        return chart switch
        {
            LineChart line => Lines(line, width, height ?? 260),
            ScatterChart scatter => Scatter(scatter, width, height ?? 320),
            BarChart { Horizontal: true, Stacked: true } bars => StackedBars(bars, width, height),
            BarChart { Horizontal: true } bars => LyingBars(bars, width, height),
            BarChart bars => UprightBars(bars, width, height ?? 260),
            HeatMap map => Cells(map, width, height),
            SkeletonChart skeleton => SkeletonLayout.Compute(skeleton, width),
            _ => throw new ArgumentException($"Charts of type {chart.GetType().Name} are not known.", nameof(chart)),
        };
    }

    private static ChartDrawing Lines(LineChart chart, double width, double height)
    {
        var xs = chart.Series.SelectMany(s => s.X);
        var ys = chart.Series.SelectMany(s => s.Y.Concat(s.Low ?? []).Concat(s.High ?? [])).OfType<double>().Concat(chart.References.Select(r => r.Value));
        var (xLow, xHigh) = Range(xs);
        var (yLow, yHigh) = Range(chart.FromZero ? ys.Append(0) : ys);
        // Lines that are 0 everywhere are at the bottom.
        if (chart.FromZero && yLow == yHigh)
            yHigh = 1;
        var plot = new Plot(chart, width, height, [.. chart.Series.Select((s, i) => new LegendEntry(s.Name, BarMarks.Paint(s.Rgb, i), s.Dashed))]);
        var x = chart.Time ? AxisTicks.Times(xLow, xHigh, (int)(width / 110)) : AxisTicks.Numbers(xLow, xHigh, (int)(width / 80));
        // Lines use the full width: the range ends with the data, and only ticks inside it are kept.
        if (!chart.Time && xHigh > xLow)
            x = new AxisTicks(xLow, xHigh, [.. x.Ticks.Where(t => t.At >= xLow - 1e-9 * (xHigh - xLow) && t.At <= xHigh + 1e-9 * (xHigh - xLow))]);
        plot.Frame(x, AxisTicks.Numbers(yLow, yHigh, (int)(height / 50)));

        for (var i = 0; i < chart.Series.Count; i++)
        {
            var series = chart.Series[i];
            if (series.Low is { } low && series.High is { } high)
                Band(plot, series, low, high, i);
        }
        foreach (var reference in chart.References.Where(r => double.IsFinite(r.Value)))
        {
            var paint = new ChartPaint(reference.Tone switch { Tone.Good => ChartColor.Good, Tone.Warning => ChartColor.Warning, Tone.Bad => ChartColor.Bad,
                _ => ChartColor.Muted });
            var y = plot.Y(reference.Value);
            plot.Add(new PathMark([new(plot.Left, y), new(plot.Right, y)], paint, 1, Dashed: true));
            if (reference.Label is { Length: > 0 } label)
            {
                var below = y - plot.Top < 14;
                plot.Add(new TextMark(plot.Right - 4, below ? y + 12 : y - 4, TextSize.Fit(label, 10, plot.Right - plot.Left), 10, paint, TextAnchor.End));
            }
        }
        for (var i = 0; i < chart.Series.Count; i++)
            Line(plot, chart.Series[i], i);
        return plot.Done();
    }

    private static void Line(Plot plot, LineSeries series, int index)
    {
        var paint = BarMarks.Paint(series.Rgb, index);
        var piece = new List<ChartPoint>();
        var count = Math.Min(series.X.Count, series.Y.Count);
        for (var i = 0; i <= count; i++)
        {
            if (i < count && series.Y[i] is { } y && double.IsFinite(y) && double.IsFinite(series.X[i]))
            {
                var point = new ChartPoint(plot.X(series.X[i]), plot.Y(y));
                if (series.Step && piece.Count > 0)
                    piece.Add(new ChartPoint(point.X, piece[^1].Y));
                piece.Add(point);
                if (series.Markers && count <= 200)
                    plot.Add(new CircleMark(point.X, point.Y, 3, paint));
                continue;
            }
            if (piece.Count > 1)
            {
                var path = new PathMark(Thin(piece), paint, 1.8, series.Dashed);
                // A colour of its own may be near that of the ground.
                if (series.Rgb is not null)
                    plot.Add(path with { Stroke = new ChartPaint(ChartColor.Axis), Width = 2.8 });
                plot.Add(path);
            }
            else if (piece.Count == 1 && !series.Markers)
                plot.Add(new CircleMark(piece[0].X, piece[0].Y, 2.5, paint));
            piece = [];
        }
    }

    private static void Band(Plot plot, LineSeries series, IReadOnlyList<double?> low, IReadOnlyList<double?> high, int index)
    {
        List<ChartPoint> upper = [], lower = [];
        var count = Math.Min(series.X.Count, Math.Min(low.Count, high.Count));
        for (var i = 0; i <= count; i++)
        {
            if (i < count && low[i] is { } a && high[i] is { } b && double.IsFinite(a) && double.IsFinite(b) && double.IsFinite(series.X[i]))
            {
                upper.Add(new ChartPoint(plot.X(series.X[i]), plot.Y(b)));
                lower.Add(new ChartPoint(plot.X(series.X[i]), plot.Y(a)));
                continue;
            }
            if (upper.Count > 1)
                plot.Add(new PolygonMark([.. Thin(upper), .. Enumerable.Reverse(Thin(lower))], new ChartPaint(ChartColor.Series, index), 0.16));
            (upper, lower) = ([], []);
        }
    }

    /// <summary>Of very long lines keeps first, least, greatest and last of each half point across, which looks the same.</summary>
    private static List<ChartPoint> Thin(List<ChartPoint> points)
    {
        if (points.Count <= 3000)
            return points;
        var kept = new List<ChartPoint>();
        foreach (var column in points.GroupBy(p => Math.Floor(p.X * 2)))
        {
            var list = column.ToList();
            if (list.Count <= 4)
            {
                kept.AddRange(list);
                continue;
            }
            var least = list.FindIndex(p => p.Y == list.Min(q => q.Y));
            var most = list.FindIndex(p => p.Y == list.Max(q => q.Y));
            kept.AddRange(new[] { 0, least, most, list.Count - 1 }.Distinct().Order().Select(i => list[i]));
        }
        return kept;
    }

    private static ChartDrawing Scatter(ScatterChart chart, double width, double height)
    {
        var (xLow, xHigh) = Range(chart.Series.SelectMany(s => s.X));
        var (yLow, yHigh) = Range(chart.Series.SelectMany(s => s.Y));
        if (chart.Diagonal)
            (xLow, xHigh) = (yLow, yHigh) = (Math.Min(xLow, yLow), Math.Max(xHigh, yHigh));
        var plot = new Plot(chart, width, height, [.. chart.Series.Select((s, i) => new LegendEntry(s.Name, BarMarks.Paint(null, i)))]);
        plot.Frame(AxisTicks.Numbers(xLow, xHigh, (int)(width / 80)), AxisTicks.Numbers(yLow, yHigh, (int)(height / 50)), grid: true);
        if (chart.Diagonal)
        {
            var (from, to) = (Math.Max(plot.XLow, plot.YLow), Math.Min(plot.XHigh, plot.YHigh));
            plot.Add(new PathMark([new(plot.X(from), plot.Y(from)), new(plot.X(to), plot.Y(to))], new ChartPaint(ChartColor.Muted), 1, Dashed: true));
        }
        for (var i = 0; i < chart.Series.Count; i++)
        {
            var series = chart.Series[i];
            var count = Math.Min(series.X.Count, series.Y.Count);
            var stride = Math.Max(1, (int)Math.Ceiling((double)count / MostPoints));
            var (radius, opacity) = count > 1000 ? (1.8, 0.35) : count > 200 ? (2.4, 0.5) : (3.2, 0.75);
            for (var k = 0; k < count; k += stride)
            {
                if (double.IsFinite(series.X[k]) && double.IsFinite(series.Y[k]))
                    plot.Add(new CircleMark(plot.X(series.X[k]), plot.Y(series.Y[k]), radius, new ChartPaint(ChartColor.Series, i), opacity));
            }
        }
        return plot.Done();
    }

    private static ChartDrawing UprightBars(BarChart chart, double width, double height)
    {
        var (low, high) = Range(Values(chart).Append(0));
        var plot = new Plot(chart, width, height, chart.Series.Count > 1 ? Legend(chart) : []);
        var groups = Math.Max(1, chart.Categories.Count);
        plot.Frame(new AxisTicks(0, groups, []), AxisTicks.Numbers(low, chart.Labels ? high + (high - low) * 0.06 : high, (int)(height / 50)));
        var (band, bar) = Widths(plot.Right - plot.Left, groups, chart.Series.Count, 48);
        // Where all names would be cut to nothing, only some of them are there, whole.
        var longest = chart.Categories.Select(c => TextSize.Width(c, TickSize)).DefaultIfEmpty(0).Max();
        var stride = longest > band - 4 && band < NarrowBand ? (int)Math.Ceiling((Math.Min(longest, 2 * NarrowBand) + 4) / band) : 1;
        for (var c = 0; c < chart.Categories.Count; c++)
        {
            var middle = plot.X(c + 0.5);
            if (c % stride == 0)
            {
                plot.Add(new TextMark(
                    middle, plot.Bottom + 15, TextSize.Fit(chart.Categories[c], TickSize, (stride * band) - 4), TickSize, new ChartPaint(ChartColor.Muted),
                    TextAnchor.Middle));
            }

            for (var s = 0; s < chart.Series.Count; s++)
            {
                if (Value(chart, s, c) is not { } value)
                    continue;
                var left = middle + (s - chart.Series.Count / 2.0) * bar;
                double top = plot.Y(Math.Max(0, value)), bottom = plot.Y(Math.Min(0, value));
                plot.Bar(
                    new RectangleMark(left + 1, top, Math.Max(1, bar - 2), Math.Max(0.5, bottom - top), Paint(chart, s), Tip(chart, s, c, value)), s);
                var text = NumberText.Significant(value, 3);
                if (chart.Labels && TextSize.Width(text, 10) <= bar + 6)
                    plot.Add(new TextMark(left + bar / 2, value < 0 ? bottom + 11 : top - 4, text, 10, new ChartPaint(ChartColor.Text), TextAnchor.Middle));
            }
        }
        plot.Baseline(plot.Y(0));
        return plot.Done();
    }

    private static ChartDrawing StackedBars(BarChart chart, double width, double? height)
    {
        var groups = Math.Max(1, chart.Categories.Count);
        var names = chart.Categories.Select(c => TextSize.Fit(c, TickSize, width * 0.35)).ToList();
        var high = Enumerable.Range(0, chart.Categories.Count)
            .Select(c => Enumerable.Range(0, chart.Series.Count).Sum(s => Math.Max(0, Value(chart, s, c) ?? 0))).DefaultIfEmpty(0).Max();
        high = Math.Min(high, 1e300);
        var legend = Legend(chart);
        var plot = new Plot(chart, width, height ?? 56 + LegendEntry.RowHeight + (groups * 20), legend);
        var ticks = AxisTicks.Numbers(0, high, (int)(width / 90));
        plot.Frame(new AxisTicks(0, high > 0 ? high : 1, [.. ticks.Ticks.Where(t => t.At <= high * (1 + 1e-9))]),
            new AxisTicks(0, groups, [.. names.Select((n, i) => (groups - i - 0.5, n))]), grid: true, gridY: false);
        var (_, bar) = Widths(plot.Bottom - plot.Top, groups, 1, 16);
        for (var c = 0; c < chart.Categories.Count; c++)
        {
            var (top, from) = (plot.Y(groups - c - 0.5) - (bar / 2), 0.0);
            for (var s = 0; s < chart.Series.Count; s++)
            {
                if (Value(chart, s, c) is not { } value || value <= 0)
                    continue;
                double left = plot.X(from), right = plot.X(from += value);
                var area = new RectangleMark(left, top, Math.Max(0.5, right - left - 0.5), Math.Max(1, bar), Paint(chart, s), Tip(chart, s, c, value));
                plot.Bar(area, s);
                if (chart.Labels && bar >= 11)
                    plot.AddRange(BarMarks.Label(area, NumberText.Significant(value, 2)));
            }
        }

        plot.Upright(plot.X(0));
        return plot.Done();
    }

    private static ChartDrawing LyingBars(BarChart chart, double width, double? height)
    {
        var (low, high) = Range(Values(chart).Append(0));
        var groups = Math.Max(1, chart.Categories.Count);
        var legend = chart.Series.Count > 1 ? Legend(chart) : [];
        var names = chart.Categories.Select(c => TextSize.Fit(c, TickSize, width * 0.35)).ToList();
        var rows = groups * Math.Max(20, (14 * chart.Series.Count) + 6);
        var plot = new Plot(chart, width, height ?? 56 + (legend.Count > 0 ? LegendEntry.RowHeight : 0) + rows, legend);
        plot.Frame(
            AxisTicks.Numbers(low, chart.Labels ? high + (high - low) * 0.1 : high, (int)(width / 90)),
            new AxisTicks(0, groups, [.. names.Select((n, i) => (groups - i - 0.5, n))]), grid: true, gridY: false);
        var (_, bar) = Widths(plot.Bottom - plot.Top, groups, chart.Series.Count, 22);
        for (var c = 0; c < chart.Categories.Count; c++)
        {
            var middle = plot.Y(groups - c - 0.5);
            for (var s = 0; s < chart.Series.Count; s++)
            {
                if (Value(chart, s, c) is not { } value)
                    continue;
                var top = middle + (s - chart.Series.Count / 2.0) * bar;
                double left = plot.X(Math.Min(0, value)), right = plot.X(Math.Max(0, value));
                plot.Bar(
                    new RectangleMark(left, top + 1, Math.Max(0.5, right - left), Math.Max(1, bar - 2), Paint(chart, s), Tip(chart, s, c, value)), s);
                if (chart.Labels && bar >= 11)
                {
                    plot.Add(new TextMark(
                        value < 0 ? left - 4 : right + 4, top + bar / 2 + 3.5, NumberText.Significant(value, 3), 10, new ChartPaint(ChartColor.Text),
                        value < 0 ? TextAnchor.End : TextAnchor.Start));
                }
            }
        }
        plot.Upright(plot.X(0));
        return plot.Done();
    }

    private static ChartDrawing Cells(HeatMap chart, double width, double? height)
    {
        int rows = chart.Rows.Count, columns = chart.Columns.Count;
        var rowNames = chart.Rows.Select(r => TextSize.Fit(r, TickSize, width * 0.3)).ToList();
        var left = 10 + rowNames.Select(r => TextSize.Width(r, TickSize)).DefaultIfEmpty(0).Max() + (chart.YTitle is null ? 0 : 18);
        var cellWidth = Math.Clamp((width - left - 12) / Math.Max(1, columns), 2, 96);
        var cellHeight = height is { } h ? Math.Max(2, (h - 60) / Math.Max(1, rows)) : Math.Clamp(cellWidth * 0.6, rows > 40 ? 6 : 16, 40);
        var longest = chart.Columns.Select(c => TextSize.Width(c, TickSize)).DefaultIfEmpty(0).Max();
        var turned = longest > cellWidth - 4;
        const double Top = 6;
        var bottom = Top + rows * cellHeight;
        var below = turned ? Math.Min(longest, 90) + 10 : 18;
        var marks = new List<ChartMark>();

        var values = chart.Values.SelectMany(r => r).OfType<double>().Where(double.IsFinite).DefaultIfEmpty(0).ToList();
        double least = values.Min(), most = values.Max();
        var reach = Math.Max(Math.Abs(least), Math.Abs(most));
        for (var r = 0; r < rows; r++)
        {
            marks.Add(new TextMark(left - 6, Top + (r + 0.5) * cellHeight + 4, rowNames[r], TickSize, new ChartPaint(ChartColor.Muted), TextAnchor.End));
            for (var c = 0; c < columns; c++)
            {
                if (r >= chart.Values.Count || c >= chart.Values[r].Count || chart.Values[r][c] is not { } value || !double.IsFinite(value))
                    continue;
                var level = chart.Diverging
                    ? reach == 0 ? 0 : value / reach
                    : least >= 0 ? most == 0 ? 0 : value / most : most == least ? 0 : (value - least) / (most - least);
                double x = left + c * cellWidth, y = Top + r * cellHeight;
                var text = chart.Format is null ? NumberText.Significant(value, 3) : NumberText.Show(value, chart.Format);
                var gap = cellWidth > 6 ? 1 : 0;
                marks.Add(new RectangleMark(
                    x, y, cellWidth - gap, cellHeight - gap, new ChartPaint(chart.Diverging ? ChartColor.Diverging : ChartColor.Scale, 0, level),
                    $"{chart.Rows[r]} × {chart.Columns[c]}: {text}"));
                if (chart.Numbers && cellHeight >= 14 && TextSize.Width(text, 11) <= cellWidth - 4)
                {
                    marks.Add(new TextMark(
                        x + (cellWidth - gap) / 2, y + cellHeight / 2 + 4, text, 11, new ChartPaint(ChartColor.OnScale, 0, Math.Abs(level)),
                            TextAnchor.Middle));
                }
            }
        }
        // Of very many columns only so many names as do not run into each other.
        var stride = Math.Max(1, (int)Math.Ceiling((turned ? 13 : 1) / cellWidth));
        for (var c = 0; c < columns; c += stride)
        {
            var x = left + (c + 0.5) * cellWidth;
            marks.Add(turned
                ? new TextMark(x + 4, bottom + 6, TextSize.Fit(chart.Columns[c], TickSize, 90), TickSize, new ChartPaint(ChartColor.Muted), TextAnchor.End, -90)
                : new TextMark(x, bottom + 15, chart.Columns[c], TickSize, new ChartPaint(ChartColor.Muted), TextAnchor.Middle));
        }
        var end = bottom + below;
        if (chart.XTitle is { } xTitle)
            marks.Add(new TextMark(left + columns * cellWidth / 2, end += 16, xTitle, TitleSize, new ChartPaint(ChartColor.Text), TextAnchor.Middle));
        if (chart.YTitle is { } yTitle)
            marks.Add(new TextMark(13, Top + rows * cellHeight / 2, TextSize.Fit(yTitle, TitleSize, Math.Max(40, rows * cellHeight)), TitleSize,
                new ChartPaint(ChartColor.Text), TextAnchor.Middle, -90));
        return new ChartDrawing(width, end + 6, marks);
    }

    private static (double Band, double Bar) Widths(double length, int groups, int series, double widest)
    {
        var band = length / groups;
        return (band, Math.Min(widest, band * 0.76 / Math.Max(1, series)));
    }

    private static ChartPaint Paint(BarChart chart, int series) => BarMarks.Paint(chart.Series[series].Rgb, series);

    private static IReadOnlyList<LegendEntry> Legend(BarChart chart) => BarMarks.Legend(chart.Series);

    private static IEnumerable<double> Values(BarChart chart) => chart.Series.SelectMany(s => s.Values).OfType<double>();

    private static double? Value(BarChart chart, int series, int category) =>
        category < chart.Series[series].Values.Count && chart.Series[series].Values[category] is { } v && double.IsFinite(v) ? v : null;

    private static string Tip(BarChart chart, int series, int category, double value) =>
        $"{chart.Categories[category]}{(chart.Series.Count > 1 ? ", " + chart.Series[series].Name : "")}: {NumberText.Significant(value, 4)}";

    private static (double Low, double High) Range(IEnumerable<double> values)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (var value in values)
        {
            if (!double.IsFinite(value))
                continue;
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }
        // A range must itself be a number: the whole of what a double can hold is not.
        return low <= high ? (Math.Clamp(low, -1e300, 1e300), Math.Clamp(high, -1e300, 1e300)) : (0, 1);
    }

    /// <summary>A plot with axes: what lies around it, and the way from data to points.</summary>
    private sealed class Plot
    {
        private readonly Chart _chart;
        private readonly double _width;
        private readonly double _height;
        private readonly List<ChartMark> _marks = [];
        private AxisTicks _x = null!;
        private AxisTicks _y = null!;

        public Plot(Chart chart, double width, double height, IReadOnlyList<LegendEntry> legend)
        {
            (_chart, _width, _height) = (chart, width, height);
            Top = legend.Count > 1 ? LegendEntry.Draw(legend, width, _marks) : 10;
        }

        public double Left { get; private set; }

        public double Right { get; private set; }

        public double Top { get; private set; }

        public double Bottom { get; private set; }

        public double XLow => _x.Low;

        public double XHigh => _x.High;

        public double YLow => _y.Low;

        public double YHigh => _y.High;

        // The range holds all data but values near the end of what a double can hold; those are drawn at its edge.
        public double X(double value) => Math.Clamp(Left + (value - _x.Low) / (_x.High - _x.Low) * (Right - Left), Left, Right);

        public double Y(double value) => Math.Clamp(Bottom - (value - _y.Low) / (_y.High - _y.Low) * (Bottom - Top), Top, Bottom);

        public void Add(ChartMark mark) => _marks.Add(mark);

        public void AddRange(IEnumerable<ChartMark> marks) => _marks.AddRange(marks);

        public void Bar(RectangleMark area, int series) => _marks.AddRange(BarMarks.Bar(area, series));

        public void Frame(AxisTicks x, AxisTicks y, bool grid = false, bool gridY = true)
        {
            (_x, _y) = (x, y);
            Left = 10 + y.Ticks.Select(t => TextSize.Width(t.Label, TickSize)).DefaultIfEmpty(0).Max() + (_chart.YTitle is null ? 0 : 18);
            Right = Math.Max(Left + 20, _width - 14);
            Bottom = Math.Max(Top + 20, _height - 24 - (_chart.XTitle is null ? 0 : 18));
            foreach (var (at, label) in y.Ticks)
            {
                if (gridY)
                    Add(new PathMark([new(Left, Y(at)), new(Right, Y(at))], new ChartPaint(ChartColor.Grid), 1));
                Add(new TextMark(Left - 6, Y(at) + 4, label, TickSize, new ChartPaint(ChartColor.Muted), TextAnchor.End));
            }
            var last = double.NegativeInfinity;
            foreach (var (at, label) in x.Ticks)
            {
                var half = TextSize.Width(label, TickSize) / 2;
                if (grid)
                    Add(new PathMark([new(X(at), Top), new(X(at), Bottom)], new ChartPaint(ChartColor.Grid), 1));
                else
                    Add(new PathMark([new(X(at), Bottom), new(X(at), Bottom + 4)], new ChartPaint(ChartColor.Axis), 1));
                var middle = Math.Min(X(at), _width - half - 1);
                if (middle - half < last + 6)
                    continue;
                Add(new TextMark(middle, Bottom + 16, label, TickSize, new ChartPaint(ChartColor.Muted), TextAnchor.Middle));
                last = middle + half;
            }
            if (gridY)
                Baseline(Bottom);
            if (_chart.XTitle is { } xTitle)
                Add(new TextMark((Left + Right) / 2, Bottom + 34, TextSize.Fit(xTitle, TitleSize, Right - Left), TitleSize, new ChartPaint(ChartColor.Text),
                    TextAnchor.Middle));
            if (_chart.YTitle is { } yTitle)
                Add(new TextMark(13, (Top + Bottom) / 2, TextSize.Fit(yTitle, TitleSize, Bottom - Top), TitleSize, new ChartPaint(ChartColor.Text),
                    TextAnchor.Middle, -90));
        }

        public void Baseline(double y) => Add(new PathMark([new(Left, y), new(Right, y)], new ChartPaint(ChartColor.Axis), 1));

        public void Upright(double x) => Add(new PathMark([new(x, Top), new(x, Bottom)], new ChartPaint(ChartColor.Axis), 1));

        public ChartDrawing Done() => new(_width, _height, _marks);
    }
}
