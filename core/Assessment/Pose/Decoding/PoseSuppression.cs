using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Assessment.Pose.Decoding;

/// <summary>Scores of whole poses, and which of several poses of one object is kept.</summary>
public static class PoseSuppression
{
    private const double Epsilon = 2.220446049250313e-16;

    /// <summary>Score of a pose: that of its box times the mean confidence of the keypoints that are surer than a threshold; 0 when none is.</summary>
    /// <param name="boxScore">How sure it is that there is something.</param>
    /// <param name="confidences">Of the keypoints.</param>
    /// <param name="least">The threshold.</param>
    public static double Score(double boxScore, IReadOnlyList<double> confidences, double least = .2)
    {
        var sure = confidences.Where(c => c > least).ToArray();
        return sure.Length == 0 ? 0 : boxScore * sure.Average();
    }

    /// <summary>Drops poses that are too similar to a surer one (object keypoint similarity with the mean of both boxes' areas).</summary>
    /// <param name="poses">Of one image; those without a box count with the extent of their keypoints.</param>
    /// <param name="skeleton">With their keypoints.</param>
    /// <param name="similarity">Similarity above which a pose is dropped.</param>
    /// <returns>The surest first.</returns>
    public static IReadOnlyList<DecodedPose> Apply(IReadOnlyList<DecodedPose> poses, SkeletonDefinition skeleton, double similarity = .9)
    {
        ArgumentNullException.ThrowIfNull(poses);
        ArgumentNullException.ThrowIfNull(skeleton);
        var kept = new List<DecodedPose>();
        foreach (var pose in poses.OrderByDescending(p => p.Score))
        {
            if (kept.All(k => !(Similarity(k, pose, skeleton) > similarity)))
                kept.Add(pose);
        }

        return kept;
    }

    private static double Similarity(DecodedPose first, DecodedPose second, SkeletonDefinition skeleton)
    {
        var area = (Area(first) + Area(second)) / 2;
        double sum = 0;
        for (var i = 0; i < skeleton.Variances.Length; i++)
        {
            double dx = first.Points[2 * i] - second.Points[2 * i], dy = first.Points[(2 * i) + 1] - second.Points[(2 * i) + 1];
            sum += Math.Exp(-(((dx * dx) + (dy * dy)) / skeleton.Variances[i] / (area + Epsilon) / 2));
        }

        return sum / skeleton.Variances.Length;
    }

    private static double Area(DecodedPose pose)
    {
        if (pose.Box is { } box)
            return box.Area;
        var (xs, ys) = (pose.Points.Where((_, i) => i % 2 == 0).ToArray(), pose.Points.Where((_, i) => i % 2 == 1).ToArray());
        return BoundingBox.FromCorners(xs.Min(), ys.Min(), xs.Max(), ys.Max()).Area;
    }
}
