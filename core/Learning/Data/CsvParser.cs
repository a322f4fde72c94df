using System.Globalization;
using System.Text;

namespace Iml4e.Learning;

/// <summary>Finds the values of a CSV file (RFC 4180, UTF-8, with a header line) and refuses whatever is not a table. Every error names row (1 = the first
/// after the header), column and line.</summary>
/// <remarks>The file is held in memory as it is: what stands between quotes may go over lines, and the values point into it.</remarks>
internal sealed class CsvParser
{
    private readonly byte[] text;
    private readonly TableReadOptions options;
    private readonly CellTable table;
    private readonly byte separator;
    private int line = 1;

    private CsvParser(byte[] text, int start, TableReadOptions options)
    {
        this.text = text;
        this.options = options;
        table = new CellTable(options) { Text = text };
        separator = FindSeparator(start);
    }

    public static CellTable Parse(Stream stream, TableReadOptions options)
    {
        using var buffer = new MemoryStream();
        stream.CopyTo(buffer);
        var text = buffer.ToArray();
        Utf8Text.Check(text, 1);
        var start = text is [0xef, 0xbb, 0xbf, ..] ? 3 : 0;
        if (text.AsSpan(start).Trim(" \t\r\n"u8).IsEmpty)
            throw new TrainingDataException("data", "the file is empty; a header line and rows are needed");
        var parser = new CsvParser(text, start, options);
        parser.FindCells(start);
        return parser.table;
    }

    private void FindCells(int at)
    {
        var row = new List<Cell>();
        at = ReadLine(at, row, header: true);
        foreach (var cell in row)
            table.AddColumn(Name(cell));
        while (at < text.Length)
        {
            row.Clear();
            var first = line;
            at = ReadLine(at, row, header: false);
            // A blank line is not a row, unless the table has one column: there it is a missing value (the last line end aside).
            var blank = row is [{ Length: 0, Style: CellStyle.Bare }];
            if (blank && (table.Header.Count > 1 || at >= text.Length))
                continue;
            table.BeginRow(first);
            if (row.Count != table.Header.Count)
                throw CellTable.At($"data.row[{table.Rows}]", $"{row.Count} fields where the header has {table.Header.Count}", first);
            for (var column = 0; column < row.Count; column++)
                table.Add(column, row[column]);
        }
    }

    private string Name(Cell cell)
    {
        var name = Encoding.UTF8.GetString(text, cell.Start, cell.Length);
        return (cell.Style == CellStyle.Escaped ? name.Replace("\"\"", "\"", StringComparison.Ordinal) : name).Trim();
    }

    private byte FindSeparator(int start)
    {
        if (options.Separator is { } declared)
            return declared is '"' or '\r' or '\n' or > '\x7f' ? throw new TrainingDataException("data.separator", "must be one ASCII character") : (byte)declared;
        ReadOnlySpan<byte> candidates = ",;\t"u8;
        Span<int> counts = stackalloc int[3];
        var quoted = false;
        for (var i = start; i < text.Length && (quoted || text[i] is not ((byte)'\n' or (byte)'\r')); i++)
        {
            if (text[i] == '"')
                quoted = !quoted;
            else if (!quoted && candidates.IndexOf(text[i]) is var which && which >= 0)
                counts[which]++;
        }
        var best = 0;
        for (var i = 1; i < counts.Length; i++)
            if (counts[i] > counts[best])
                best = i;
        return candidates[best];
    }

    /// <summary>Reads one line's values and returns the offset behind its end.</summary>
    private int ReadLine(int at, List<Cell> row, bool header)
    {
        var start = at;
        while (true)
        {
            row.Add(ReadCell(ref at, header, row.Count));
            if (row.Count > options.MaxColumns)
                throw CellTable.At(header ? "data.header" : $"data.row[{table.Rows + 1}]", $"more than {options.MaxColumns} columns", line);
            if (at >= text.Length || text[at] != separator)
                break;
            at++;
        }
        if (at < text.Length)
            at += text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n' ? 2 : 1;
        line += Utf8Text.Lines(text.AsSpan(start, at - start));
        return at;
    }

    private Cell ReadCell(ref int at, bool header, int column)
    {
        if (at < text.Length && text[at] == '"')
        {
            var start = ++at;
            var escaped = false;
            while (true)
            {
                var close = text.AsSpan(at).IndexOf((byte)'"');
                if (close < 0)
                    throw Wrong(header, column, "a quote is opened and never closed");
                at += close + 1;
                if (at >= text.Length || text[at] != '"')
                    break;
                escaped = true;
                at++;
            }
            var length = at - 1 - start;
            if (at < text.Length && text[at] != separator && text[at] is not ((byte)'\r' or (byte)'\n'))
                throw Wrong(header, column, "text behind a closing quote");
            CheckLength(length, header, column);
            return new Cell(start, length, escaped ? CellStyle.Escaped : CellStyle.Quoted);
        }

        Span<byte> ends = [separator, (byte)'\r', (byte)'\n'];
        var count = text.AsSpan(at).IndexOfAny(ends);
        if (count < 0)
            count = text.Length - at;
        CheckLength(count, header, column);
        var bare = new Cell(at, count, CellStyle.Bare);
        at += count;
        return bare;
    }

    private void CheckLength(int length, bool header, int column)
    {
        if (length > options.MaxFieldBytes)
            throw Wrong(header, column, $"a field of {length} bytes; at most {options.MaxFieldBytes} are read");
    }

    private TrainingDataException Wrong(bool header, int column, string detail)
    {
        var name = column < table.Header.Count ? table.Header[column] : (column + 1).ToString(CultureInfo.InvariantCulture);
        return CellTable.At(header ? $"data.header[{column + 1}]" : $"data.row[{table.Rows + 1}].column[{name}]", detail, line);
    }
}
