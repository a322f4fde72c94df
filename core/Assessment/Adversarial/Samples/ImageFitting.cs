using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Inference;

namespace Iml4e.Assessment.Adversarial.Samples;

/// <summary>Brings images to a model's size (bilinear, pixel centres), and boxes with them.</summary>
/// <param name="ScaleX">Pixels of the result for one of the image, across.</param>
/// <param name="ScaleY">The same, down.</param>
/// <param name="OffsetX">Left border.</param>
/// <param name="OffsetY">Upper border.</param>
public sealed record ImageFitting(double ScaleX, double ScaleY, double OffsetX, double OffsetY)
{
    /// <summary>How an image is fitted.</summary>
    /// <param name="height">Its rows.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="shape">The size wanted.</param>
    /// <param name="mode">How.</param>
    /// <exception cref="UnattackableModelException">It has another size and must not be resized.</exception>
    public static ImageFitting For(int height, int width, ImageShape shape, ResizeMode mode)
    {
        if (height == shape.Height && width == shape.Width)
            return new ImageFitting(1, 1, 0, 0);
        if (mode == ResizeMode.None)
            throw new UnattackableModelException(
                $"an image is {width} x {height} and the model takes {shape.Width} x {shape.Height}; set preprocess.resize to stretch or letterbox");
        var (sx, sy) = ((double)shape.Width / width, (double)shape.Height / height);
        if (mode == ResizeMode.Stretch)
            return new ImageFitting(sx, sy, 0, 0);
        var scale = Math.Min(sx, sy);
        return new ImageFitting(scale, scale, (shape.Width - width * scale) / 2, (shape.Height - height * scale) / 2);
    }

    /// <summary>A box of the image in the fitted image.</summary>
    public Box Map(Box box) => new(box.X1 * ScaleX + OffsetX, box.Y1 * ScaleY + OffsetY, box.X2 * ScaleX + OffsetX, box.Y2 * ScaleY + OffsetY);

    /// <summary>A box of the fitted image in the image.</summary>
    public Box Back(Box box) => new((box.X1 - OffsetX) / ScaleX, (box.Y1 - OffsetY) / ScaleY, (box.X2 - OffsetX) / ScaleX, (box.Y2 - OffsetY) / ScaleY);

    /// <summary>Fits decoded pixels.</summary>
    /// <param name="image">UINT8 [H,W,3], RGB.</param>
    /// <param name="shape">The size wanted; one channel takes the brightness.</param>
    /// <param name="pad">Byte value of borders.</param>
    /// <returns>Values in [0,1], channel by channel.</returns>
    public float[] Apply(Tensor image, ImageShape shape, double pad)
    {
        ArgumentNullException.ThrowIfNull(image);
        var (height, width) = ((int)image.Shape[0], (int)image.Shape[1]);
        var planes = new float[3 * height * width];
        var bytes = image.Data.Span;
        for (var i = 0; i < height * width; i++)
        {
            for (var c = 0; c < 3; c++)
                planes[c * height * width + i] = bytes[3 * i + c] / 255f;
        }

        if (shape.Channels == 3)
            return Apply(planes, new ImageShape(3, height, width), shape, pad);
        var plane = height * width;
        for (var i = 0; i < plane; i++)
            planes[i] = 0.299f * planes[i] + 0.587f * planes[plane + i] + 0.114f * planes[2 * plane + i];
        return Apply(planes.AsSpan(0, plane), new ImageShape(1, height, width), shape, pad);
    }

    /// <summary>Fits values.</summary>
    /// <param name="image">Values in [0,1], channel by channel.</param>
    /// <param name="from">Their shape.</param>
    /// <param name="to">The size wanted.</param>
    /// <param name="pad">Byte value of borders.</param>
    public float[] Apply(ReadOnlySpan<float> image, ImageShape from, ImageShape to, double pad)
    {
        if (from == to)
            return image.ToArray();
        if (from.Channels != to.Channels)
            throw new UnattackableModelException($"an image has {from.Channels} channels and the model takes {to.Channels}");
        var result = new float[to.Size];
        result.AsSpan().Fill((float)(pad / 255));
        for (var y = 0; y < to.Height; y++)
        {
            var sy = (y + 0.5 - OffsetY) / ScaleY;
            if (sy < 0 || sy > from.Height)
                continue;
            var (y0, y1, fy) = Place(sy, from.Height);
            for (var x = 0; x < to.Width; x++)
            {
                var sx = (x + 0.5 - OffsetX) / ScaleX;
                if (sx < 0 || sx > from.Width)
                    continue;
                var (x0, x1, fx) = Place(sx, from.Width);
                for (var c = 0; c < to.Channels; c++)
                {
                    var plane = image.Slice(c * from.Plane, from.Plane);
                    var above = plane[y0 * from.Width + x0] * (1 - fx) + plane[y0 * from.Width + x1] * fx;
                    var below = plane[y1 * from.Width + x0] * (1 - fx) + plane[y1 * from.Width + x1] * fx;
                    result[c * to.Plane + y * to.Width + x] = above * (1 - fy) + below * fy;
                }
            }
        }

        return result;
    }

    private static (int First, int Second, float Fraction) Place(double at, int size)
    {
        var position = Math.Clamp(at - 0.5, 0, size - 1);
        var first = (int)position;
        return (first, Math.Min(first + 1, size - 1), (float)(position - first));
    }
}
