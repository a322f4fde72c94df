using Iml4e.Inference;

namespace Iml4e.Assessment.Pose.Decoding;

/// <summary>
/// Finds keypoints in two classifications, one of columns and one of rows, each pixel split in several classes (SimCC, Li et al., ECCV 2022; RTMPose).
/// </summary>
/// <param name="split">Classes of a pixel; 2 in RTMPose.</param>
/// <param name="mirror">For the flip test: of each keypoint the one on the other side.</param>
public sealed class SimCcDecoder(double split = 2, IReadOnlyList<int>? mirror = null)
{
    /// <summary>Decodes a batch.</summary>
    /// <param name="columns">[N, keypoints, columns of the input times the split].</param>
    /// <param name="rows">[N, keypoints, rows of the input times the split].</param>
    /// <param name="flipped">Both of the same inputs mirrored left to right; null = there are none.</param>
    /// <returns>Poses in the pixels of the input; the confidence of a keypoint is the lower one of both maxima.</returns>
    /// <exception cref="ArgumentException">The tensors have other shapes, or there is no mirror for the flip test.</exception>
    public IReadOnlyList<DecodedPose> Decode(Tensor columns, Tensor rows, (Tensor Columns, Tensor Rows)? flipped = null)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(rows);
        if (columns.Shape is not [var count, > 0 and var points, > 0] || rows.Shape is not [_, _, > 0] || rows.Shape[0] != count || rows.Shape[1] != points)
        {
            throw new ArgumentException(
                $"Columns and rows are [N, keypoints, classes], not [{string.Join(", ", columns.Shape)}] and [{string.Join(", ", rows.Shape)}].",
                nameof(columns));
        }

        var (xs, ys) = (columns.ToDoubles(), rows.ToDoubles());
        if (flipped is var (flippedColumns, flippedRows))
        {
            Average(xs, flippedColumns, columns, true);
            Average(ys, flippedRows, rows, false);
        }

        var (across, down) = ((xs, (int)columns.Shape[2]), (ys, (int)rows.Shape[2]));
        return [.. Enumerable.Range(0, (int)count).Select(n => Decode(n, (int)points, across, down))];
    }

    private void Average(double[] values, Tensor flipped, Tensor own, bool reversed)
    {
        if (!flipped.Shape.SequenceEqual(own.Shape) || mirror is null || mirror.Count != own.Shape[1])
            throw new ArgumentException("The flip test needs outputs of the same shape and the other side of each keypoint.", nameof(flipped));
        var other = flipped.ToDoubles();
        var (points, classes) = (mirror.Count, (int)own.Shape[2]);
        for (var row = 0; row < values.Length / classes; row++)
        {
            var from = ((row / points * points) + mirror[row % points]) * classes;
            for (var c = 0; c < classes; c++)
                values[(row * classes) + c] = (values[(row * classes) + c] + other[from + (reversed ? classes - 1 - c : c)]) / 2;
        }
    }

    private DecodedPose Decode(int pose, int points, (double[] Values, int Classes) columns, (double[] Values, int Classes) rows)
    {
        var (places, confidences) = (new double[2 * points], new double[points]);
        for (var k = 0; k < points; k++)
        {
            var (x, sureX) = Highest(columns.Values, (pose * points) + k, columns.Classes);
            var (y, sureY) = Highest(rows.Values, (pose * points) + k, rows.Classes);
            (places[2 * k], places[(2 * k) + 1], confidences[k]) = ((x / split) + .5, (y / split) + .5, Math.Min(sureX, sureY));
        }

        return new DecodedPose(places, confidences);
    }

    private static (int Class, double Value) Highest(double[] values, int row, int classes)
    {
        var best = row * classes;
        for (var i = best + 1; i < (row + 1) * classes; i++)
        {
            if (values[i] > values[best])
                best = i;
        }

        return (best - (row * classes), values[best]);
    }
}
