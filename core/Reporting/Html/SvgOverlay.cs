using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Iml4e.Reporting.Images;

namespace Iml4e.Reporting.Html;

/// <summary>What is drawn over a picture, as SVG of the picture's size; every text is encoded.</summary>
internal static class SvgOverlay
{
    /// <summary>Draws the marks of a picture.</summary>
    public static string Draw(ReportImage image)
    {
        // Lines and letters are as thick and large whatever the picture's size.
        var unit = Math.Max(image.Width, image.Height) / 300.0;
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {image.Width} {image.Height}\" aria-hidden=\"true\" xmlns=\"http://www.w3.org/2000/svg\">");
        foreach (var mark in image.Marks)
            Draw(svg, mark, unit, image.Height);
        return svg.Append("</svg>").ToString();
    }

    private static void Draw(StringBuilder svg, ImageMark mark, double unit, int height)
    {
        var color = $"var(--s{Math.Abs(mark.Series) % 8})";
        switch (mark)
        {
            case BoxMark box:
                var at = $"x=\"{N(box.X)}\" y=\"{N(box.Y)}\" width=\"{N(box.Width)}\" height=\"{N(box.Height)}\" fill=\"none\"";
                svg.Append($"<rect {at} stroke=\"#fff\" stroke-width=\"{N(3 * unit)}\"/><rect {at} stroke=\"{color}\" stroke-width=\"{N(1.6 * unit)}\"/>");
                if (!string.IsNullOrEmpty(box.Label))
                {
                    var size = 9 * unit;
                    var top = box.Y - (1.35 * size) >= 0 ? box.Y - (1.35 * size) : Math.Min(box.Y, height - size);
                    var width = Charts.TextSize.Width(box.Label, size) + (6 * unit);
                    svg.Append($"<rect x=\"{N(box.X)}\" y=\"{N(top)}\" width=\"{N(width)}\" height=\"{N(1.35 * size)}\" fill=\"{color}\"/>");
                    svg.Append($"<text x=\"{N(box.X + (3 * unit))}\" y=\"{N(top + size)}\" font-size=\"{N(size)}\" fill=\"var(--ground)\">");
                    svg.Append(HtmlEncoder.Default.Encode(box.Label)).Append("</text>");
                }

                break;
            case StrokeMark stroke:
                var ends = $"x1=\"{N(stroke.X1)}\" y1=\"{N(stroke.Y1)}\" x2=\"{N(stroke.X2)}\" y2=\"{N(stroke.Y2)}\"";
                var dashes = stroke.Dashed ? $" stroke-dasharray=\"{N(4 * unit)} {N(3 * unit)}\"" : "";
                svg.Append($"<line {ends} stroke=\"#fff\" stroke-width=\"{N(3.4 * unit)}\"/>");
                svg.Append($"<line {ends} stroke=\"{color}\" stroke-width=\"{N(2 * unit)}\"{dashes}/>");
                break;
            case DotMark dot:
                var center = $"cx=\"{N(dot.X)}\" cy=\"{N(dot.Y)}\"";
                svg.Append($"<circle {center} r=\"{N(3.4 * unit)}\" fill=\"#fff\"/>");
                svg.Append(dot.Hollow
                    ? $"<circle {center} r=\"{N(2.3 * unit)}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{N(1.2 * unit)}\"/>"
                    : $"<circle {center} r=\"{N(2.5 * unit)}\" fill=\"{color}\"/>");
                break;
        }
    }

    private static string N(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);
}
