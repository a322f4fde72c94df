using System.Buffers.Binary;
using System.Globalization;

namespace Iml4e.Inference.Images;

/// <summary>Format and size of an image, read from its structure alone.</summary>
/// <param name="Format">JPEG or PNG.</param>
/// <param name="Width">Pixels a row.</param>
/// <param name="Height">Rows.</param>
public sealed record ImageHeader(ImageFormat Format, int Width, int Height)
{
    private static ReadOnlySpan<byte> PngSignature => [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>Walks the file's segments from first to last, so that truncated files, bombs and other formats are refused before a decoder sees them.</summary>
    /// <exception cref="InvalidImageException">Neither JPEG nor PNG, cut off, damaged, or beyond the limits.</exception>
    public static ImageHeader Read(ReadOnlySpan<byte> file, ImageLimits? limits = null)
    {
        limits ??= ImageLimits.Default;
        if (file.Length > limits.MaximumBytes)
            throw new InvalidImageException(string.Create(CultureInfo.InvariantCulture, $"the image has {file.Length} bytes; {limits.MaximumBytes} are allowed"));
        var header = file.StartsWith(PngSignature) ? ReadPng(file) : file is [0xff, 0xd8, 0xff, ..] ? ReadJpeg(file, limits) : null;
        if (header is null)
            throw new InvalidImageException("the file is neither JPEG nor PNG");
        if (header.Width is 0 || header.Height is 0)
            throw new InvalidImageException("the image has no pixels");
        if (header.Width > limits.MaximumSide || header.Height > limits.MaximumSide || (long)header.Width * header.Height > limits.MaximumPixels)
            throw new InvalidImageException(string.Create(
                CultureInfo.InvariantCulture,
                $"the image is {header.Width} x {header.Height} pixels; allowed are {limits.MaximumSide} a side and {limits.MaximumPixels} in all"));
        return header;
    }

    private static ImageHeader ReadPng(ReadOnlySpan<byte> file)
    {
        ImageHeader? header = null;
        for (var rest = file[PngSignature.Length..]; ;)
        {
            // A chunk: length, type, data, checksum.
            if (rest.Length < 12)
                throw new InvalidImageException("the PNG is cut off");
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            var type = rest.Slice(4, 4);
            if (length > (uint)(rest.Length - 12))
                throw new InvalidImageException("the PNG is cut off");
            if (header is null)
            {
                if (!type.SequenceEqual("IHDR"u8) || length != 13)
                    throw new InvalidImageException("the PNG does not begin with its header");
                var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(rest[8..]), BinaryPrimitives.ReadUInt32BigEndian(rest[12..]));
                header = new ImageHeader(ImageFormat.Png, (int)Math.Min(width, int.MaxValue), (int)Math.Min(height, int.MaxValue));
            }

            if (type.SequenceEqual("IEND"u8))
                return header;
            rest = rest[(12 + (int)length)..];
        }
    }

    private static ImageHeader ReadJpeg(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        ImageHeader? header = null;
        var scans = 0;
        var at = 2;
        while (true)
        {
            // Between segments only fill bytes and a marker may stand; after a scan its entropy-coded data come first.
            while (at + 1 < file.Length && !(file[at] == 0xff && file[at + 1] is not (0x00 or 0xff or (>= 0xd0 and <= 0xd7))))
            {
                if (scans == 0 && file[at] != 0xff)
                    throw new InvalidImageException("the JPEG is damaged");
                at++;
            }

            if (at + 1 >= file.Length)
                throw new InvalidImageException("the JPEG is cut off");
            var marker = file[at + 1];
            if (marker == 0xd9)
                return header is not null && scans > 0 ? header : throw new InvalidImageException("the JPEG holds no image");
            if (at + 4 > file.Length)
                throw new InvalidImageException("the JPEG is cut off");
            var length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
            if (length < 2 || at + 2 + length > file.Length)
                throw new InvalidImageException("the JPEG is cut off");
            var frame = marker is >= 0xc0 and <= 0xcf and not (0xc4 or 0xc8 or 0xcc);
            if (frame)
            {
                if (header is not null || length < 8)
                    throw new InvalidImageException("the JPEG is damaged");
                header = new ImageHeader(
                    ImageFormat.Jpeg, BinaryPrimitives.ReadUInt16BigEndian(file[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(file[(at + 5)..]));
            }
            else if (marker == 0xda && ++scans > limits.MaximumScans)
            {
                throw new InvalidImageException(string.Create(CultureInfo.InvariantCulture, $"the JPEG has more than {limits.MaximumScans} scans"));
            }

            at += 2 + length;
        }
    }
}
