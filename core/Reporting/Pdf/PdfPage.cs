using System.Text;
using Iml4e.Reporting.Charts;

namespace Iml4e.Reporting.Pdf;

/// <summary>What is on a page; lengths in points, y downwards from the top left.</summary>
/// <param name="height">Height of the page.</param>
internal sealed class PdfPage(double height)
{
    private readonly StringBuilder content = new();
    private readonly SortedSet<int> images = [];
    private readonly SortedSet<int> opacities = [];

    /// <summary>The page's drawing.</summary>
    public string Content => content.ToString();

    /// <summary>Numbers of the pictures that are on it.</summary>
    public IReadOnlyCollection<int> Images => images;

    /// <summary>Opacities that are on it, hundredths.</summary>
    public IReadOnlyCollection<int> Opacities => opacities;

    /// <summary>Fills a rectangle, with round corners if wanted.</summary>
    public void Rectangle(double x, double y, double width, double rectangleHeight, PdfColor fill, double radius = 0, PdfColor? stroke = null)
    {
        Fill(fill);
        if (stroke is { } line)
            Append($"{C(line)} RG 0.6 w ");
        if (radius <= 0)
            Append($"{N(x)} {N(height - y - rectangleHeight)} {N(width)} {N(rectangleHeight)} re ");
        else
            Round(x, y, width, rectangleHeight, Math.Min(radius, Math.Min(width, rectangleHeight) / 2));
        content.Append(stroke is null ? "f\n" : "B\n");
    }

    /// <summary>The outline of a rectangle.</summary>
    public void Outline(double x, double y, double width, double rectangleHeight, PdfColor stroke, double lineWidth)
    {
        Append($"{C(stroke)} RG {N(lineWidth)} w {N(x)} {N(height - y - rectangleHeight)} {N(width)} {N(rectangleHeight)} re S\n");
    }

    /// <summary>A line through points.</summary>
    public void Path(IReadOnlyList<ChartPoint> points, PdfColor stroke, double lineWidth, bool dashed = false)
    {
        Append($"{C(stroke)} RG {N(lineWidth)} w 1 j {(dashed ? "[4 3] 0 d" : "[] 0 d")} ");
        Points(points);
        content.Append("S [] 0 d\n");
    }

    /// <summary>Lines of one colour.</summary>
    public void Strokes(IReadOnlyList<IReadOnlyList<ChartPoint>> strokes, PdfColor stroke, double lineWidth)
    {
        Append($"{C(stroke)} RG {N(lineWidth)} w ");
        foreach (var points in strokes)
            Points(points);
        content.Append("S\n");
    }

    /// <summary>A filled polygon.</summary>
    public void Polygon(IReadOnlyList<ChartPoint> points, PdfColor fill, double opacity)
    {
        Begin(opacity);
        Fill(fill);
        Points(points);
        content.Append("f\n");
        End(opacity);
    }

    /// <summary>A circle, filled or a ring.</summary>
    public void Circle(double x, double y, double radius, PdfColor color, double opacity = 1, double ring = 0)
    {
        // Four curves of this control length are a circle to a thousandth.
        const double Control = 0.5522847498;
        Begin(opacity);
        if (ring > 0)
            Append($"{C(color)} RG {N(ring)} w ");
        else
            Fill(color);
        var (cx, cy, k) = (x, height - y, radius * Control);
        Append($"{N(cx + radius)} {N(cy)} m ");
        Append($"{N(cx + radius)} {N(cy + k)} {N(cx + k)} {N(cy + radius)} {N(cx)} {N(cy + radius)} c ");
        Append($"{N(cx - k)} {N(cy + radius)} {N(cx - radius)} {N(cy + k)} {N(cx - radius)} {N(cy)} c ");
        Append($"{N(cx - radius)} {N(cy - k)} {N(cx - k)} {N(cy - radius)} {N(cx)} {N(cy - radius)} c ");
        Append($"{N(cx + k)} {N(cy - radius)} {N(cx + radius)} {N(cy - k)} {N(cx + radius)} {N(cy)} c {(ring > 0 ? "S" : "f")}\n");
        End(opacity);
    }

