using System.Globalization;
using System.Text;

namespace Iml4e.Learning;

/// <summary>Finds the values of a CSV file (RFC 4180, UTF-8, with a header line) and refuses whatever is not a table. Every error names row (1 = the first
/// after the header), column and line.</summary>
/// <remarks>Of the file one value is in memory at a time: what stands between quotes may go over lines, but not over the largest size of a field.</remarks>
internal sealed class CsvParser
{
    // No header that keeps to the limits is as long.
    private const int LongestHeader = 4 << 20;

    private readonly TextWindow text;
    private readonly TableRows rows;
    private readonly TableReadOptions options;
    private readonly byte separator;
    private int line = 1;
    private int row;
    private int feeds;
    private int returns;

    private CsvParser(TextWindow text, TableRows rows)
    {
        this.text = text;
        this.rows = rows;
        options = rows.Options;
        separator = FindSeparator();
    }

    private bool InHeader => row == 0;

    public static void Parse(Stream stream, TableRows rows)
    {
        var text = new TextWindow(stream);
        try
        {
            text.SkipByteOrderMark();
            new CsvParser(text, rows).ReadRows();
        }
        catch (TrainingDataException)
        {
            // What is no text, or nothing, is told as that and not by what it looks like as a table.
            text.Drain();
            text.CheckText();
            if (!text.HasContent)
                throw new TrainingDataException("data", "the file is empty; a header line and rows are needed");
            throw;
        }
        text.CheckText();
    }

    private void ReadRows()
    {
        foreach (var name in ReadHeader())
            rows.AddColumn(name);
        while (!AtEnd())
        {
            row = rows.Rows + 1;
            ReadRow();
        }
    }

    private List<string> ReadHeader()
    {
        var names = new List<string>();
        do
        {
            var cell = FindCell(names.Count);
            names.Add(Name(cell));
            CheckColumns(names.Count);
            Take(cell);
        }
        while (NextInLine());
        EndLine();
        return names;
    }

    private void ReadRow()
    {
        var first = line;
        var cell = FindCell(0);
        if (cell is { Length: 0, Style: CellStyle.Bare } && !IsSeparator(0))
        {
            // A blank line is not a row, unless the table has one column: there it is a missing value (the last line end aside).
            EndLine();
            if (rows.Header.Count > 1 || AtEnd())
                return;
            rows.BeginRow(first);
            rows.Add(0, [], CellStyle.Bare);
            return;
        }

        rows.BeginRow(first);
        var count = 0;
        while (true)
        {
            CheckColumns(++count);
            if (count <= rows.Header.Count)
                rows.Add(count - 1, text.Text.Slice(cell.Start, cell.Length), cell.Style);
            Take(cell);
            if (!NextInLine())
                break;
            cell = FindCell(count);
        }
        EndLine();
        if (count != rows.Header.Count)
            throw TableRows.At($"data.row[{row}]", $"{count} fields where the header has {rows.Header.Count}", first);
    }

    private string Name(Cell cell)
    {
        var name = Encoding.UTF8.GetString(text.Text.Slice(cell.Start, cell.Length));
        return (cell.Style == CellStyle.Escaped ? name.Replace("\"\"", "\"", StringComparison.Ordinal) : name).Trim();
    }

    private byte FindSeparator()
    {
        if (options.Separator is { } declared)
            return declared is '"' or '\r' or '\n' or > '\x7f'
                ? throw new TrainingDataException("data.separator", "must be one ASCII character")
                : (byte)declared;
        ReadOnlySpan<byte> candidates = ",;\t"u8;
        Span<int> counts = stackalloc int[3];
        var quoted = false;
        var at = 0;
        do
        {
            var there = text.Text;
            for (; at < there.Length && (quoted || there[at] is not ((byte)'\n' or (byte)'\r')); at++)
            {
                if (there[at] == '"')
                    quoted = !quoted;
                else if (!quoted && candidates.IndexOf(there[at]) is var which && which >= 0)
                    counts[which]++;
            }
        }
        while (at == text.Text.Length && at < LongestHeader && text.More());
        var best = 0;
        for (var i = 1; i < counts.Length; i++)
            if (counts[i] > counts[best])
                best = i;
        return candidates[best];
    }

    /// <summary>The value at the start of the text, all of it and what ends it being there.</summary>
    private Cell FindCell(int column)
    {
        if (!AtEnd() && text.Text[0] == '"')
            return FindQuoted(column);
        Span<byte> ends = [separator, (byte)'\r', (byte)'\n'];
        var at = 0;
        while (true)
        {
            var count = text.Text[at..].IndexOfAny(ends);
            at = count < 0 ? text.Text.Length : at + count;
            if (at > options.MaxFieldBytes)
                throw TooLong(Skip(at, ends), column);
            if (count >= 0 || !text.More())
                return new Cell(0, at, at, CellStyle.Bare);
        }
    }

