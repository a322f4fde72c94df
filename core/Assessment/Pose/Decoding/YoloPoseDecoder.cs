using Iml4e.Assessment.Pose.Coco;
using Iml4e.Inference;

namespace Iml4e.Assessment.Pose.Decoding;

/// <summary>
/// Reads the candidates of a single-stage model (YOLOv8-pose and its kin): box by its middle, scores of classes, and x, y and confidence of each keypoint, all
/// in pixels of the input; what overlaps a surer candidate is dropped.
/// </summary>
/// <param name="keypoints">Keypoints of a pose.</param>
/// <param name="least">Score that candidates need at least.</param>
/// <param name="overlap">Intersection over union with a surer one above which a candidate is dropped.</param>
/// <param name="most">Poses of an image at most.</param>
/// <param name="hasObjectness">Whether a score of its own, which those of the classes are to be multiplied by, stands before them (YOLOv5, YOLOv7).</param>
public sealed class YoloPoseDecoder(int keypoints, double least = .25, double overlap = .65, int most = 100, bool hasObjectness = false)
{
    /// <summary>Decodes one image of a batch.</summary>
    /// <param name="candidates">[N, values, candidates] or [N, candidates, values]; a candidate has 4 + classes + 3 keypoints values.</param>
    /// <param name="image">Which of the batch.</param>
    /// <returns>Poses in the pixels of the input, the surest first.</returns>
    /// <exception cref="ArgumentException">The tensor has another shape.</exception>
    public IReadOnlyList<DecodedPose> Decode(Tensor candidates, int image = 0)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        var first = hasObjectness ? 5 : 4;
        if (candidates.Shape is not [var images, var one, var other] || image < 0 || image >= images || Math.Max(one, other) <= first + (3 * keypoints))
        {
            throw new ArgumentException(
                $"Candidates of {keypoints} keypoints are [N, {first} + classes + {3 * keypoints}, candidates], not [{string.Join(", ", candidates.Shape)}].",
                nameof(candidates));
        }

        // Candidates are many and have few values: whichever dimension is the shorter one, if it can hold a candidate at all.
        var valuesFirst = one > first + (3 * keypoints) && (one <= other || other <= first + (3 * keypoints));
        var (width, count) = valuesFirst ? ((int)one, (int)other) : ((int)other, (int)one);
        var values = candidates.Rows(image, 1).ToDoubles();
        var classes = width - first - (3 * keypoints);
        var found = new List<DecodedPose>();
        for (var c = 0; c < count; c++)
        {
            double score = 0;
            for (var k = 0; k < classes; k++)
                score = Math.Max(score, At(c, first + k));
            if (hasObjectness)
                score *= At(c, 4);
            if (score >= least)
                found.Add(Pose(c, score));
        }

        return Surest(found);

        double At(int candidate, int value) => values[valuesFirst ? (value * count) + candidate : (candidate * width) + value];

        DecodedPose Pose(int candidate, double score)
        {
            var (points, confidences) = (new double[2 * keypoints], new double[keypoints]);
            for (var k = 0; k < keypoints; k++)
            {
                var at = first + classes + (3 * k);
                (points[2 * k], points[(2 * k) + 1], confidences[k]) = (At(candidate, at), At(candidate, at + 1), At(candidate, at + 2));
            }

            var (x, y, w, h) = (At(candidate, 0), At(candidate, 1), At(candidate, 2), At(candidate, 3));
            return new DecodedPose(points, confidences) { Score = score, Box = new BoundingBox(x - (w / 2), y - (h / 2), w, h) };
        }
    }

    private List<DecodedPose> Surest(List<DecodedPose> found)
    {
        var kept = new List<DecodedPose>();
        foreach (var pose in found.OrderByDescending(p => p.Score))
        {
            if (kept.Count == most)
                break;
            if (kept.All(k => !(k.Box!.Value.Iou(pose.Box!.Value) > overlap)))
                kept.Add(pose);
        }

        return kept;
    }
}
