using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Unicode;

namespace Iml4e.Learning;

/// <summary>Reads CSV (RFC 4180, UTF-8, with a header line, optionally gzip) into columns.</summary>
/// <remarks>Two passes over one buffer: the first finds the fields and refuses whatever is not a table, the second decides each column's kind from all
/// of its values and parses it. Every error names row (1 = the first after the header) and column.</remarks>
internal sealed class CsvTable
{
    private readonly byte[] text;
    private readonly CsvReadOptions options;
    private readonly List<Field> fields = [];
    private readonly HashSet<string> missing;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> missingLookup;
    private string[] header = [];
    private byte separator;
    private int rows;

    private CsvTable(byte[] text, CsvReadOptions options)
    {
        this.text = text;
        this.options = options;
        missing = new HashSet<string>(options.Missing, StringComparer.Ordinal);
        missingLookup = missing.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public static DataFrame Read(Stream stream, CsvReadOptions options)
    {
        var text = ReadAll(stream, options);
        var table = new CsvTable(text, options);
        table.FindFields();
        return table.ToFrame();
    }

    private static byte[] ReadAll(Stream stream, CsvReadOptions options)
    {
        var magic = new byte[2];
        var got = stream.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
        var compressed = got == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
        using var whole = new PrefixedStream(magic.AsMemory(0, got), stream);
        using var buffer = new MemoryStream();
        try
        {
            if (compressed)
            {
                using var gzip = new GZipStream(whole, CompressionMode.Decompress, leaveOpen: true);
                CopyLimited(gzip, buffer, options, whole);
            }
            else
            {
                CopyLimited(whole, buffer, options, null);
            }
        }
        catch (InvalidDataException)
        {
            throw new TrainingDataException("data", "the file starts like gzip but is damaged");
        }
        var text = buffer.ToArray();
        if (!Utf8.IsValid(text))
            throw new TrainingDataException("data", text is [0xff, 0xfe, ..] or [0xfe, 0xff, ..] ? "the file is UTF-16; write it as UTF-8" : "the file is not UTF-8 text");
        return text;
    }

    private static void CopyLimited(Stream from, MemoryStream to, CsvReadOptions options, PrefixedStream? compressed)
    {
        var limit = options.MaxBytes;
        var chunk = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            int read;
            while ((read = from.Read(chunk)) > 0)
            {
                if (to.Length + read > Math.Min(limit, int.MaxValue - (1 << 16)))
                    throw new TrainingDataException("data", $"the file holds more than {limit} bytes");
                // A file that unfolds to hundreds of times its size is no table: it is refused before it has filled the memory.
                if (compressed is not null && to.Length + read > Math.Max(options.MaxExpandedBytes, options.MaxExpansion * compressed.Taken))
                    throw new TrainingDataException("data", $"the file unfolds to more than {options.MaxExpansion} times its compressed size");
                to.Write(chunk, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private void FindFields()
    {
        var at = text is [0xef, 0xbb, 0xbf, ..] ? 3 : 0;
        if (text.AsSpan(at).IndexOf((byte)0) is var zero && zero >= 0)
            throw new TrainingDataException("data", $"the file is not text: a zero byte at {zero + at}");
        if (text.AsSpan(at).Trim(" \t\r\n"u8).IsEmpty)
            throw new TrainingDataException("data", "the file is empty; a header line and rows are needed");
        separator = FindSeparator(at);

        var line = new List<Field>();
        at = ReadLine(at, line, -1);
        ReadHeader(line);
        while (at < text.Length)
        {
            line.Clear();
            var next = ReadLine(at, line, rows + 1);
            // A blank line is not a row, unless the table has one column: there it is a missing value (the last line end aside).
            var blank = line.Count == 1 && line[0].Length == 0 && !line[0].Quoted;
            at = next;
            if (blank && (header.Length > 1 || at >= text.Length))
                continue;
            rows++;
            if (line.Count != header.Length)
                throw new TrainingDataException($"data.row[{rows}]", $"{line.Count} fields where the header has {header.Length}");
            if (rows > options.MaxRows)
                throw new TrainingDataException("data", $"more than {options.MaxRows} rows");
            if ((long)rows * header.Length > options.MaxCells)
                throw new TrainingDataException("data", $"more than {options.MaxCells} fields");
            fields.AddRange(line);
        }
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

    /// <summary>Reads one line's fields and returns the offset behind its end.</summary>
    private int ReadLine(int at, List<Field> line, int row)
    {
        while (true)
        {
            var field = ReadField(ref at, row, line.Count);
            line.Add(field);
            if (line.Count > options.MaxColumns)
                throw new TrainingDataException(row < 0 ? "data.header" : $"data.row[{row}]", $"more than {options.MaxColumns} columns");
            if (at >= text.Length)
                return text.Length;
            if (text[at] == separator)
            {
                at++;
                continue;
            }
            if (text[at] == '\r')
                return at + 1 < text.Length && text[at + 1] == '\n' ? at + 2 : at + 1;
            return at + 1;
        }
    }

    private Field ReadField(ref int at, int row, int column)
    {
        if (at < text.Length && text[at] == '"')
        {
            var start = ++at;
            var escaped = false;
            while (true)
            {
                var close = text.AsSpan(at).IndexOf((byte)'"');
                if (close < 0)
                    throw Wrong(row, column, "a quote is opened and never closed");
                at += close + 1;
                if (at < text.Length && text[at] == '"')
                {
                    escaped = true;
                    at++;
                    continue;
                }
                break;
            }
            var length = at - 1 - start;
            if (at < text.Length && text[at] != separator && text[at] is not ((byte)'\r' or (byte)'\n'))
                throw Wrong(row, column, "text behind a closing quote");
            CheckLength(length, row, column);
            return new Field(start, length, Quoted: true, escaped);
        }

        Span<byte> ends = [separator, (byte)'\r', (byte)'\n'];
        var count = text.AsSpan(at).IndexOfAny(ends);
        if (count < 0)
            count = text.Length - at;
        CheckLength(count, row, column);
        var bare = new Field(at, count, Quoted: false, Escaped: false);
        at += count;
        return bare;
    }

    private void CheckLength(int length, int row, int column)
    {
        if (length > options.MaxFieldBytes)
            throw Wrong(row, column, $"a field of {length} bytes; at most {options.MaxFieldBytes} are read");
    }

    private TrainingDataException Wrong(int row, int column, string detail)
    {
        var name = column < header.Length ? header[column] : (column + 1).ToString(CultureInfo.InvariantCulture);
        return new TrainingDataException(row < 0 ? $"data.header[{column + 1}]" : $"data.row[{row}].column[{name}]", detail);
    }

    private void ReadHeader(List<Field> line)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var read = new string[line.Count];
        for (var i = 0; i < line.Count; i++)
        {
            read[i] = Text(line[i]).Trim();
            if (read[i].Length == 0)
                throw new TrainingDataException($"data.header[{i + 1}]", "a column without a name");
            if (read[i].Length > 200 || read[i].Any(char.IsControl))
                throw new TrainingDataException($"data.header[{i + 1}]", "a column name has at most 200 characters and no control characters");
            if (!names.Add(read[i]))
                throw new TrainingDataException($"data.header[{i + 1}]", $"the column name '{read[i]}' is there twice");
        }
        header = read;
        foreach (var declared in options.Kinds.Keys)
            if (!names.Contains(declared))
                throw new TrainingDataException("data.kinds", $"column '{declared}' is not there; columns: {string.Join(", ", header)}");
    }

    private DataFrame ToFrame()
    {
        var columns = new Column[header.Length];
        for (var i = 0; i < header.Length; i++)
            columns[i] = options.Kinds.TryGetValue(header[i], out var kind) ? Declared(i, kind) : Inferred(i);
        return new DataFrame(columns);
    }

    private Column Inferred(int column)
    {
        var values = new double[rows];
        var present = 0;
        var firstBad = -1;
        var moments = 0;
        var withOffset = 0;
        for (var row = 0; row < rows; row++)
        {
            var field = fields[(row * header.Length) + column];
            if (IsMissing(field))
            {
                values[row] = double.NaN;
                continue;
            }
            present++;
            if (firstBad < 0 && !TryNumber(field, out values[row]))
                firstBad = row;
            if (firstBad >= 0 && present == moments + 1 && TimestampText.TryParse(Trimmed(field), out _, out var offset))
            {
                moments++;
                withOffset += offset ? 1 : 0;
            }
            else if (firstBad >= 0)
            {
                break;
            }
        }
        var name = header[column];
        if (present == 0)
            return new NumberColumn(name, values, "number: no row has a value");
        if (firstBad < 0)
        {
            CheckFinite(values, column);
            return new NumberColumn(name, values, $"number: all {present} values are numbers");
        }
        var rest = 0;
        for (var row = firstBad; moments > 0 && row < rows; row++)
        {
            var field = fields[(row * header.Length) + column];
            if (!IsMissing(field) && !TimestampText.TryParse(Trimmed(field), out _, out _))
                rest++;
        }
        if (moments > 0 && rest == 0)
            return new TimestampColumn(name, Moments(column, unixAllowed: false), Said(present, withOffset));
        return new CategoryColumn(name, Names(column), $"category: '{Shown(fields[(firstBad * header.Length) + column])}' in row {firstBad + 1} is not a number");
    }

    private static string Said(int present, int withOffset) =>
        withOffset == present ? $"timestamp: all {present} values are ISO 8601 with an offset"
        : withOffset == 0 ? $"timestamp: all {present} values are dates without an offset, taken as UTC"
        : $"timestamp: all {present} values are dates, those without an offset taken as UTC";

    private Column Declared(int column, ColumnKind kind)
    {
        var name = header[column];
        if (kind == ColumnKind.Category)
            return new CategoryColumn(name, Names(column), "category: declared");
        if (kind == ColumnKind.Timestamp)
            return new TimestampColumn(name, Moments(column, unixAllowed: true), "timestamp: declared");
        var values = new double[rows];
        for (var row = 0; row < rows; row++)
        {
            var field = fields[(row * header.Length) + column];
            if (IsMissing(field))
                values[row] = double.NaN;
            else if (!TryNumber(field, out values[row]))
                throw Wrong(row + 1, column, $"'{Shown(field)}' is not a number");
        }
        CheckFinite(values, column);
        return new NumberColumn(name, values, "number: declared");
    }

    private void CheckFinite(double[] values, int column)
    {
        for (var row = 0; row < values.Length; row++)
            if (double.IsInfinity(values[row]))
                throw Wrong(row + 1, column, $"'{Shown(fields[(row * header.Length) + column])}' is not a finite number");
    }

    private long[] Moments(int column, bool unixAllowed)
    {
        var values = new long[rows];
        for (var row = 0; row < rows; row++)
        {
            var field = fields[(row * header.Length) + column];
            if (IsMissing(field))
                values[row] = TimestampColumn.Missing;
            else if (TimestampText.TryParse(Trimmed(field), out var seconds, out _))
                values[row] = seconds;
            else if (unixAllowed && TryNumber(field, out var unix) && unix is >= TimestampColumn.Earliest and <= TimestampColumn.Latest)
                values[row] = (long)Math.Floor(unix);
            else
                throw Wrong(row + 1, column, $"'{Shown(field)}' is not a date (ISO 8601{(unixAllowed ? " or unix seconds of the years 1 to 9999" : "")})");
        }
        return values;
    }

    private string?[] Names(int column)
    {
        var values = new string?[rows];
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        var lookup = seen.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> buffer = stackalloc char[256];
        for (var row = 0; row < rows; row++)
        {
            var field = fields[(row * header.Length) + column];
            if (IsMissing(field))
                continue;
            if (field.Escaped || field.Length > 256)
            {
                values[row] = Text(field);
                continue;
            }
            var length = Encoding.UTF8.GetChars(text.AsSpan(field.Start, field.Length), buffer);
            ReadOnlySpan<char> name = buffer[..length];
            if (!field.Quoted)
                name = name.Trim();
            if (!lookup.TryGetValue(name, out _, out var known))
            {
                known = name.ToString();
                seen[known] = known;
            }
            values[row] = known;
        }
        return values;
    }

    private bool IsMissing(Field field)
    {
        var trimmed = Trimmed(field);
        if (trimmed.IsEmpty)
            return true;
        if (field.Quoted || trimmed.Length > 16)
            return false;
        Span<char> chars = stackalloc char[16];
        var length = Encoding.UTF8.GetChars(trimmed, chars);
        return missingLookup.Contains(chars[..length]);
    }

    private ReadOnlySpan<byte> Trimmed(Field field) => text.AsSpan(field.Start, field.Length).Trim(" \t"u8);

    private bool TryNumber(Field field, out double value)
    {
        var trimmed = Trimmed(field);
        // "Infinity" and "NaN" are words, not measurements: only what starts like a number is one.
        var first = trimmed[0] is (byte)'-' or (byte)'+' && trimmed.Length > 1 ? trimmed[1] : trimmed[0];
        if (first is not ((>= (byte)'0' and <= (byte)'9') or (byte)'.'))
        {
            value = double.NaN;
            return false;
        }
        return double.TryParse(trimmed, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value);
    }

    private string Text(Field field)
    {
        var plain = Encoding.UTF8.GetString(text, field.Start, field.Length);
        return field.Escaped ? plain.Replace("\"\"", "\"", StringComparison.Ordinal) : plain;
    }

    private string Shown(Field field)
    {
        var plain = new string([.. Text(field).Select(c => char.IsControl(c) ? ' ' : c)]);
        return plain.Length <= 40 ? plain : plain[..40] + "…";
    }

    private readonly record struct Field(int Start, int Length, bool Quoted, bool Escaped);
}
