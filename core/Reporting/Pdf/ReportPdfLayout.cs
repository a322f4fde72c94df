using System.Globalization;
using System.Text;
using Iml4e.Reporting.Charts;

namespace Iml4e.Reporting.Pdf;

/// <summary>Lays one report out and makes the document.</summary>
internal sealed class ReportPdfLayout
{
    private const double BodySize = 9.5;
    private const double BodyLine = 13.5;
    private const double ChartGap = 10;
    private const double ChartPadding = 8;

    private readonly Report report;
    private readonly PdfFile file = new();
    private readonly PdfFonts fonts = new();
    private readonly PdfFlow flow = new();
    private readonly PdfImages images;
    private readonly List<(string Title, int Page, double Y)> outline = [];

    /// <summary>For a report.</summary>
    public ReportPdfLayout(Report report)
    {
        this.report = report;
        images = new PdfImages(file, fonts);
    }

    /// <summary>The document.</summary>
    public byte[] Write()
    {
        Head();
        Figures(report.KeyFigures);
        foreach (var section in report.Sections)
            Section(section);
        Identity();
        Feet();
        return Finish();
    }

    private static string Soft(Tone tone) => tone switch { Tone.Good => "good-soft", Tone.Warning => "warning-soft", Tone.Bad => "bad-soft", _ => "panel" };

    private static string Strong(Tone tone) => tone switch { Tone.Good => "good", Tone.Warning => "warning", Tone.Bad => "bad", _ => "text" };

    private void Head()
    {
        Lines(report.Title, fonts.Bold, 20, 25, "text");
        if (!string.IsNullOrEmpty(report.Subtitle))
            Lines(report.Subtitle, fonts.Sans, 11.5, 16, "muted");
        flow.Space(3);
        Lines(report.Created.ToUniversalTime().ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture), fonts.Sans, 8.5, 12, "muted");
        if (report.Verdict is not { } verdict)
            return;
        const double Padding = 9;
        var heading = TextLines.Break(verdict.Text, fonts.Bold, 12, PdfFlow.Width - (3 * Padding));
        var detail = string.IsNullOrEmpty(verdict.Detail) ? [] : TextLines.Break(verdict.Detail, fonts.Sans, BodySize, PdfFlow.Width - (3 * Padding));
        var height = (2 * Padding) + (heading.Count * 15) + (detail.Count * BodyLine);
        flow.Space(12);
        flow.Page.Rectangle(PdfFlow.Margin, flow.Y, PdfFlow.Width, height, PdfPalette.Of(Soft(verdict.Tone)), 4);
        flow.Page.Rectangle(PdfFlow.Margin, flow.Y, 3.5, height, PdfPalette.Of(verdict.Tone == Tone.Neutral ? "axis" : Strong(verdict.Tone)));
        var y = flow.Y + Padding + 11;
        foreach (var line in heading)
        {
            flow.Page.Text(fonts.Bold, 12, PdfFlow.Margin + (1.5 * Padding), y, line, PdfPalette.Of(Strong(verdict.Tone)));
            y += 15;
        }

        foreach (var line in detail)
        {
            flow.Page.Text(fonts.Sans, BodySize, PdfFlow.Margin + (1.5 * Padding), y - 1, line, PdfPalette.Of("text"));
            y += BodyLine;
        }

