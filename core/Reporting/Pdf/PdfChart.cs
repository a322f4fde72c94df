using Iml4e.Reporting.Charts;

namespace Iml4e.Reporting.Pdf;

/// <summary>Draws a laid-out chart on a page.</summary>
internal static class PdfChart
{
    /// <summary>Points that a point of the layout becomes: its words are as large as those of tables then.</summary>
    public const double Scale = 0.68;

    /// <summary>Draws.</summary>
    /// <param name="drawing">The chart.</param>
    /// <param name="page">Where on.</param>
    /// <param name="fonts">The fonts.</param>
    /// <param name="left">Its left end on the page.</param>
    /// <param name="top">Its top on the page.</param>
    /// <param name="scale">Points of the page a point of the layout.</param>
    public static void Draw(ChartDrawing drawing, PdfPage page, PdfFonts fonts, double left, double top, double scale)
    {
        page.Clip(left, top, drawing.Width * scale, drawing.Height * scale);
        foreach (var mark in drawing.Marks)
        {
            switch (mark)
            {
                case PathMark path:
                    page.Path(Points(path.Points), PdfPalette.Of(path.Stroke), path.Width * scale, path.Dashed);
                    break;
                case StrokesMark strokes:
                    page.Strokes([.. strokes.Strokes.Select(l => Points([l.From, l.To]))], PdfPalette.Of(strokes.Stroke), strokes.Width * scale);
                    break;
                case PolygonMark polygon:
                    page.Polygon(Points(polygon.Points), PdfPalette.Of(polygon.Fill), polygon.Opacity);
                    break;
                case RectangleMark rectangle:
                    page.Rectangle(X(rectangle.X), Y(rectangle.Y), rectangle.Width * scale, rectangle.Height * scale, PdfPalette.Of(rectangle.Fill));
                    break;
                case CircleMark circle:
                    page.Circle(X(circle.X), Y(circle.Y), circle.Radius * scale, PdfPalette.Of(circle.Fill), circle.Opacity);
                    break;
                case TextMark text:
                    Write(text);
                    break;
            }
        }

        page.Unclip();

        double X(double x) => left + (x * scale);

        double Y(double y) => top + (y * scale);

        ChartPoint[] Points(IReadOnlyList<ChartPoint> points) => [.. points.Select(p => new ChartPoint(X(p.X), Y(p.Y)))];

        void Write(TextMark text)
        {
            var font = text.Bold ? fonts.Bold : fonts.Sans;
            var size = text.Size * scale;
            // The layout reckons with a narrower font than this one: what would not fit is written a little smaller.
            var width = font.Width(text.Text, size);
            var planned = TextSize.Width(text.Text, size);
            if (planned > 0 && width > planned)
                (size, width) = (size * planned / width, planned);
            var back = text.Anchor switch { TextAnchor.Middle => width / 2, TextAnchor.End => width, _ => 0 };
            if (text.Turn == 0)
                page.Text(font, size, X(text.X) - back, Y(text.Y), text.Text, PdfPalette.Of(text.Fill));
            else
                page.Text(font, size, X(text.X), Y(text.Y) + back, text.Text, PdfPalette.Of(text.Fill), upwards: true);
        }
    }
}