    /// <summary>A line of text.</summary>
    /// <param name="font">Its font.</param>
    /// <param name="size">Its size.</param>
    /// <param name="x">Left end, or the place that the text is turned around.</param>
    /// <param name="y">Base line.</param>
    /// <param name="text">The text.</param>
    /// <param name="color">Its colour.</param>
    /// <param name="upwards">Whether it runs upwards.</param>
    public void Text(PdfFont font, double size, double x, double y, string text, PdfColor color, bool upwards = false)
    {
        if (text.Length == 0)
            return;
        Fill(color);
        var matrix = upwards ? "0 1 -1 0" : "1 0 0 1";
        Append($"BT /{font.Name} {N(size)} Tf {matrix} {N(x)} {N(height - y)} Tm {font.Encode(text)} Tj ET\n");
    }

    /// <summary>A picture.</summary>
    /// <param name="number">Its number in the file.</param>
    /// <param name="x">Left.</param>
    /// <param name="y">Top.</param>
    /// <param name="width">Width.</param>
    /// <param name="imageHeight">Height.</param>
    public void Image(int number, double x, double y, double width, double imageHeight)
    {
        images.Add(number);
        Append($"q {N(width)} 0 0 {N(imageHeight)} {N(x)} {N(height - y - imageHeight)} cm /I{number} Do Q\n");
    }

    /// <summary>Draws within a rectangle only, until <see cref="Unclip"/>.</summary>
    public void Clip(double x, double y, double width, double clipHeight) =>
        Append($"q {N(x)} {N(height - y - clipHeight)} {N(width)} {N(clipHeight)} re W n\n");

    /// <summary>Ends the clipping.</summary>
    public void Unclip() => content.Append("Q\n");

    private static string N(double value) => PdfFile.Number(value);

    private static string C(PdfColor color) => $"{N(color.Red)} {N(color.Green)} {N(color.Blue)}";

    private void Append(FormattableString text) => content.Append(FormattableString.Invariant(text));

    private void Fill(PdfColor color) => Append($"{C(color)} rg ");

    private void Begin(double opacity)
    {
        if (opacity >= 1)
            return;
        var hundredths = (int)Math.Round(Math.Max(0, opacity) * 100);
        opacities.Add(hundredths);
        Append($"q /A{hundredths} gs ");
    }

    private void End(double opacity)
    {
        if (opacity < 1)
            content.Append("Q\n");
    }

    private void Points(IReadOnlyList<ChartPoint> points)
    {
        for (var i = 0; i < points.Count; i++)
            Append($"{N(points[i].X)} {N(height - points[i].Y)} {(i == 0 ? "m" : "l")} ");
    }

    private void Round(double x, double y, double width, double rectangleHeight, double radius)
    {
        var k = radius * 0.4477152502;
        var (left, right, top, bottom) = (x, x + width, height - y, height - y - rectangleHeight);
        Append($"{N(left + radius)} {N(top)} m {N(right - radius)} {N(top)} l ");
        Append($"{N(right - k)} {N(top)} {N(right)} {N(top - k)} {N(right)} {N(top - radius)} c {N(right)} {N(bottom + radius)} l ");
        Append($"{N(right)} {N(bottom + k)} {N(right - k)} {N(bottom)} {N(right - radius)} {N(bottom)} c {N(left + radius)} {N(bottom)} l ");
        Append($"{N(left + k)} {N(bottom)} {N(left)} {N(bottom + k)} {N(left)} {N(bottom + radius)} c {N(left)} {N(top - radius)} l ");
        Append($"{N(left)} {N(top - k)} {N(left + k)} {N(top)} {N(left + radius)} {N(top)} c h ");
    }
}