        flow.Advance(height);
    }

    private void Figures(IReadOnlyList<KeyFigure> figures)
    {
        const double Gap = 8, Padding = 7;
        const int Most = 4;
        if (figures.Count == 0)
            return;
        flow.Space(12);
        foreach (var row in figures.Chunk(Most))
        {
            var width = (PdfFlow.Width - (Gap * (Most - 1))) / Most;
            var cards = row.Select(figure => Card(figure, width - (2 * Padding))).ToArray();
            var height = cards.Max(card => card.Sum(line => line.Height)) + (2 * Padding);
            flow.Need(height + Gap);
            for (var i = 0; i < row.Length; i++)
            {
                var x = PdfFlow.Margin + (i * (width + Gap));
                flow.Page.Rectangle(x, flow.Y, width, height, PdfPalette.Of("panel"), 4, PdfPalette.Of("line"));
                var y = flow.Y + Padding;
                foreach (var line in cards[i])
                {
                    flow.Page.Text(line.Font, line.Size, x + Padding, y + (line.Height * 0.78), line.Text, PdfPalette.Of(line.Color));
                    if (line.Unit is { } unit)
                    {
                        flow.Page.Text(
                            fonts.Sans, 8.5, x + Padding + line.Font.Width(line.Text, line.Size) + 3, y + (line.Height * 0.78), unit, PdfPalette.Of("muted"));
                    }

                    y += line.Height;
                }
            }

            flow.Advance(height + Gap);
        }
    }

    private List<(string Text, PdfFont Font, double Size, double Height, string Color, string? Unit)> Card(KeyFigure figure, double width)
    {
        var lines = new List<(string, PdfFont, double, double, string, string?)>();
        foreach (var line in TextLines.Break(figure.Label, fonts.Sans, 8, width))
            lines.Add((line, fonts.Sans, 8, 10.5, "muted", null));
        var value = figure.Value.Show(figure.Format);
        var room = width - (string.IsNullOrEmpty(figure.Unit) ? 0 : fonts.Sans.Width(figure.Unit, 8.5) + 3);
        var size = 15.0;
        while (size > 8 && fonts.Bold.Width(value, size) > room)
            size -= 0.5;
        var broken = TextLines.Break(value, fonts.Bold, size, Math.Max(room, width / 2));
        for (var i = 0; i < broken.Count; i++)
        {
            var unit = i == broken.Count - 1 && !string.IsNullOrEmpty(figure.Unit) ? figure.Unit : null;
            lines.Add((broken[i], fonts.Bold, size, size * 1.35, Strong(figure.Tone), unit));
        }

        if (!string.IsNullOrEmpty(figure.Note))
        {
            foreach (var line in TextLines.Break(figure.Note, fonts.Sans, 8, width))
                lines.Add((line, fonts.Sans, 8, 10.5, "muted", null));
        }

        return lines;
    }

    private void Section(ReportSection section)
    {
        Heading(section.Title, FirstHeight(section));
        foreach (var paragraph in section.Paragraphs)
        {
            flow.Space(2);
            Lines(paragraph, fonts.Sans, BodySize, BodyLine, "text");
            flow.Space(3);
        }

        Figures(section.KeyFigures);
        var side = section.Charts.Count == 1 ? 1 : 2;
        foreach (var row in section.Charts.Chunk(side))
            ChartRow(section, row, side);
        foreach (var row in section.Images)
            images.Draw(row, flow);
        foreach (var table in section.Tables)
            PdfTable.Draw(table, fonts, flow);
    }

    // Height of what comes first in a section; a few lines of text belong to what they are about.
    private double FirstHeight(ReportSection section)
    {
        const double Little = 70;
        var text = section.Paragraphs.Sum(p => (TextLines.Break(p, fonts.Sans, BodySize, PdfFlow.Width).Count * BodyLine) + 5);
        return text > Little || section.KeyFigures.Count > 0 ? Little : text + FirstPicture(section);
    }

    private double FirstPicture(ReportSection section)
    {
        if (section.Charts.Count > 0)
        {
            var side = section.Charts.Count == 1 ? 1 : 2;
            return Measure(section, [.. section.Charts.Take(side)], side).Height + 10;
        }

        return section.Images.Count > 0 ? images.Height(section.Images[0]) + 10 : 70;
    }

    private void Heading(string title, double behind)
    {
        flow.Space(20);
        // A heading stands on the page of what it is about.
        flow.Need(Math.Min(PdfFlow.Room, 40 + behind));
        outline.Add((title, flow.Pages.Count - 1, flow.Y));
        if (!flow.AtTop)
        {
            flow.Page.Path([new(PdfFlow.Margin, flow.Y), new(PdfFlow.Margin + PdfFlow.Width, flow.Y)], PdfPalette.Of("line"), 0.7);
            flow.Advance(11);
        }

        Lines(title, fonts.Bold, 13, 17, "text");
        flow.Space(3);
    }

    private void ChartRow(ReportSection section, Chart[] charts, int side)
    {
        var row = Measure(section, charts, side);
        flow.Space(8);
        flow.Need(row.Height);
        for (var i = 0; i < charts.Length; i++)
        {
            var x = PdfFlow.Margin + (i * (row.Width + ChartGap));
            flow.Page.Rectangle(x, flow.Y, row.Width, row.Height, PdfPalette.Of("ground"), 4, PdfPalette.Of("line"));
            var y = flow.Y + ChartPadding;
            foreach (var line in row.Titles[i])
            {
                flow.Page.Text(fonts.Bold, 9, x + ChartPadding, y + 9, line, PdfPalette.Of("text"));
                y += 12.5;
            }

            PdfChart.Draw(row.Drawings[i], flow.Page, fonts, x + ChartPadding, y, PdfChart.Scale * row.Scale);
        }

        flow.Advance(row.Height + 4);
    }

    private (double Width, double Height, double Scale, ChartDrawing[] Drawings, List<string>[] Titles) Measure(ReportSection section, Chart[] charts, int side)
    {
        var width = (PdfFlow.Width - (ChartGap * (side - 1))) / side;
        var inside = width - (2 * ChartPadding);
        var drawings = charts.Select(chart => ChartLayout.Compute(chart, inside / PdfChart.Scale)).ToArray();
        var titles = charts.Select(chart => chart.Title == section.Title ? [] : TextLines.Break(chart.Title, fonts.Bold, 9, inside)).ToArray();
        var height = drawings.Select((drawing, i) => (drawing.Height * PdfChart.Scale) + (titles[i].Count * 12.5) + (2 * ChartPadding)).Max();
        // A chart that is higher than a page is made smaller as a whole.
        var scale = Math.Min(1, (PdfFlow.Room - 60) / height);
        return (width, height * scale, scale, drawings, titles);
    }

    private void Identity()
    {
        if (report.Identity.Count == 0)
            return;
        Heading("Identity", 30);
        const double Size = 8, Line = 11.5;
        var keys = Math.Min(PdfFlow.Width / 3, report.Identity.Max(fact => fonts.Sans.Width(fact.Key, Size)) + 14);
        foreach (var fact in report.Identity)
        {
            var key = TextLines.Break(fact.Key, fonts.Sans, Size, keys - 10);
            var value = TextLines.Break(fact.Value, fonts.Mono, Size, PdfFlow.Width - keys);
            for (var i = 0; i < Math.Max(key.Count, value.Count); i++)
            {
                flow.Need(Line);
                if (i < key.Count)
                    flow.Page.Text(fonts.Sans, Size, PdfFlow.Margin, flow.Y + Size, key[i], PdfPalette.Of("muted"));
                if (i < value.Count)
                    flow.Page.Text(fonts.Mono, Size, PdfFlow.Margin + keys, flow.Y + Size, value[i], PdfPalette.Of("text"));
                flow.Advance(Line);
            }
        }
    }

    private void Lines(string text, PdfFont font, double size, double line, string color)
    {
        foreach (var part in TextLines.Break(text, font, size, PdfFlow.Width))
        {
            flow.Need(line);
            flow.Page.Text(font, size, PdfFlow.Margin, flow.Y + size, part, PdfPalette.Of(color));
            flow.Advance(line);
        }
    }

    private void Feet()
    {
        const double Size = 7.5;
        for (var i = 0; i < flow.Pages.Count; i++)
        {
            var y = PdfFlow.PageHeight - 28;
            var number = string.Create(CultureInfo.InvariantCulture, $"{i + 1} / {flow.Pages.Count}");
            var title = TextLines.Break(report.Title, fonts.Sans, Size, PdfFlow.Width - 60);
            flow.Pages[i].Text(fonts.Sans, Size, PdfFlow.Margin, y, title[0] + (title.Count > 1 ? "…" : ""), PdfPalette.Of("muted"));
            flow.Pages[i].Text(fonts.Sans, Size, PdfFlow.PageWidth - PdfFlow.Margin - fonts.Sans.Width(number, Size), y, number, PdfPalette.Of("muted"));
        }
    }

    private byte[] Finish()
    {
        var tree = file.Reserve();
        var named = fonts.All.Select(font => (Font: font, Number: file.Reserve())).ToArray();
        var pages = flow.Pages.Select(page =>
        {
            var content = file.AddStream(Encoding.ASCII.GetBytes(page.Content));
            var resources = new StringBuilder($"/Font << {string.Join(' ', named.Select(f => $"/{f.Font.Name} {f.Number} 0 R"))} >>");
            if (page.Images.Count > 0)
                resources.Append(CultureInfo.InvariantCulture, $" /XObject << {string.Join(' ', page.Images.Select(n => $"/I{n} {n} 0 R"))} >>");
            if (page.Opacities.Count > 0)
            {
                var states = page.Opacities.Select(o => $"/A{o} << /ca {PdfFile.Number(o / 100.0)} >>");
                resources.Append(CultureInfo.InvariantCulture, $" /ExtGState << {string.Join(' ', states)} >>");
            }

            return file.Add(
                $"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {PdfFile.Number(PdfFlow.PageWidth)} {PdfFile.Number(PdfFlow.PageHeight)}] " +
                $"/Resources << {resources} >> /Contents {content} 0 R >>");
        }).ToArray();
        foreach (var (font, number) in named)
            font.Write(file, number);
        file.Set(tree, $"<< /Type /Pages /Count {pages.Length} /Kids [{string.Join(' ', pages.Select(p => $"{p} 0 R"))}] >>");
        var root = file.Add(
            $"<< /Type /Catalog /Pages {tree} 0 R /Lang (en) /ViewerPreferences << /DisplayDocTitle true >>{Outline(pages)} >>");
        var made = report.Created.ToUniversalTime().ToString("yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture);
        var info = file.Add(
            $"<< /Title {PdfFile.TextString(report.Title)} /Creator (Iml4e.Serverless) /Producer (Iml4e.Reporting) /CreationDate (D:{made}) >>");
        return file.Write(root, info);
    }

    private string Outline(int[] pages)
    {
        if (outline.Count == 0)
            return "";
        var list = file.Reserve();
        var items = outline.Select(_ => file.Reserve()).ToArray();
        for (var i = 0; i < items.Length; i++)
        {
            var (title, page, y) = outline[i];
            file.Set(
                items[i],
                $"<< /Title {PdfFile.TextString(title)} /Parent {list} 0 R /Dest [{pages[page]} 0 R /XYZ 0 {PdfFile.Number(PdfFlow.PageHeight - y + 8)} null]" +
                $"{(i > 0 ? $" /Prev {items[i - 1]} 0 R" : "")}{(i + 1 < items.Length ? $" /Next {items[i + 1]} 0 R" : "")} >>");
        }

        file.Set(list, $"<< /Type /Outlines /First {items[0]} 0 R /Last {items[^1]} 0 R /Count {items.Length} >>");
        return $" /Outlines {list} 0 R";
    }
}
