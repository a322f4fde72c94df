namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>Puts keypoints with an error where they would be without it.</summary>
/// <param name="set">The ground truth.</param>
/// <param name="distance">How far from the true place that is.</param>
internal sealed class KeypointCorrector(PoseSet set, CorrectionDistance distance)
{
    // A pose of corrected points alone would otherwise lie on a threshold, and rounding would decide.
    private const double Margin = 1e-9;
    private const double Epsilon = 2.220446049250313e-16;

    /// <summary>The poses with the keypoints of some labels corrected.</summary>
    /// <param name="poses">As they are.</param>
    /// <param name="labelled">What is wrong with them.</param>
    /// <param name="labels">Labels that are corrected.</param>
    public Poses Correct(Poses poses, IReadOnlyList<LabelledPose> labelled, params KeypointLabel[] labels)
    {
        var keypoints = poses.Keypoints.ToArray();
        foreach (var pose in labelled)
        {
            if (!pose.Labels.Any(labels.Contains))
                continue;
            var points = keypoints[pose.Detection].ToArray();
            for (var i = 0; i < pose.Labels.Length; i++)
            {
                if (labels.Contains(pose.Labels[i]))
                    (points[2 * i], points[(2 * i) + 1]) = Place(pose, i);
            }

            keypoints[pose.Detection] = points;
        }

        return poses with { Keypoints = keypoints };
    }

    /// <summary>Distance from the true place at which a keypoint has a similarity.</summary>
    /// <param name="similarity">In (0, 1).</param>
    /// <param name="area">Of the annotation, pixels².</param>
    /// <param name="sigma">Of the keypoint.</param>
    /// <param name="distance">The true distance, or the half of it.</param>
    public static double Radius(double similarity, double area, double sigma, CorrectionDistance distance)
    {
        var radius = Math.Sqrt(-Math.Log(similarity) * 2 * area * (sigma * sigma));
        return distance == CorrectionDistance.Strict ? 2 * radius : radius;
    }

    private (double X, double Y) Place(LabelledPose pose, int point)
    {
        var annotation = set.Truth.Annotations[pose.Annotation];
        var margin = distance == CorrectionDistance.Strict ? Margin : 0;
        var similarity = pose.Labels[point] switch
        {
            KeypointLabel.Miss => KeypointLabeller.Near + margin,
            KeypointLabel.Jitter => KeypointLabeller.Good + margin,
            _ when pose.Similarities[point] >= 1 => 1 - Epsilon,
            _ => pose.Similarities[point],
        };
        var truth = annotation.Keypoints.Span.Slice(3 * point, 2);
        return (truth[0] + Radius(similarity, annotation.Area, set.Skeleton.Sigmas[point], distance), truth[1]);
    }
}
