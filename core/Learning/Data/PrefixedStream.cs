namespace Iml4e.Learning;

/// <summary>
/// A stream with the bytes put back that were read to look at them, and with some of our own behind its end. Does not own what it reads from.
/// </summary>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest, ReadOnlyMemory<byte> suffix = default) : ForwardStream
{
    private ReadOnlyMemory<byte> prefix = prefix;
    private ReadOnlyMemory<byte> suffix = suffix;

    /// <summary>Bytes read so far, prefix and suffix among them.</summary>
    public long Taken { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        var count = prefix.IsEmpty ? rest.Read(buffer) : Copy(ref prefix, buffer);
        if (count == 0 && !buffer.IsEmpty)
            count = Copy(ref suffix, buffer);
        Taken += count;
        return count;
    }

    private static int Copy(ref ReadOnlyMemory<byte> from, Span<byte> buffer)
    {
        var count = Math.Min(from.Length, buffer.Length);
        from.Span[..count].CopyTo(buffer);
        from = from[count..];
        return count;
    }
}
