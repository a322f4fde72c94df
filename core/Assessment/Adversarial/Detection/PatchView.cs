using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>
/// One draw of how an image is seen: cropped and brought back to its size (bilinear), turned by quarters, brighter or darker. Linear, with exact
/// adjoint.
/// </summary>
internal readonly record struct PatchView(int Top, int Bottom, int Left, int Right, int Quarters, float Brightness)
{
    /// <summary>The view of an image.</summary>
    internal void Apply(ReadOnlySpan<float> image, Span<float> view, ImageShape shape)
    {
        for (var y = 0; y < shape.Height; y++)
        {
            for (var x = 0; x < shape.Width; x++)
            {
                var (row, column) = Turned(y, x, shape);
                var (y0, y1, fy) = Place(row, Top, shape.Height - Top - Bottom, shape.Height);
                var (x0, x1, fx) = Place(column, Left, shape.Width - Left - Right, shape.Width);
                for (var c = 0; c < shape.Channels; c++)
                {
                    var plane = image.Slice(c * shape.Plane, shape.Plane);
                    var above = plane[y0 * shape.Width + x0] * (1 - fx) + plane[y0 * shape.Width + x1] * fx;
                    var below = plane[y1 * shape.Width + x0] * (1 - fx) + plane[y1 * shape.Width + x1] * fx;
                    view[c * shape.Plane + y * shape.Width + x] = Brightness * (above * (1 - fy) + below * fy);
                }
            }
        }
    }

    /// <summary>Adds the gradient for the image to a sum, from that for its view.</summary>
    internal void PullBack(ReadOnlySpan<float> view, Span<float> sum, ImageShape shape)
    {
        for (var y = 0; y < shape.Height; y++)
        {
            for (var x = 0; x < shape.Width; x++)
            {
                var (row, column) = Turned(y, x, shape);
                var (y0, y1, fy) = Place(row, Top, shape.Height - Top - Bottom, shape.Height);
                var (x0, x1, fx) = Place(column, Left, shape.Width - Left - Right, shape.Width);
                for (var c = 0; c < shape.Channels; c++)
                {
                    var plane = sum.Slice(c * shape.Plane, shape.Plane);
                    var g = Brightness * view[c * shape.Plane + y * shape.Width + x];
                    plane[y0 * shape.Width + x0] += g * (1 - fy) * (1 - fx);
                    plane[y0 * shape.Width + x1] += g * (1 - fy) * fx;
                    plane[y1 * shape.Width + x0] += g * fy * (1 - fx);
                    plane[y1 * shape.Width + x1] += g * fy * fx;
                }
            }
        }
    }

    // Where a pixel of the view comes from, before the cropping; quarters turn counter-clockwise.
    private (int Row, int Column) Turned(int y, int x, ImageShape shape) => Quarters switch
    {
        1 => (x, shape.Width - 1 - y),
        2 => (shape.Height - 1 - y, shape.Width - 1 - x),
        3 => (shape.Height - 1 - x, y),
        _ => (y, x),
    };

    private static (int First, int Second, float Fraction) Place(int at, int start, int size, int full)
    {
        if (size == full)
            return (at, at, 0);
        var position = Math.Clamp((at + 0.5f) * size / full - 0.5f, 0, size - 1);
        var first = (int)position;
        return (start + first, start + Math.Min(first + 1, size - 1), position - first);
    }
}
