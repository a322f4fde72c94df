namespace Iml4e.Learning;

/// <summary>Reads a table, whatever it is packed in: what it is, is told by its first bytes and by no name.</summary>
internal static class TableReader
{
    private const int Glimpse = 4096;

    /// <summary>The frame.</summary>
    /// <exception cref="TrainingDataException">Not a table, or over a limit; says where.</exception>
    public static DataFrame Read(Stream stream, TableReadOptions options)
    {
        var start = Start(stream, 2);
        if (!IsGzip(start))
        {
            using var plain = new PrefixedStream(start, stream);
            return ReadPlain(new LimitedStream(plain, options, null), options);
        }
        try
        {
            using var unpacked = new GzipText(start, stream);
            return ReadPlain(new LimitedStream(unpacked, options, () => unpacked.Taken), options);
        }
        catch (InvalidDataException)
        {
            throw new TrainingDataException("data", "the file starts like gzip but is damaged or cut off");
        }
    }

    /// <summary>The media type that a file's first bytes show.</summary>
    public static string MediaType(ReadOnlySpan<byte> start) => IsGzip(start) ? "application/gzip" : IsNdjson(start) ? "application/x-ndjson" : "text/csv";

    private static DataFrame ReadPlain(Stream text, TableReadOptions options)
    {
        var start = Start(text, Glimpse);
        if (start is [0xff, 0xfe, ..] or [0xfe, 0xff, ..])
            throw new TrainingDataException("data", "the file is UTF-16; write it as UTF-8");
        using var whole = new PrefixedStream(start, text);
        var format = options.Format ?? (IsNdjson(start) ? TableFormat.Ndjson : TableFormat.Csv);
        var table = format == TableFormat.Ndjson ? NdjsonParser.Parse(whole, options) : CsvParser.Parse(whole, options);
        return table.ToFrame();
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
