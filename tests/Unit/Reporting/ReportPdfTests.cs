using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Iml4e.Reporting;
using Iml4e.Reporting.Charts;
using Iml4e.Reporting.Html;
using Iml4e.Reporting.Images;
using Iml4e.Reporting.Pdf;

namespace Iml4e.Tests.Unit.Reporting;

/// <summary>Reports as documents, read with poppler and qpdf.</summary>
public sealed class ReportPdfTests
{
    [PdfToolFact]
    public void The_document_is_whole_its_fonts_are_embedded_and_its_text_can_be_read()
    {
        var report = SampleReport.Create();
        var pdf = ReportPdf.Render(report);
        Assert.Contains("No syntax or stream encoding errors found", PdfTools.Run(pdf, "qpdf", "--check", "@"), StringComparison.Ordinal);
        var fonts = PdfTools.Run(pdf, "pdffonts", "@").Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2).ToList();
        Assert.InRange(fonts.Count, 2, 3);
        Assert.All(fonts, font => Assert.Matches(@"^[A-Z]{6}\+DejaVuSans\S*\s+CID TrueType\s+Identity-H\s+yes yes yes", font));
        var text = PdfTools.Run(pdf, "pdftotext", "-layout", "@", "-");
        foreach (var said in (string[])[
            report.Title, report.Subtitle!, "Accepted", "mae 1.92 <= champion.mae 2.1 * 1.02 = 2.142: true", "5 January 2026, 07:30 UTC", "7.1%",
            "champion 2.10", "Heating energy, last four days", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            .. report.Sections.Select(s => s.Title)])
        {
            Assert.Contains(said, text, StringComparison.Ordinal);
        }

