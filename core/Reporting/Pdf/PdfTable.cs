namespace Iml4e.Reporting.Pdf;

/// <summary>Lays a table out: widths by what is in the columns, words broken where there is no room, the head once more on each page.</summary>
internal sealed class PdfTable
{
    private const double Gap = 10;
    private const double Padding = 3.2;
    private const double LeastSize = 5.5;
    private static readonly double[] Sizes = [8.5, 7.5, 6.5, LeastSize];

    private readonly ReportTable table;
    private readonly PdfFonts fonts;
    private readonly PdfFlow flow;
    private readonly string[][] cells;
    private readonly double size;
    private readonly double[] widths;

    private PdfTable(ReportTable table, PdfFonts fonts, PdfFlow flow)
    {
        (this.table, this.fonts, this.flow) = (table, fonts, flow);
        cells = [.. table.Rows.Select(row => table.Columns.Select((column, c) => c < row.Count ? row[c].Show(column.Format) : "").ToArray())];
        size = Sizes.FirstOrDefault(s => Enumerable.Range(0, table.Columns.Count).Sum(c => Widest(c, s).Word) + Gaps <= PdfFlow.Width, LeastSize);
        widths = Widths();
    }

    private double Gaps => Gap * (table.Columns.Count - 1);

    private double LineHeight => size * 1.35;

    /// <summary>Draws a table.</summary>
    public static void Draw(ReportTable table, PdfFonts fonts, PdfFlow flow)
    {
        if (table.Columns.Count > 0)
            new PdfTable(table, fonts, flow).Draw();
    }

    private void Draw()
    {
        flow.Space(10);
        if (!string.IsNullOrEmpty(table.Title))
        {
            var lines = TextLines.Break(table.Title, fonts.Bold, 9.5, PdfFlow.Width);
            flow.Need((lines.Count * 13) + (4 * LineHeight));
            foreach (var line in lines)
            {
                flow.Page.Text(fonts.Bold, 9.5, PdfFlow.Margin, flow.Y + 9.5, line, PdfPalette.Of("text"));
                flow.Advance(13);
            }
        }

        var head = table.Columns.Select((column, c) => Lines(column.Title, c)).ToArray();
        flow.Need(Height(head) * 3);
        DrawRow(head, "muted", "axis");
        foreach (var row in cells)
        {
            var lines = row.Select(Lines).ToArray();
            // A row that is higher than a page goes over pages, line by line.
            if (Height(lines) <= PdfFlow.Room - Height(head))
            {
                if (flow.Need(Height(lines)))
                    DrawRow(head, "muted", "axis");
                DrawRow(lines, "text", "line");
                continue;
            }

            var most = Math.Max(1, (int)((PdfFlow.Room - Height(head) - (2 * Padding)) / LineHeight));
            for (var first = 0; first < lines.Max(l => l.Count); first += most)
            {
                var part = lines.Select(l => l.Skip(first).Take(most).ToList()).ToArray();
                if (flow.Need(Height(part)))
                    DrawRow(head, "muted", "axis");
                DrawRow(part, "text", "line");
            }
        }

        flow.Advance(6);
    }

    private double Height(List<string>[] lines) => (lines.Max(l => Math.Max(1, l.Count)) * LineHeight) + (2 * Padding);

    private void DrawRow(List<string>[] lines, string color, string rule)
    {
        var x = PdfFlow.Margin;
        for (var c = 0; c < lines.Length; c++)
        {
            var y = flow.Y + Padding + size;
            foreach (var line in lines[c])
            {
                var room = widths[c] - fonts.Sans.Width(line, size);
                var shift = table.Columns[c].Align switch { ColumnAlignment.Right => room, ColumnAlignment.Center => room / 2, _ => 0 };
                flow.Page.Text(fonts.Sans, size, x + shift, y, line, PdfPalette.Of(color));
                y += LineHeight;
            }

            x += widths[c] + Gap;
        }

        flow.Advance(Height(lines));
        flow.Page.Path([new(PdfFlow.Margin, flow.Y), new(PdfFlow.Margin + PdfFlow.Width, flow.Y)], PdfPalette.Of(rule), 0.5);
    }

    private List<string> Lines(string text, int column) => TextLines.Break(text, fonts.Sans, size, widths[column] + 0.01);

    // Columns that need little get it; what is left is shared among the others by what they would like to have.
    private double[] Widths()
    {
        var room = PdfFlow.Width - Gaps;
        var wanted = Enumerable.Range(0, table.Columns.Count).Select(c => Widest(c, size)).ToArray();
        var all = wanted.Sum(w => w.Text);
        if (all <= room)
        {
            // The rest goes to the texts, so that numbers stand together with their heads at the right.
            var texts = table.Columns.Count(c => c.Align == ColumnAlignment.Left);
            return [.. wanted.Select((w, c) => w.Text + (texts == 0 ? (room - all) / wanted.Length
                : table.Columns[c].Align == ColumnAlignment.Left ? (room - all) / texts : 0))];
        }

        var least = wanted.Sum(w => w.Word);
        if (least >= room)
            return [.. wanted.Select(w => w.Word * room / least)];
        var share = (room - least) / (all - least);
        return [.. wanted.Select(w => w.Word + ((w.Text - w.Word) * share))];
    }

    private (double Text, double Word) Widest(int column, double at)
    {
        var texts = cells.Select(row => row[column]).Append(table.Columns[column].Title).Distinct(StringComparer.Ordinal);
        var right = table.Columns[column].Align == ColumnAlignment.Right;
        double text = 0, word = 0;
        foreach (var one in texts)
        {
            var lines = one.ReplaceLineEndings("\n").Split('\n');
            text = Math.Max(text, lines.Max(line => fonts.Sans.Width(line, at)));
            // Numbers with their units stay on a line; digests need not.
            var whole = right && one.Length < 24;
            word = Math.Max(word, whole ? fonts.Sans.Width(one, at) : Math.Min(PdfFlow.Width / 4, TextLines.WidestWord(one, fonts.Sans, at)));
        }

        return (text, Math.Min(word, text));
    }
}
