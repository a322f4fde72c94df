namespace Iml4e.Inference.Images;

/// <summary>The image formats that can be read and written.</summary>
public enum ImageFormat
{
    /// <summary>JPEG: lossy.</summary>
    Jpeg,

    /// <summary>PNG: lossless.</summary>
    Png,
}
