namespace Iml4e.Inference.Images;

/// <summary>How large an image from outside may be; checked on its header, before a pixel is decoded.</summary>
public sealed record ImageLimits
{
    /// <summary>The limits that hold when none are given.</summary>
    public static ImageLimits Default { get; } = new();

    /// <summary>Largest file, in bytes (64 MiB).</summary>
    public int MaximumBytes { get; init; } = 64 << 20;

    /// <summary>Largest width and height, in pixels (16,384).</summary>
    public int MaximumSide { get; init; } = 16_384;

    /// <summary>Most pixels (40 million, 120 MB decoded).</summary>
    public long MaximumPixels { get; init; } = 40_000_000;

    /// <summary>Most scans of a progressive JPEG (64); each costs a pass over all pixels.</summary>
    public int MaximumScans { get; init; } = 64;
}
