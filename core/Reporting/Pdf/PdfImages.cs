using Iml4e.Reporting.Images;

namespace Iml4e.Reporting.Pdf;

/// <summary>Pictures of a document: each file is in it once, however often it is shown.</summary>
/// <param name="file">The document.</param>
/// <param name="fonts">Its fonts.</param>
internal sealed class PdfImages(PdfFile file, PdfFonts fonts)
{
    private const double Gap = 10;
    private const double Highest = 330;
    private const double CaptionSize = 8;
    private const double TitleLine = 13;
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);

    /// <summary>Height of a row with all that belongs to it.</summary>
    public double Height(ImageRow row) => row.Images.Count == 0 ? 0 : Measure(row).Height;

    /// <summary>Draws pictures side by side.</summary>
    public void Draw(ImageRow row, PdfFlow flow)
    {
        if (row.Images.Count == 0)
            return;
        var (width, scales, captions, title, height) = Measure(row);
        flow.Space(8);
        flow.Need(height);
        foreach (var line in title)
        {
            flow.Page.Text(fonts.Bold, 9, PdfFlow.Margin, flow.Y + 9, line, PdfPalette.Of("text"));
            flow.Advance(TitleLine);
        }

        for (var i = 0; i < row.Images.Count; i++)
        {
            var (image, x) = (row.Images[i], PdfFlow.Margin + (i * (width + Gap)));
            var (shown, high, top) = (image.Width * scales[i], image.Height * scales[i], flow.Y);
            flow.Page.Image(NumberOf(image), x, top, shown, high);
            flow.Page.Clip(x, top, shown, high);
            foreach (var mark in image.Marks)
                Draw(mark, flow.Page, x, top, scales[i]);
            flow.Page.Unclip();
            flow.Page.Outline(x, top, shown, high, PdfPalette.Of("line"), 0.5);
            for (var line = 0; line < captions[i].Count; line++)
            {
                flow.Page.Text(
                    fonts.Sans, CaptionSize, x, top + high + (CaptionSize * 1.35 * (line + 1)), captions[i][line], PdfPalette.Of("muted"));
            }
        }

        flow.Advance(height - (title.Count * TitleLine));
    }

    private (double Width, double[] Scales, List<string>[] Captions, List<string> Title, double Height) Measure(ImageRow row)
    {
        var width = (PdfFlow.Width - (Gap * (row.Images.Count - 1))) / row.Images.Count;
        // A picture alone is not as wide as the page unless it is flat.
        var scales = row.Images.Select(image => Math.Min(Math.Min(width, PdfFlow.Width * 0.7) / image.Width, Highest / image.Height)).ToArray();
        var captions = row.Images.Select(image => TextLines.Break(image.Caption ?? "", fonts.Sans, CaptionSize, width)).ToArray();
        var title = string.IsNullOrEmpty(row.Title) ? [] : TextLines.Break(row.Title, fonts.Bold, 9, PdfFlow.Width);
        var pictures = row.Images.Zip(scales, (image, scale) => image.Height * scale).Max();
        return (width, scales, captions, title, (title.Count * TitleLine) + pictures + (captions.Max(c => c.Count) * CaptionSize * 1.35) + 6);
    }

    private static PdfColor ColorOf(ImageMark mark) => PdfPalette.Of(new Charts.ChartPaint(Charts.ChartColor.Series, mark.Series));

    private void Draw(ImageMark mark, PdfPage page, double left, double top, double scale)
    {
        var color = ColorOf(mark);
        switch (mark)
        {
            case BoxMark box:
                var (x, y, width, height) = (left + (box.X * scale), top + (box.Y * scale), box.Width * scale, box.Height * scale);
                page.Outline(x, y, width, height, PdfPalette.Of("ground"), 2);
                page.Outline(x, y, width, height, color, 1.1);
                if (!string.IsNullOrEmpty(box.Label))
                {
                    const double Size = 6;
                    var wide = fonts.Bold.Width(box.Label, Size) + 4;
                    // Above the box, or in it where it begins at the picture's top.
                    var at = y - 8 >= top ? y - 8 : y;
                    page.Rectangle(x - 0.5, at, wide, 8, color);
                    page.Text(fonts.Bold, Size, x + 1.5, at + 6, box.Label, PdfPalette.Of("ground"));
                }

                break;
            case StrokeMark stroke:
                Charts.ChartPoint[] ends =
                    [new(left + (stroke.X1 * scale), top + (stroke.Y1 * scale)), new(left + (stroke.X2 * scale), top + (stroke.Y2 * scale))];
                page.Path(ends, PdfPalette.Of("ground"), 2.2);
                page.Path(ends, color, 1.3, stroke.Dashed);
                break;
            case DotMark dot:
                page.Circle(left + (dot.X * scale), top + (dot.Y * scale), 2.2, PdfPalette.Of("ground"));
                page.Circle(left + (dot.X * scale), top + (dot.Y * scale), 1.6, color, ring: dot.Hollow ? 0.8 : 0);
                break;
        }
    }

    private int NumberOf(ReportImage image)
    {
        var key = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(image.Data));
        if (numbers.TryGetValue(key, out var number))
            return number;
        if (JpegFile.Is(image.Data))
        {
            var header = JpegFile.Read(image.Data);
            number = file.AddRawStream(image.Data, $"{Entries(header)} /Filter /DCTDecode");
        }
        else
        {
            var (header, packed) = PngFile.Read(image.Data);
            var predictor = $"/DecodeParms << /Predictor 15 /Colors {header.Channels} /BitsPerComponent 8 /Columns {header.Width} >>";
            number = file.AddRawStream(packed, $"{Entries(header)} /Filter /FlateDecode {predictor}");
        }

        numbers.Add(key, number);
        return number;

        static string Entries(ImageHeader header) =>
            $"/Type /XObject /Subtype /Image /Width {header.Width} /Height {header.Height} /BitsPerComponent 8 " +
            $"/ColorSpace {(header.Channels == 1 ? "/DeviceGray" : "/DeviceRGB")}";
    }
}
