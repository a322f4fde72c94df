using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Inference;

namespace Iml4e.Assessment.Pose.Decoding;

/// <summary>
/// The place of an image in a model's input: a letterbox holds all of it, a crop a box of it; both are affine, with one scale for both directions. Coordinates
/// are continuous: the first pixel reaches from 0 to 1.
/// </summary>
/// <param name="Scale">Pixels of the input for one of the image.</param>
/// <param name="OffsetX">Where the image's left edge lies in the input.</param>
/// <param name="OffsetY">Where its upper edge lies.</param>
/// <param name="Width">Columns of the input.</param>
/// <param name="Height">Rows of the input.</param>
public sealed record InputPlacement(double Scale, double OffsetX, double OffsetY, int Width, int Height)
{
    /// <summary>What people's boxes are enlarged by unless it is said otherwise.</summary>
    public const double UsualEnlargement = 1.25;

    /// <summary>The whole image, in the middle of the input.</summary>
    public static InputPlacement Letterbox(int imageWidth, int imageHeight, int width, int height)
    {
        RequireSizes(imageWidth, imageHeight, width, height);
        var scale = Math.Min((double)width / imageWidth, (double)height / imageHeight);
        return new InputPlacement(scale, (width - (imageWidth * scale)) / 2, (height - (imageHeight * scale)) / 2, width, height);
    }

    /// <summary>A box of the image, made as wide or as high as the input's aspect wants it, and larger, around its middle.</summary>
    /// <param name="box">With a width and a height above 0.</param>
    /// <param name="width">Columns of the input.</param>
    /// <param name="height">Rows of the input.</param>
    /// <param name="enlargement">What it is enlarged by, 1 or more.</param>
    /// <exception cref="ArgumentException">The box is empty or the enlargement below 1.</exception>
    public static InputPlacement Crop(BoundingBox box, int width, int height, double enlargement = UsualEnlargement)
    {
        RequireSizes(1, 1, width, height);
        if (!(box.Width > 0 && box.Height > 0))
            throw new ArgumentException($"A box of {box.Width} x {box.Height} pixels cannot be cropped.", nameof(box));
        if (!(enlargement >= 1 && double.IsFinite(enlargement)))
            throw new ArgumentException("A box is enlarged by 1 or more.", nameof(enlargement));
        var scale = Math.Min(width / box.Width, height / box.Height) / enlargement;
        return new InputPlacement(
            scale, (width / 2.0) - (scale * (box.X + (box.Width / 2))), (height / 2.0) - (scale * (box.Y + (box.Height / 2))), width, height);
    }

    /// <summary>A place of the image in the input.</summary>
    public (double X, double Y) ToInput(double x, double y) => ((x * Scale) + OffsetX, (y * Scale) + OffsetY);

    /// <summary>A place of the input in the image.</summary>
    public (double X, double Y) ToImage(double x, double y) => ((x - OffsetX) / Scale, (y - OffsetY) / Scale);

    /// <summary>The pixels of the input.</summary>
    /// <param name="image">UINT8 [H,W,3], RGB.</param>
    /// <param name="pad">Byte value of what lies outside the image.</param>
    /// <returns>Values in [0,1], channel by channel, bilinear.</returns>
    public float[] Apply(Tensor image, double pad) =>
        new ImageFitting(Scale, Scale, OffsetX, OffsetY).Apply(image, new ImageShape(3, Height, Width), pad);

    private static void RequireSizes(params ReadOnlySpan<int> sizes)
    {
        foreach (var size in sizes)
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
    }
}
