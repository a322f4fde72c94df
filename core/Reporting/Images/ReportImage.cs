namespace Iml4e.Reporting.Images;

/// <summary>A picture, with what is drawn over it.</summary>
public sealed record ReportImage
{
    /// <summary><c>image/jpeg</c> or <c>image/png</c>.</summary>
    public required string MediaType { get; init; }

    /// <summary>Width, pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Height, pixels.</summary>
    public required int Height { get; init; }

    /// <summary>The file.</summary>
    public required byte[] Data { get; init; }

    /// <summary>A line below it; null for none.</summary>
    public string? Caption { get; init; }

    /// <summary>What is to be seen in it, for those who cannot see it; null for the caption.</summary>
    public string? Description { get; init; }

    /// <summary>What is drawn over it, from the back to the front; places in pixels of the picture.</summary>
    public IReadOnlyList<ImageMark> Marks { get; init; } = [];

    /// <summary>A picture of pixels, kept without loss.</summary>
    /// <param name="pixels">Rows from the top, a byte a channel: width x height x 1 for greys, x 3 for red, green, blue.</param>
    /// <param name="width">1 or more.</param>
    /// <param name="height">1 or more.</param>
    /// <exception cref="ArgumentException">There are other than 1 or 3 bytes a pixel.</exception>
    public static ReportImage OfPixels(ReadOnlySpan<byte> pixels, int width, int height) =>
        new() { MediaType = "image/png", Width = width, Height = height, Data = PngFile.Write(pixels, width, height) };

    /// <summary>A picture as it was stored, and turned as it is stored: a turn that the camera noted in it is not made.</summary>
    /// <param name="file">JPEG in grey or colour; or PNG without transparency, eight bits a channel, not interlaced.</param>
    /// <exception cref="FormatException">It is neither.</exception>
    public static ReportImage OfFile(byte[] file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var (type, header) = JpegFile.Is(file) ? ("image/jpeg", JpegFile.Read(file)) : ("image/png", PngFile.Read(file).Header);
        return new ReportImage { MediaType = type, Width = header.Width, Height = header.Height, Data = file };
    }
}
