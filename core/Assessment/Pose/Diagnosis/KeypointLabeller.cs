using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>
/// Tells what became of each labelled keypoint of the objects that were found: it is held against the keypoints of its own object, of all others in the image,
/// and of all of them in a mirror, and the most similar one tells (Ronchi and Perona, "Benchmarking and Error Diagnosis in Multi-Instance Pose Estimation",
/// ICCV 2017).
/// </summary>
/// <param name="set">The ground truth.</param>
internal sealed class KeypointLabeller(PoseSet set)
{
    /// <summary>From here on a detection is of an object, however bad it is.</summary>
    public const double Found = .1;

    /// <summary>From here on a keypoint is good.</summary>
    public const double Good = .85;

    /// <summary>From here on a keypoint is near another.</summary>
    public const double Near = .5;

    private const double Epsilon = 2.220446049250313e-16;

    /// <summary>Labels all detections that have an annotation with labelled keypoints.</summary>
    public LabelledPose[] Label(Poses poses, PoseMatcher matcher)
    {
        var matches = matcher.Match(poses, [Found]);
        var labelled = new LabelledPose[matches.Length][];
        matcher.Each(g =>
        {
            var (group, match) = (set.Groups[g], matches[g]);
            var found = new LabelledPose?[group.Count];
            for (var rank = 0; rank < group.Count; rank++)
            {
                var place = match.Ranked[rank];
                if (match.Match(0, rank) is var annotation and >= 0 && HasLabels(group.Truth[annotation]))
                    found[place] = Label(group.First + place, group.Annotations[annotation], poses, set.ByImage[group.Image]);
            }

            labelled[g] = [.. found.OfType<LabelledPose>()];
        });
        return [.. labelled.SelectMany(l => l)];
    }

    private static bool HasLabels(CocoAnnotation annotation)
    {
        var points = annotation.Keypoints.Span;
        for (var i = 2; i < points.Length && annotation.LabelledKeypoints > 0; i += 3)
        {
            if (points[i] > 0)
                return true;
        }

        return false;
    }

    private LabelledPose Label(int detection, int annotation, Poses poses, int[] image)
    {
        var (mirror, variances) = (set.Skeleton.Mirror, set.Skeleton.Variances);
        int[] candidates = [annotation, .. image.Where(a => a != annotation)];
        var found = poses.Keypoints[detection].Span;
        var truth = set.Truth.Annotations[annotation].Keypoints.Span;
        var labels = new KeypointLabel[mirror.Count];
        var similarities = new double[mirror.Count];
        for (var i = 0; i < labels.Length; i++)
        {
            if (!(truth[(3 * i) + 2] > 0))
                continue;
            var (best, winner) = (-1.0, 0);
            for (var row = 0; row < 2 * candidates.Length; row++)
            {
                var candidate = set.Truth.Annotations[candidates[row % candidates.Length]];
                var point = row < candidates.Length ? i : mirror[i];
                var at = candidate.Keypoints.Span.Slice(3 * point, 3);
                if (!(at[2] > 0))
                    continue;
                double dx = found[2 * i] - at[0], dy = found[(2 * i) + 1] - at[1];
                var similarity = Math.Exp(-(((dx * dx) + (dy * dy)) / variances[i] / (candidate.Area + Epsilon) / 2));
                if (similarity > best)
                    (best, winner) = (similarity, row);
            }

            similarities[i] = best;
            labels[i] = best < Near ? KeypointLabel.Miss
                : winner == 0 ? best >= Good ? KeypointLabel.Good : KeypointLabel.Jitter
                : winner == candidates.Length ? KeypointLabel.Inversion
                : KeypointLabel.Swap;
        }

        return new LabelledPose(detection, annotation, labels, similarities);
    }
}
