using Iml4e.Inference;

namespace Iml4e.Assessment.Pose.Decoding;

/// <summary>
/// Finds keypoints in heat maps, one for each keypoint. Cells are where the model puts them: cell i is at i times the stride, in the continuous coordinates of
/// <see cref="InputPlacement"/> half a pixel further (HRNet, mmpose).
/// </summary>
/// <param name="width">Columns of the model's input.</param>
/// <param name="height">Rows of the model's input.</param>
/// <param name="subPixel">How maxima are found more exactly.</param>
/// <param name="mirror">For the flip test: of each keypoint the one on the other side.</param>
/// <param name="shiftFlipped">For the flip test: whether the mirrored maps are moved a column, as models want it whose cells are at i times the stride.</param>
public sealed class HeatMapDecoder(int width, int height, SubPixel subPixel = SubPixel.Quarter, IReadOnlyList<int>? mirror = null, bool shiftFlipped = true)
{
    // What lies below says nothing in a logarithm.
    private const double Floor = 1e-10;

    /// <summary>Decodes a batch.</summary>
    /// <param name="maps">[N, keypoints, rows, columns].</param>
    /// <param name="flipped">The maps of the same inputs mirrored left to right; null = there are none.</param>
    /// <returns>Poses in the pixels of the input; the confidence of a keypoint is the height of its maximum.</returns>
    /// <exception cref="ArgumentException">The tensors have other shapes, or there is no mirror for the flip test.</exception>
    public IReadOnlyList<DecodedPose> Decode(Tensor maps, Tensor? flipped = null)
    {
        ArgumentNullException.ThrowIfNull(maps);
        if (maps.Shape is not [var rows, > 0 and var points, > 0 and var mapHeight, > 0 and var mapWidth])
            throw new ArgumentException($"Heat maps are [N, keypoints, rows, columns], not [{string.Join(", ", maps.Shape)}].", nameof(maps));
        var values = maps.ToDoubles();
        if (flipped is not null)
            Average(values, flipped, maps.Shape);
        var area = (int)(mapHeight * mapWidth);
        var size = (int)points * area;
        return [.. Enumerable.Range(0, (int)rows).Select(n => Decode(values.AsSpan(n * size, size), (int)mapHeight, (int)mapWidth))];
    }

    private void Average(double[] values, Tensor flipped, long[] shape)
    {
        if (!flipped.Shape.SequenceEqual(shape) || mirror is null || mirror.Count != shape[1])
            throw new ArgumentException("The flip test needs maps of the same shape and the other side of each keypoint.", nameof(flipped));
        var other = flipped.ToDoubles();
        var (points, mapHeight, mapWidth) = ((int)shape[1], (int)shape[2], (int)shape[3]);
        var sum = new double[values.Length];
        for (var row = 0; row < values.Length / mapWidth; row++)
        {
            var (n, k, y) = (row / mapHeight / points, row / mapHeight % points, row % mapHeight);
            var from = ((((n * points) + mirror[k]) * mapHeight) + y) * mapWidth;
            for (var x = 0; x < mapWidth; x++)
            {
                // Moved a column to the right; the first one stays.
                var column = shiftFlipped && x > 0 ? x - 1 : x;
                sum[(row * mapWidth) + x] = (values[(row * mapWidth) + x] + other[from + mapWidth - 1 - column]) / 2;
            }
        }

        sum.CopyTo(values, 0);
    }

    private DecodedPose Decode(ReadOnlySpan<double> maps, int mapHeight, int mapWidth)
    {
        var points = maps.Length / mapHeight / mapWidth;
        var (places, confidences) = (new double[2 * points], new double[points]);
        for (var k = 0; k < points; k++)
        {
            var map = maps.Slice(k * mapHeight * mapWidth, mapHeight * mapWidth);
            var best = 0;
            for (var i = 1; i < map.Length; i++)
            {
                if (map[i] > map[best])
                    best = i;
            }

            var (dx, dy) = Offset(map, best % mapWidth, best / mapWidth, mapWidth, mapHeight);
            places[2 * k] = (((best % mapWidth) + dx) * width / mapWidth) + .5;
            places[(2 * k) + 1] = (((best / mapWidth) + dy) * height / mapHeight) + .5;
            confidences[k] = map[best];
        }

        return new DecodedPose(places, confidences);
    }

    private (double X, double Y) Offset(ReadOnlySpan<double> map, int x, int y, int mapWidth, int mapHeight)
    {
        if (subPixel == SubPixel.None || x == 0 || y == 0 || x == mapWidth - 1 || y == mapHeight - 1)
            return (0, 0);
        var at = (y * mapWidth) + x;
        if (subPixel == SubPixel.Quarter)
            return (.25 * Math.Sign(map[at + 1] - map[at - 1]), .25 * Math.Sign(map[at + mapWidth] - map[at - mapWidth]));
        return Newton(map, at, mapWidth);
    }

    private static (double X, double Y) Newton(ReadOnlySpan<double> map, int at, int mapWidth)
    {
        var (centre, left, right) = (Log(map[at]), Log(map[at - 1]), Log(map[at + 1]));
        var (above, below) = (Log(map[at - mapWidth]), Log(map[at + mapWidth]));
        double dx = (right - left) / 2, dy = (below - above) / 2, dxx = right - (2 * centre) + left, dyy = below - (2 * centre) + above;
        var dxy = (Log(map[at + mapWidth + 1]) - Log(map[at + mapWidth - 1]) - Log(map[at - mapWidth + 1]) + Log(map[at - mapWidth - 1])) / 4;
        var determinant = (dxx * dyy) - (dxy * dxy);
        // Where the logarithm is no peak the step would lead away from it.
        if (!(determinant > 0 && dxx < 0))
            return (0, 0);
        var (x, y) = (-((dyy * dx) - (dxy * dy)) / determinant, -((dxx * dy) - (dxy * dx)) / determinant);
        return Math.Abs(x) <= 1 && Math.Abs(y) <= 1 ? (x, y) : (0, 0);
    }

    private static double Log(double value) => Math.Log(Math.Max(value, Floor));
}