    private Cell FindQuoted(int column)
    {
        var at = 1;
        var escaped = false;
        while (true)
        {
            if (at - 1 > options.MaxFieldBytes)
                throw TooLong(SkipQuoted(at, column), column);
            var close = text.Text[at..].IndexOf((byte)'"');
            if (close < 0)
            {
                at = text.Text.Length;
                if (!text.More())
                    throw Unclosed(column);
                continue;
            }
            at += close + 1;
            if (at == text.Text.Length)
                text.More();
            if (at == text.Text.Length || text.Text[at] != '"')
                break;
            escaped = true;
            at++;
        }
        var length = at - 2;
        CheckBehind(at, column);
        if (length > options.MaxFieldBytes)
            throw TooLong(length, column);
        return new Cell(1, length, at, escaped ? CellStyle.Escaped : CellStyle.Quoted);
    }

    /// <summary>Counts on to the end of a value that is too long, without keeping it.</summary>
    private long Skip(int found, ReadOnlySpan<byte> ends)
    {
        long length = found;
        text.Advance(found);
        while (!AtEnd() && !ends.Contains(text.Text[0]))
        {
            var count = text.Text.IndexOfAny(ends);
            count = count < 0 ? text.Text.Length : count;
            length += count;
            text.Advance(count);
        }
        return length;
    }

    private long SkipQuoted(int found, int column)
    {
        long length = found - 1;
        text.Advance(found);
        while (true)
        {
            if (AtEnd())
                throw Unclosed(column);
            var close = text.Text.IndexOf((byte)'"');
            length += close < 0 ? text.Text.Length : close;
            text.Advance(close < 0 ? text.Text.Length : close + 1);
            if (close < 0)
                continue;
            if (AtEnd() || text.Text[0] != '"')
                break;
            length += 2;
            text.Advance(1);
        }
        CheckBehind(0, column);
        return length;
    }

    private bool AtEnd() => text.Text.IsEmpty && !text.More();

    private bool IsSeparator(int at) => text.Text.Length > at && text.Text[at] == separator;

    // Behind a value stands a separator, the end of the line or that of the file.
    private bool NextInLine()
    {
        if (!IsSeparator(0))
            return false;
        text.Advance(1);
        return true;
    }

    private void Take(Cell cell)
    {
        Count(text.Text[..cell.Taken]);
        text.Advance(cell.Taken);
    }

    private void EndLine()
    {
        if (text.Text is [(byte)'\r'])
            text.More();
        var end = text.Text is [(byte)'\r', (byte)'\n', ..] ? 2 : Math.Min(1, text.Text.Length);
        Count(text.Text[..end]);
        text.Advance(end);
        line += Math.Max(feeds, returns);
        (feeds, returns) = (0, 0);
    }

    private void Count(ReadOnlySpan<byte> passed)
    {
        feeds += passed.Count((byte)'\n');
        returns += passed.Count((byte)'\r');
    }

    private void CheckColumns(int count)
    {
        if (count > options.MaxColumns)
            throw TableRows.At(InHeader ? "data.header" : $"data.row[{row}]", $"more than {options.MaxColumns} columns", line);
    }

    private void CheckBehind(int at, int column)
    {
        if (at < text.Text.Length && text.Text[at] != separator && text.Text[at] is not ((byte)'\r' or (byte)'\n'))
            throw Wrong(column, "text behind a closing quote");
    }

    private TrainingDataException Unclosed(int column) => Wrong(column, "a quote is opened and never closed");

    private TrainingDataException TooLong(long length, int column) => Wrong(column, $"a field of {length} bytes; at most {options.MaxFieldBytes} are read");

    private TrainingDataException Wrong(int column, string detail)
    {
        var name = column < rows.Header.Count ? rows.Header[column] : (column + 1).ToString(CultureInfo.InvariantCulture);
        return TableRows.At(InHeader ? $"data.header[{column + 1}]" : $"data.row[{row}].column[{name}]", detail, line);
    }

    /// <summary>A value in the text that is there.</summary>
    /// <param name="Start">Its first byte, behind an opening quote.</param>
    /// <param name="Length">Its bytes, quotes aside.</param>
    /// <param name="Taken">Bytes that it takes, quotes among them.</param>
    /// <param name="Style">How it is written.</param>
    private readonly record struct Cell(int Start, int Length, int Taken, CellStyle Style);
}
