using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Iml4e.Reporting.Charts;

namespace Iml4e.Reporting.Html;

/// <summary>Draws a laid-out chart as SVG. Colours are CSS variables of the page, so that light, dark and print are the page's affair.</summary>
internal static class SvgChart
{
    private const int SeriesColors = 8;

    /// <summary>The drawing, with title and description for those who cannot see it; every text is encoded.</summary>
    /// <param name="chart">The chart.</param>
    /// <param name="id">An id, unique in the page.</param>
    /// <param name="width">About the pixels it will get, so that its words come out in their size.</param>
    public static string Draw(Chart chart, string id, double width)
    {
        var drawing = ChartLayout.Compute(chart, width);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg viewBox=\"0 0 {N(drawing.Width)} {N(drawing.Height)}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" xmlns=\"http://www.w3.org/2000/svg\">");
        svg.Append(
            CultureInfo.InvariantCulture, $"<title id=\"{id}-t\">{E(chart.Title)}</title><desc id=\"{id}-d\">{E(chart.Description ?? Describe(chart))}</desc>");
        foreach (var mark in drawing.Marks)
            Draw(svg, mark);
        return svg.Append("</svg>").ToString();
    }

    private static void Draw(StringBuilder svg, ChartMark mark)
    {
        switch (mark)
        {
            case PathMark path:
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"<path d=\"{Path(path.Points)}\" fill=\"none\" stroke=\"{Color(path.Stroke)}\" stroke-width=\"{N(path.Width)}\"");
                svg.Append(path.Dashed ? " stroke-dasharray=\"5 4\"" : "").Append(" stroke-linejoin=\"round\"/>");
                break;
            case StrokesMark strokes:
                svg.Append(CultureInfo.InvariantCulture, $"<path d=\"{string.Concat(strokes.Strokes.Select(l => Path([l.From, l.To])))}\" fill=\"none\"");
                svg.Append(CultureInfo.InvariantCulture, $" stroke=\"{Color(strokes.Stroke)}\" stroke-width=\"{N(strokes.Width)}\"/>");
                break;
            case PolygonMark polygon:
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"<path d=\"{Path(polygon.Points)}Z\" fill=\"{Color(polygon.Fill)}\" fill-opacity=\"{N(polygon.Opacity)}\"/>");
                break;
            case RectangleMark rectangle:
                svg.Append(CultureInfo.InvariantCulture,
                    $"<rect x=\"{N(rectangle.X)}\" y=\"{N(rectangle.Y)}\" width=\"{N(rectangle.Width)}\" height=\"{N(rectangle.Height)}\" fill=\"{Color(rectangle.Fill)}\"");
                Close(svg, "rect", rectangle.Tip);
                break;
            case CircleMark circle:
                svg.Append(CultureInfo.InvariantCulture,
                    $"<circle cx=\"{N(circle.X)}\" cy=\"{N(circle.Y)}\" r=\"{N(circle.Radius)}\" fill=\"{Color(circle.Fill)}\" fill-opacity=\"{N(circle.Opacity)}\"");
                Close(svg, "circle", circle.Tip);
                break;
            case TextMark text:
                var anchor = text.Anchor switch { TextAnchor.Middle => "middle", TextAnchor.End => "end", _ => "start" };
                svg.Append(CultureInfo.InvariantCulture,
                    $"<text x=\"{N(text.X)}\" y=\"{N(text.Y)}\" font-size=\"{N(text.Size)}\" text-anchor=\"{anchor}\" fill=\"{Color(text.Fill)}\"");
                if (text.Turn != 0)
                    svg.Append(CultureInfo.InvariantCulture, $" transform=\"rotate({N(text.Turn)} {N(text.X)} {N(text.Y)})\"");
                svg.Append(text.Bold ? " font-weight=\"600\">" : ">").Append(E(text.Text)).Append("</text>");
                break;
        }
    }

    private static void Close(StringBuilder svg, string element, string? tip)
    {
        if (tip is null)
            svg.Append("/>");
        else
            svg.Append("><title>").Append(E(tip)).Append("</title></").Append(element).Append('>');
    }

    private static string Path(IReadOnlyList<ChartPoint> points)
    {
        var path = new StringBuilder();
        for (var i = 0; i < points.Count; i++)
            path.Append(i == 0 ? 'M' : 'L').Append(N(points[i].X)).Append(' ').Append(N(points[i].Y));
        return path.ToString();
    }

    private static string Color(ChartPaint paint) => paint.Color switch
    {
        ChartColor.Text => "var(--text)",
        ChartColor.Muted => "var(--muted)",
        ChartColor.Axis => "var(--axis)",
        ChartColor.Grid => "var(--grid)",
        ChartColor.Ground => "var(--ground)",
        ChartColor.Series => $"var(--s{paint.Index % SeriesColors})",
        ChartColor.Good => "var(--good)",
        ChartColor.Warning => "var(--warning)",
        ChartColor.Bad => "var(--bad)",
        ChartColor.Own => OwnColor.Hex(paint.Index),
        ChartColor.OnScale => paint.Level > 0.7 ? "var(--on-scale)" : "var(--text)",
        ChartColor.Scale => Mix("var(--scale)", paint.Level),
        _ => Mix(paint.Level < 0 ? "var(--scale)" : "var(--scale-hot)", Math.Abs(paint.Level)),
    };

    private static string Mix(string color, double level) =>
        string.Create(CultureInfo.InvariantCulture, $"color-mix(in oklab, {color} {N(Math.Clamp(level, 0, 1) * 100)}%, var(--scale-zero))");

    private static string Describe(Chart chart) => chart switch
    {
        LineChart line => $"Line chart of {string.Join(", ", line.Series.Select(s => s.Name))}.",
        BarChart bars => $"Bar chart over {bars.Categories.Count} categories.",
        ScatterChart scatter => $"Scatter chart of {string.Join(", ", scatter.Series.Select(s => s.Name))}.",
        HeatMap map => $"Matrix of {map.Rows.Count} rows and {map.Columns.Count} columns.",
        SkeletonChart skeleton => $"A skeleton of {skeleton.Points.Count} points with shares of {string.Join(", ", skeleton.Series.Select(s => s.Name))}.",
        _ => chart.Title,
    };

    private static string N(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);

    private static string E(string text) => HtmlEncoder.Default.Encode(text);
}
