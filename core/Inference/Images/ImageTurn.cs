using System.Buffers.Binary;

namespace Iml4e.Inference.Images;

/// <summary>The turn, or the mirror, that makes an image upright: what a camera that was not held upright has noted in the file (EXIF orientation).</summary>
/// <param name="Note">1 = upright as it is, 2 to 8 = as EXIF has them: 3 upside down, 6 and 8 on a side;
/// even numbers below 5 and odd ones from 5 are mirrored.</param>
public readonly record struct ImageTurn(int Note)
{
    private const int Tag = 0x0112;
    private const int ShortType = 3;
    private const int EntryLength = 12;

    /// <summary>No turn.</summary>
    public static ImageTurn None { get; } = new(1);

    /// <summary>Whether the image is upright as it is.</summary>
    public bool IsNone => Note is < 2 or > 8;

    private bool IsOnItsSide => Note is >= 5 and <= 8;

    /// <summary>The turn that is noted in a JPEG; none where nothing is noted, or nothing that can be read.</summary>
    public static ImageTurn Of(ReadOnlySpan<byte> jpeg)
    {
        if (jpeg is not [0xff, 0xd8, ..])
            return None;
        for (var rest = jpeg[2..]; rest is [0xff, not (0xda or 0xd9), _, _, ..];)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            if (length < 2 || rest.Length < 2 + length)
                return None;
            var body = rest.Slice(4, length - 2);
            if (rest[1] == 0xe1 && body.StartsWith("Exif\0\0"u8))
                return OfTiff(body[6..]);
            rest = rest[(2 + length)..];
        }

        return None;
    }

    /// <summary>The image, made upright.</summary>
    /// <param name="image">UINT8 [H,W,3], as it is stored.</param>
    public Tensor Upright(Tensor image)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (IsNone)
            return image;
        var (height, width) = ((int)image.Shape[0], (int)image.Shape[1]);
        var (high, wide) = IsOnItsSide ? (width, height) : (height, width);
        var source = image.Data.Span;
        var pixels = new byte[source.Length];
        for (var y = 0; y < high; y++)
        {
            for (var x = 0; x < wide; x++)
            {
                // The middles of pixels, so that edges fall on edges.
                var (fromX, fromY) = Back(x + .5, y + .5, width, height);
                source.Slice(3 * (((int)fromY * width) + (int)fromX), 3).CopyTo(pixels.AsSpan(3 * ((y * wide) + x)));
            }
        }

        return new Tensor(image.Name, TensorDatatype.UInt8, [high, wide, 3], pixels);
    }

    /// <summary>Where a place of the upright image is in the stored one.</summary>
    /// <param name="x">From the left, pixels.</param>
    /// <param name="y">From the top.</param>
    /// <param name="width">Of the stored image.</param>
    /// <param name="height">Of the stored image.</param>
    public (double X, double Y) Back(double x, double y, int width, int height) => Note switch
    {
        2 => (width - x, y),
        3 => (width - x, height - y),
        4 => (x, height - y),
        5 => (y, x),
        6 => (y, height - x),
        7 => (width - y, height - x),
        8 => (width - y, x),
        _ => (x, y),
    };

    private static ImageTurn OfTiff(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < 8 || !(tiff.StartsWith("II"u8) || tiff.StartsWith("MM"u8)))
            return None;
        var little = tiff[0] == 'I';
        var at = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (at > tiff.Length - 2)
            return None;
        var entries = tiff[((int)at + 2)..];
        for (var left = Short(tiff[(int)at..], little); left > 0 && entries.Length >= EntryLength; left--, entries = entries[EntryLength..])
        {
            if (Short(entries, little) == Tag)
                return Short(entries[2..], little) == ShortType && Short(entries[8..], little) is >= 1 and <= 8 and var note ? new ImageTurn(note) : None;
        }

        return None;
    }

    private static int Short(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
