using Iml4e.Inference;

namespace Iml4e.Assessment.Pose.Decoding;

/// <summary>Reads keypoints that a model gives as coordinates.</summary>
/// <param name="width">Columns of the model's input.</param>
/// <param name="height">Rows of the model's input.</param>
/// <param name="isRelative">Whether coordinates are shares of the input, 0..1, and not pixels.</param>
public sealed class RegressionDecoder(int width, int height, bool isRelative = true)
{
    /// <summary>Decodes a batch.</summary>
    /// <param name="coordinates">[N, keypoints, 2] with x and y, or [N, keypoints, 3] with a confidence behind them.</param>
    /// <returns>Poses in the pixels of the input; without confidences all are 1.</returns>
    /// <exception cref="ArgumentException">The tensor has another shape.</exception>
    public IReadOnlyList<DecodedPose> Decode(Tensor coordinates)
    {
        ArgumentNullException.ThrowIfNull(coordinates);
        if (coordinates.Shape is not [var count, > 0 and var points, 2 or 3])
        {
            throw new ArgumentException(
                $"Coordinates are [N, keypoints, 2 or 3], not [{string.Join(", ", coordinates.Shape)}].", nameof(coordinates));
        }

        var values = coordinates.ToDoubles();
        var size = (int)coordinates.Shape[2];
        var (scaleX, scaleY) = isRelative ? (width, height) : (1, 1);
        return
        [
            .. Enumerable.Range(0, (int)count).Select(n =>
            {
                var (places, confidences) = (new double[2 * points], new double[points]);
                for (var k = 0; k < points; k++)
                {
                    var at = ((n * (int)points) + k) * size;
                    (places[2 * k], places[(2 * k) + 1]) = (values[at] * scaleX, values[at + 1] * scaleY);
                    confidences[k] = size == 3 ? values[at + 2] : 1;
                }

                return new DecodedPose(places, confidences);
            }),
        ];
    }
}