        var info = PdfTools.Run(pdf, "pdfinfo", "@");
        Assert.Contains("Title:           " + report.Title, info, StringComparison.Ordinal);
        Assert.Contains("A4", info, StringComparison.Ordinal);
    }

    /// <summary>What the page says, the document says.</summary>
    [PdfToolFact]
    public async Task Every_cell_and_figure_of_the_page_is_in_the_document()
    {
        var report = SampleReport.Create();
        var words = Squeezed(PdfTools.Run(ReportPdf.Render(report), "pdftotext", "-raw", "@", "-"));
        var html = Squeezed(System.Net.WebUtility.HtmlDecode(await ReportHtml.RenderAsync(report)));
        var shown = report.KeyFigures.Select(f => f.Value.Show(f.Format))
            .Concat(report.Sections.SelectMany(s => s.Tables)
                .SelectMany(t => t.Rows.SelectMany(row => row.Select((cell, c) => cell.Show(t.Columns[c].Format)))))
            .ToList();
        Assert.True(shown.Count > 10);
        Assert.All(shown.Select(Squeezed), s =>
        {
            Assert.Contains(s, words, StringComparison.Ordinal);
            Assert.Contains(s, html, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void The_same_report_makes_the_same_bytes_and_another_hour_changes_little_else()
    {
        var report = SampleReport.Create();
        var pdf = ReportPdf.Render(report);
        Assert.Equal(pdf, ReportPdf.Render(report));
        Assert.NotEqual(pdf, ReportPdf.Render(report with { Title = "Another" }));
        Assert.InRange(pdf.Length, 1000, 200_000);
    }

    [PdfToolFact]
    public void Pictures_are_shown_as_they_are_with_what_is_drawn_over_them()
    {
        // Red at the left, blue at the right.
        var pixels = new byte[60 * 40 * 3];
        for (var i = 0; i < 60 * 40; i++)
            pixels[(3 * i) + (i % 60 < 30 ? 0 : 2)] = 255;
        var picture = ReportImage.OfPixels(pixels, 60, 40);
        var grey = ReportImage.OfPixels(Enumerable.Repeat((byte)128, 60 * 40).ToArray(), 60, 40);
        var report = SampleReport.Create() with
        {
            KeyFigures = [], Verdict = null,
            Sections =
            [
                new ReportSection
                {
                    Title = "Pictures",
                    Images =
                    [
                        new ImageRow { Title = "side by side", Images = [picture with { Caption = "before" }, grey with { Caption = "after" }] },
                        new ImageRow
                        {
                            Images = [picture with { Marks = [new BoxMark(5, 5, 20, 20, "person 0.9"), new StrokeMark(1, 1, 9, 9, true), new DotMark(9, 9)] }],
                        },
                    ],
                },
            ],
        };
        report = ReportJson.Read(ReportJson.Write(report));
        var pdf = ReportPdf.Render(report);
        var listed = PdfTools.Run(pdf, "pdfimages", "-list", "@").Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2).ToList();
        Assert.Equal(3, listed.Count);
        Assert.Equal(2, listed.Count(line => line.Contains(" rgb ", StringComparison.Ordinal)));
        var text = PdfTools.Run(pdf, "pdftotext", "@", "-");
        Assert.All((string[])["before", "after", "side by side", "person 0.9"], said => Assert.Contains(said, text, StringComparison.Ordinal));
        var image = PortableMap.Read(PdfTools.RunBytes(pdf, "pdftoppm", "-r", "72", "-f", "1", "-l", "1", "@"));
        Assert.True(image.Count((255, 0, 0)) > 5000 && image.Count((0, 0, 255)) > 5000);
        Assert.InRange(image.Count((128, 128, 128)), 30_000, 50_000);
    }

    [Fact]
    public async Task Pictures_in_the_page_have_their_marks_and_hostile_labels_are_encoded()
    {
        var picture = ReportImage.OfPixels(new byte[12], 2, 2) with { Caption = SampleReport.Hostile, Marks = [new BoxMark(0, 0, 1, 1, SampleReport.Hostile)] };
        var report = new Report
        {
            Title = "t", Created = DateTimeOffset.UnixEpoch, Sections = [new ReportSection { Title = "s", Images = [new ImageRow { Images = [picture] }] }],
        };
        var html = await ReportHtml.RenderAsync(report);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.Contains("src=\"data:image/png;base64,iVBOR", html, StringComparison.Ordinal);
        Assert.Contains("viewBox=\"0 0 2 2\"", html, StringComparison.Ordinal);
        Assert.NotEmpty(ReportPdf.Render(report));
    }

    [Fact]
    public void Files_that_are_no_such_pictures_are_refused()
    {
        var png = ReportImage.OfPixels(new byte[12], 2, 2).Data;
        Assert.Equal((2, 2), (ReportImage.OfFile(png).Width, ReportImage.OfFile(png).Height));
        Assert.Throws<ArgumentException>(() => ReportImage.OfPixels(new byte[5], 2, 2));
        Assert.Throws<FormatException>(() => ReportImage.OfFile([]));
        Assert.Throws<FormatException>(() => ReportImage.OfFile([0xFF, 0xD8, 0xFF, 0xC0, 0, 4]));
        for (var i = 0; i < 60; i++)
            Assert.Throws<FormatException>(() => ReportImage.OfFile(png[..Math.Min(i, 56)]));
        var transparent = png.ToArray();
        transparent[25] = 6;
        Assert.Throws<FormatException>(() => ReportImage.OfFile(transparent));
    }

    /// <summary>Long words, many rows, rows higher than a page, no rows, signs of all planes: every text is somewhere, nothing is outside of a page.</summary>
    [PdfToolFact]
    public void What_is_long_goes_on_on_the_next_page()
    {
        var rows = Enumerable.Range(0, 150).Select(i => (IReadOnlyList<Cell>)[$"row {i}", (double)i, new string('x', 10 + (i * 7 % 400)), "a b c"]).ToList();
        rows.Add(["tall", 1.0, string.Join(' ', Enumerable.Range(0, 3000).Select(i => "w" + i.ToString(CultureInfo.InvariantCulture))), "end"]);
        var report = new Report
        {
            Title = "Заголовок — " + new string('W', 200), Created = DateTimeOffset.UnixEpoch, Subtitle = "α ≤ β · 中文 🙂 \u0007\t\uD800",
            Sections =
            [
                new ReportSection { Title = "Empty" },
                new ReportSection
                {
                    Title = "Table",
                    Tables =
                    [
                        new ReportTable
                        {
                            Title = "Many rows", Columns = [new("name"), new("number", ColumnAlignment.Right), new("text"), new("last")], Rows = rows,
                        },
                        new ReportTable { Columns = [.. Enumerable.Range(0, 30).Select(i => new ReportColumn($"column {i}"))], Rows = [[1.0, 2.0]] },
                        new ReportTable { Columns = [], Rows = [] },
                    ],
                },
            ],
        };
        var pdf = ReportPdf.Render(report);
        PdfTools.Run(pdf, "qpdf", "--check", "@");
        var text = Squeezed(PdfTools.Run(pdf, "pdftotext", "-raw", "@", "-"));
        Assert.All(Enumerable.Range(0, 150), i => Assert.Contains($"row{i}", text, StringComparison.Ordinal));
        Assert.Contains("w0w1w2w3", text, StringComparison.Ordinal);
        Assert.Contains("w2999", text, StringComparison.Ordinal);
        Assert.Contains("Заголовок", text, StringComparison.Ordinal);
        Assert.Contains("α≤β", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_texts_make_a_document() => Prop.ForAll(
        ArbMap.Default.ArbFor<string>().Generator.Where(s => s is not null).Four().ToArbitrary(),
        texts =>
        {
            var (a, b, c, d) = texts;
            var report = new Report
            {
                Title = a, Subtitle = b, Verdict = new Verdict(Tone.Warning, c, d), Created = DateTimeOffset.UnixEpoch, Identity = [new Fact(a, b)],
                KeyFigures = [new KeyFigure(a, Cell.Of(b), null, c, d)],
                Sections = [new ReportSection { Title = d, Paragraphs = [a, b], Tables = [new ReportTable { Columns = [new(a), new(b)], Rows = [[c, d]] }] }],
            };
            return ReportPdf.Render(report).AsSpan().EndsWith("%%EOF\n"u8);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_colours_of_paper_are_those_of_the_page()
    {
        foreach (var name in PdfPalette.Names)
        {
            var at = ReportStyle.Css.IndexOf($"--{name}: #", StringComparison.Ordinal);
            Assert.True(at > 0, name);
            Assert.Equal(PdfColor.Parse(ReportStyle.Css.Substring(at + name.Length + 4, 7)), PdfPalette.Of(name));
        }

        // As a browser mixes them.
        var mixed = PdfColor.Mix(PdfColor.Parse("#1f5fbf"), PdfColor.Parse("#f1f4f8"), 0.5);
        Assert.Equal((136, 170, 223), ((int)Math.Round(mixed.Red * 255), (int)Math.Round(mixed.Green * 255), (int)Math.Round(mixed.Blue * 255)));
    }

    [Fact]
    public void A_subset_of_a_font_has_the_glyphs_that_were_asked_for()
    {
        var font = new TrueTypeFont(File.ReadAllBytes(FontFile()));
        Assert.Equal("DejaVuSans", font.Name);
        int[] glyphs = [0, font.GlyphOf('A'), font.GlyphOf('ä'), font.GlyphOf(0x1D538)];
        Assert.DoesNotContain(0, glyphs[1..]);
        Assert.Equal(0, font.GlyphOf(0x10FFFF));
        var subset = font.Subset(glyphs);
        Assert.InRange(subset.Length, 500, 20_000);
        Assert.Equal(subset, font.Subset(glyphs));
        Assert.Throws<FormatException>(() => new TrueTypeFont(subset[..200]));
        Assert.Throws<FormatException>(() => new TrueTypeFont([]));
        Assert.Throws<FormatException>(() => new TrueTypeFont(Encoding.ASCII.GetBytes("OTTO")));
    }

    private static string FontFile()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, "node_modules", "dejavu-fonts-ttf", "ttf", "DejaVuSans.ttf");
            if (File.Exists(file))
                return file;
        }

        throw new InvalidOperationException("The font is not there.");
    }

    private static string Squeezed(string text) => new([.. text.Where(c => !char.IsWhiteSpace(c) && c != '\f')]);
}
