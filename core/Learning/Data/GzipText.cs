using System.IO.Compression;

namespace Iml4e.Learning;

/// <summary>Unpacks gzip, also of several members, and notices when its end is missing.</summary>
/// <remarks>GZipStream takes a file that was cut off for a short one. So a member of our own is put behind the last: only if all before it is whole does
/// what it holds come out at the end, where it is taken off again.</remarks>
internal sealed class GzipText : ForwardStream
{
    private static readonly byte[] Seal = "end of the packed table\0"u8.ToArray();
    private static readonly byte[] SealMember = Pack(Seal);
    private readonly PrefixedStream packed;
    private readonly GZipStream gzip;
    private readonly byte[] window = new byte[1 << 16];
    private int start;
    private int end;
    private bool ended;

    /// <summary>Reads the compressed bytes.</summary>
    public GzipText(ReadOnlyMemory<byte> prefix, Stream rest)
    {
        packed = new PrefixedStream(prefix, rest, SealMember);
        gzip = new GZipStream(packed, CompressionMode.Decompress);
    }

    /// <summary>Compressed bytes taken so far.</summary>
    public long Taken => packed.Taken;

    /// <exception cref="InvalidDataException">Damaged, or cut off.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (!ended && end - start <= Seal.Length)
            Fill();
        var count = Math.Min(buffer.Length, end - start - Seal.Length);
        if (count <= 0)
            return 0;
        window.AsSpan(start, count).CopyTo(buffer);
        start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            gzip.Dispose();
        base.Dispose(disposing);
    }

    private void Fill()
    {
        window.AsSpan(start, end - start).CopyTo(window);
        (start, end) = (0, end - start);
        var read = gzip.Read(window.AsSpan(end));
        end += read;
        ended = read == 0;
        if (ended && !window.AsSpan(start, end - start).SequenceEqual(Seal))
            throw new InvalidDataException("The end is missing.");
    }

    private static byte[] Pack(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return packed.ToArray();
    }
}
