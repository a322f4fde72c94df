using System.Globalization;
using Iml4e.Assessment.Adversarial.Configuration;
using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Inference;
using Iml4e.Inference.Images;
using Iml4e.Reporting.Images;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>Draws samples for the report.</summary>
internal static class Pictures
{
    private const int LeastSide = 140;
    private const int SmallSide = 64;
    private const float Magnified = 16;
    private static readonly ClassList Unnamed = new(0, []);

    /// <summary>Whether images of this shape are written without loss.</summary>
    internal static bool IsSmall(ImageShape shape) => Math.Min(shape.Height, shape.Width) < SmallSide;

    /// <summary>An image as the report shows it, as a file; small ones are magnified.</summary>
    /// <param name="codec">Encodes it.</param>
    /// <param name="image">Values in [0,1], channel by channel.</param>
    /// <param name="shape">Its shape.</param>
    internal static byte[] Draw(ImageCodec codec, ReadOnlySpan<float> image, ImageShape shape)
    {
        var zoom = Zoom(shape);
        var (height, width) = (shape.Height * zoom, shape.Width * zoom);
        var pixels = new byte[3 * height * width];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                for (var c = 0; c < 3; c++)
                {
                    var value = image[Math.Min(c, shape.Channels - 1) * shape.Plane + y / zoom * shape.Width + x / zoom];
                    pixels[3 * (y * width + x) + c] = (byte)Math.Clamp(MathF.Round(value * 255), 0, 255);
                }
            }
        }

        var tensor = new Tensor("image", TensorDatatype.UInt8, [height, width, 3], pixels);
        return IsSmall(shape) ? codec.EncodePng(tensor) : codec.EncodeJpeg(tensor);
    }

    /// <summary>What was found in an image, as it is drawn over its picture.</summary>
    /// <param name="found">Boxes in pixels of the image.</param>
    /// <param name="shape">The image's shape.</param>
    /// <param name="classes">What the classes are called.</param>
    /// <param name="series">Number of the colour.</param>
    internal static IReadOnlyList<BoxMark> Marks(IEnumerable<DetectedObject> found, ImageShape shape, ClassList? classes, int series)
    {
        var zoom = Zoom(shape);
        return [.. found.Select(f => new BoxMark(
            f.Box.X1 * zoom, f.Box.Y1 * zoom, Math.Max(0, f.Box.X2 - f.Box.X1) * zoom, Math.Max(0, f.Box.Y2 - f.Box.Y1) * zoom,
            string.Create(CultureInfo.InvariantCulture, $"{(classes ?? Unnamed).Of(f.Class)} {f.Score:0.00}"))
        {
            Series = series,
        })];
    }

    /// <summary>The change between two images, sixteen times as strong, around grey.</summary>
    internal static float[] Change(ReadOnlySpan<float> clean, ReadOnlySpan<float> attacked)
    {
        var result = new float[clean.Length];
        for (var i = 0; i < result.Length; i++)
            result[i] = Math.Clamp(0.5f + Magnified * (attacked[i] - clean[i]), 0, 1);
        return result;
    }

    private static int Zoom(ImageShape shape) => Math.Max(1, (LeastSide + shape.Height - 1) / shape.Height);
}
