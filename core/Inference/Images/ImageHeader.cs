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
        var header = file.StartsWith(PngSignature) ? ReadPng(file, limits) : file is [0xff, 0xd8, 0xff, ..] ? JpegStructure.Read(file, limits) : null;
        return header ?? throw new InvalidImageException("the file is neither JPEG nor PNG");
    }

    /// <summary>Refuses images without pixels and those beyond the limits.</summary>
    internal static void CheckSize(int width, int height, ImageLimits limits)
    {
        if (width == 0 || height == 0)
            throw new InvalidImageException("the image has no pixels");
        if (width > limits.MaximumSide || height > limits.MaximumSide || (long)width * height > limits.MaximumPixels)
        {
            throw new InvalidImageException(string.Create(
                CultureInfo.InvariantCulture,
                $"the image is {width} x {height} pixels; allowed are {limits.MaximumSide} a side and {limits.MaximumPixels} in all"));
        }
    }

    private static ImageHeader ReadPng(ReadOnlySpan<byte> file, ImageLimits limits)
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
                CheckSize(header.Width, header.Height, limits);
                // The native decoder reads the passes of an interlaced image as if they were its rows, and reports success.
                if (rest[8 + 12] != 0)
                    throw new InvalidImageException("the PNG is interlaced, which is not supported; save it without interlacing");
            }

            if (type.SequenceEqual("IEND"u8))
                return header;
            rest = rest[(12 + (int)length)..];
        }
    }
}
