using System.Buffers.Binary;
using System.IO.Compression;

namespace Iml4e.Reporting.Images;

/// <summary>PNG files, as simple as they may be: grey or colour, eight bits a channel, not transparent, not interlaced.</summary>
internal static class PngFile
{
    private static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Writes one; equal pixels make equal bytes.</summary>
    /// <exception cref="ArgumentException">There are other than 1 or 3 bytes a pixel.</exception>
    public static byte[] Write(ReadOnlySpan<byte> pixels, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        var channels = pixels.Length == (long)width * height ? 1
            : pixels.Length == 3L * width * height ? 3
            : throw new ArgumentException($"{pixels.Length} bytes are no picture of {width} x {height} with 1 or 3 of them a pixel.", nameof(pixels));
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var stride = width * channels;
            var line = new byte[1 + stride];
            // Each pixel less the one above it: photographs pack better than as they are.
            line[0] = 2;
            for (var y = 0; y < height; y++)
            {
                var row = pixels.Slice(y * stride, stride);
                for (var x = 0; x < stride; x++)
                    line[1 + x] = (byte)(row[x] - (y == 0 ? 0 : pixels[((y - 1) * stride) + x]));
                zlib.Write(line);
            }
        }

        using var file = new MemoryStream();
        file.Write(Signature);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, (byte)(channels == 1 ? 0 : 2));
        Chunk(file, "IHDR"u8, header);
        Chunk(file, "IDAT"u8, packed.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>The measures of one and its pixels as they are packed in it: zlib, each line with PNG's filter before it.</summary>
    /// <exception cref="FormatException">It is none of this kind.</exception>
    public static (ImageHeader Header, byte[] Packed) Read(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(Signature))
            throw new FormatException("The file is neither JPEG nor PNG.");
        ImageHeader header = default;
        using var packed = new MemoryStream();
        for (var rest = file[Signature.Length..]; rest.Length >= 12;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length - 12)
                break;
            var type = rest.Slice(4, 4);
            var body = rest.Slice(8, (int)length);
            if (type.SequenceEqual("IHDR"u8) && body.Length == 13)
                header = Header(body);
            else if (type.SequenceEqual("IDAT"u8))
                packed.Write(body);
            else if (type.SequenceEqual("tRNS"u8))
                throw new FormatException("A PNG file of a report is not transparent.");
            rest = rest[(12 + (int)length)..];
        }

        return header.Width > 0 && packed.Length > 0 ? (header, packed.ToArray()) : throw new FormatException("This PNG file has no whole picture.");
    }

    private static ImageHeader Header(ReadOnlySpan<byte> body)
    {
        var header = new ImageHeader(BinaryPrimitives.ReadInt32BigEndian(body), BinaryPrimitives.ReadInt32BigEndian(body[4..]), body[9] == 0 ? 1 : 3);
        return header is { Width: > 0, Height: > 0 } && body[8] == 8 && body[9] is 0 or 2 && body[12] == 0
            ? header
            : throw new FormatException("A PNG file of a report is grey or in three colours, eight bits each, and not interlaced.");
    }

    private static void Chunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> body)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, body.Length);
        file.Write(number);
        file.Write(type);
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, PngChecksum.Of(type, body));
        file.Write(number);
    }
}
