namespace Iml4e.Learning;

/// <summary>Reads a table, whatever it is packed in: what it is, is told by its first bytes and by no name.</summary>
internal static class TableReader
{
    private const int Glimpse = 4096;

    /// <summary>The frame.</summary>
    /// <exception cref="TrainingDataException">Not a table, or over a limit; says where.</exception>
    public static DataFrame Read(Stream stream, TableReadOptions options)
    {
        if (!stream.CanSeek)
        {
            using var held = new MemoryStream();
            new LimitedStream(stream, options, null).CopyTo(held);
            held.Position = 0;
            return Read(held, options);
        }

        var start = stream.Position;
        var columns = Scan(stream, options, _ => ColumnUse.Keep).Columns;
        if (!columns.Any(c => c.MustBeReadAgain))
            return new DataFrame([.. columns.Select(c => c.Read(null))]);
        // What is wrong is told before it is read again.
        foreach (var column in columns)
            column.Describe();
        stream.Position = start;
        var again = Scan(stream, options, place => columns[place].MustBeReadAgain ? ColumnUse.Names : ColumnUse.Skip).Columns;
        return new DataFrame([.. columns.Zip(again, (column, names) => column.Read(names))]);
    }

    /// <summary>What the table holds, without its values.</summary>
    /// <exception cref="TrainingDataException">Not a table, or over a limit; says where.</exception>
    public static TableSummary Summarise(Stream stream, TableReadOptions options)
    {
        var rows = Scan(stream, options, _ => ColumnUse.Describe);
        return new TableSummary(rows.Rows, [.. rows.Header.Zip(rows.Columns, (name, column) => new ColumnSummary(name, column.Describe()))]);
    }

    /// <summary>The media type that a file's first bytes show.</summary>
    public static string MediaType(ReadOnlySpan<byte> start) => IsGzip(start) ? "application/gzip" : IsNdjson(start) ? "application/x-ndjson" : "text/csv";

    private static TableRows Scan(Stream stream, TableReadOptions options, Func<int, ColumnUse> use)
    {
        var start = Start(stream, 2);
        if (!IsGzip(start))
        {
            using var plain = new PrefixedStream(start, stream);
            return ScanPlain(new LimitedStream(plain, options, null), options, use);
        }
        try
        {
            using var unpacked = new GzipText(start, stream);
            return ScanPlain(new LimitedStream(unpacked, options, () => unpacked.Taken), options, use);
        }
        catch (InvalidDataException)
        {
            throw new TrainingDataException("data", "the file starts like gzip but is damaged or cut off");
        }
    }

    private static TableRows ScanPlain(Stream text, TableReadOptions options, Func<int, ColumnUse> use)
    {
        var start = Start(text, Glimpse);
        if (start is [0xff, 0xfe, ..] or [0xfe, 0xff, ..])
            throw new TrainingDataException("data", "the file is UTF-16; write it as UTF-8");
        using var whole = new PrefixedStream(start, text);
        var rows = new TableRows(options, use);
        if ((options.Format ?? (IsNdjson(start) ? TableFormat.Ndjson : TableFormat.Csv)) == TableFormat.Ndjson)
            NdjsonParser.Parse(whole, rows);
        else
            CsvParser.Parse(whole, rows);
        rows.End();
        return rows;
    }

    private static bool IsGzip(ReadOnlySpan<byte> start) => start is [0x1f, 0x8b, ..];

    // A header may start with a brace too, but not with a brace and a quote, which is how an object starts.
    private static bool IsNdjson(ReadOnlySpan<byte> start)
    {
        start = start.TrimStart("\uFEFF"u8).TrimStart(" \t\r\n"u8);
        return start is [(byte)'{', ..] && start[1..].TrimStart(" \t"u8) is [(byte)'"' or (byte)'}', ..];
    }

    private static byte[] Start(Stream stream, int most)
    {
        var start = new byte[most];
        return start[..stream.ReadAtLeast(start, most, throwOnEndOfStream: false)];
    }
}
