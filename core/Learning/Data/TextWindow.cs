namespace Iml4e.Learning;

/// <summary>
/// A text of which only the part that is being looked at is in memory. What passes is checked to be UTF-8, all of it, also behind a place that is wrong.
/// </summary>
internal sealed class TextWindow(Stream stream)
{
    private static readonly byte[] ByteOrderMark = [0xef, 0xbb, 0xbf];
    private readonly Utf8Check check = new();
    private byte[] buffer = new byte[1 << 16];
    private int start;
    private int end;

    /// <summary>The part that is there.</summary>
    public ReadOnlySpan<byte> Text => buffer.AsSpan(start, end - start);

    /// <summary>Whether nothing comes behind the part that is there.</summary>
    public bool IsLast { get; private set; }

    /// <summary>Whether the text, as far as it has come, holds anything but blanks and line ends.</summary>
    public bool HasContent { get; private set; }

    /// <summary>Drops the first bytes of the part.</summary>
    public void Advance(int count) => start += count;

    /// <summary>Makes the part longer; false at the end of the text.</summary>
    public bool More()
    {
        if (IsLast)
            return false;
        if (start > 0)
        {
            Text.CopyTo(buffer);
            (start, end) = (0, end - start);
        }
        if (end == buffer.Length)
            Array.Resize(ref buffer, buffer.Length * 2);
        var read = stream.Read(buffer.AsSpan(end));
        var added = buffer.AsSpan(end, read);
        check.Take(added);
        HasContent = HasContent || !added.Trim(" \t\r\n"u8).IsEmpty;
        end += read;
        IsLast = read == 0;
        return read > 0;
    }

    /// <summary>Drops a byte order mark.</summary>
    public void SkipByteOrderMark()
    {
        while (Text.Length < ByteOrderMark.Length && More())
        {
        }
        if (Text.StartsWith(ByteOrderMark))
            Advance(ByteOrderMark.Length);
        HasContent = !Text.Trim(" \t\r\n"u8).IsEmpty;
    }

    /// <summary>Reads to the end without keeping anything.</summary>
    public void Drain()
    {
        do
            Advance(Text.Length);
        while (More());
    }

    /// <summary>Refuses what is no UTF-8 text; after the end was reached.</summary>
    public void CheckText() => check.End();
}
