using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>
/// An image shrunk (bilinear, pixel centres) and set into zeros of its own size; the default leaves it alone. Linear, so its adjoint is
/// exact.
/// </summary>
internal readonly record struct DiverseTransform(int Height, int Width, int Top, int Left)
{
    /// <summary>Transforms an image in place.</summary>
    internal void Apply(Span<float> image, ImageShape shape)
    {
        if (Height == 0)
            return;
        var source = image.ToArray();
        image.Clear();
        for (var y = 0; y < Height; y++)
        {
            var (y0, y1, fy) = Place(y, Height, shape.Height);
            for (var x = 0; x < Width; x++)
            {
                var (x0, x1, fx) = Place(x, Width, shape.Width);
                for (var c = 0; c < shape.Channels; c++)
                {
                    var plane = source.AsSpan(c * shape.Plane, shape.Plane);
                    var above = plane[y0 * shape.Width + x0] * (1 - fx) + plane[y0 * shape.Width + x1] * fx;
                    var below = plane[y1 * shape.Width + x0] * (1 - fx) + plane[y1 * shape.Width + x1] * fx;
                    image[c * shape.Plane + (Top + y) * shape.Width + Left + x] = above * (1 - fy) + below * fy;
                }
            }
        }
    }

    /// <summary>Turns a gradient for the transformed image into that for the image, in place.</summary>
    internal void PullBack(Span<float> gradient, ImageShape shape)
    {
        if (Height == 0)
            return;
        var source = gradient.ToArray();
        gradient.Clear();
        for (var y = 0; y < Height; y++)
        {
            var (y0, y1, fy) = Place(y, Height, shape.Height);
            for (var x = 0; x < Width; x++)
            {
                var (x0, x1, fx) = Place(x, Width, shape.Width);
                for (var c = 0; c < shape.Channels; c++)
                {
                    var plane = gradient.Slice(c * shape.Plane, shape.Plane);
                    var g = source[c * shape.Plane + (Top + y) * shape.Width + Left + x];
                    plane[y0 * shape.Width + x0] += g * (1 - fy) * (1 - fx);
                    plane[y0 * shape.Width + x1] += g * (1 - fy) * fx;
                    plane[y1 * shape.Width + x0] += g * fy * (1 - fx);
                    plane[y1 * shape.Width + x1] += g * fy * fx;
                }
            }
        }
    }

    private static (int First, int Second, float Fraction) Place(int at, int size, int full)
    {
        var position = Math.Clamp((at + 0.5f) * full / size - 0.5f, 0, full - 1);
        var first = (int)position;
        return (first, Math.Min(first + 1, full - 1), position - first);
    }
}
