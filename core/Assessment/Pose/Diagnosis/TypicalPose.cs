using System.Drawing;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>How the objects of a ground truth stand, so that a skeleton can be drawn that no file has a drawing of.</summary>
internal static class TypicalPose
{
    // More of them do not change the picture.
    private const int MostPoses = 2000;

    // Of the most keypoints that an object has labelled: those that are half hidden would draw others than the whole ones.
    private const double Whole = 0.9;

    /// <summary>
    /// The median place of each keypoint, in lengths of the pose around its middle, y downwards; poses seen from behind are turned around first.
    /// Null for a keypoint that is never labelled.
    /// </summary>
    /// <param name="truth">The ground truth, with keypoints of the skeleton.</param>
    /// <param name="skeleton">The skeleton.</param>
    public static IReadOnlyList<PointF?> Of(CocoDataset truth, SkeletonDefinition skeleton)
    {
        var places = new List<(double X, double Y)>[skeleton.Keypoints.Count];
        var most = truth.Annotations.Where(a => !a.IsCrowd).Select(Labelled).DefaultIfEmpty(0).Max();
        foreach (var annotation in truth.Annotations.Where(a => !a.IsCrowd && Labelled(a) is > 0 and var n && n >= Whole * most).Take(MostPoses))
            Add(annotation.Keypoints.Span, skeleton, places);
        return [.. places.Select(p => p is null ? (PointF?)null : new PointF((float)Median(p.Select(q => q.X)), (float)Median(p.Select(q => q.Y))))];
    }

    private static int Labelled(CocoAnnotation annotation)
    {
        var points = annotation.Keypoints.Span;
        var count = 0;
        for (var i = 2; i < points.Length; i += 3)
            count += points[i] > 0 ? 1 : 0;
        return count;
    }

    private static void Add(ReadOnlySpan<double> points, SkeletonDefinition skeleton, List<(double X, double Y)>[] places)
    {
        double left = double.PositiveInfinity, top = left, right = double.NegativeInfinity, bottom = right;
        for (var i = 0; i < points.Length; i += 3)
        {
            if (points[i + 2] <= 0)
                continue;
            (left, right) = (Math.Min(left, points[i]), Math.Max(right, points[i]));
            (top, bottom) = (Math.Min(top, points[i + 1]), Math.Max(bottom, points[i + 1]));
        }

        var length = Math.Max(right - left, bottom - top);
        if (!(length > 0) || !double.IsFinite(length))
            return;
        // Who looks at the camera has the left side at the right of the picture.
        var facing = 0.0;
        foreach (var (first, second) in skeleton.FlipPairs)
        {
            if (points[(3 * first) + 2] > 0 && points[(3 * second) + 2] > 0)
                facing += points[3 * first] - points[3 * second];
        }

        var direction = facing < 0 ? -1 : 1;
        for (var k = 0; k < places.Length; k++)
        {
            if (points[(3 * k) + 2] > 0)
            {
                (places[k] ??= []).Add((
                    direction * (points[3 * k] - ((left + right) / 2)) / length, (points[(3 * k) + 1] - ((top + bottom) / 2)) / length));
            }
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
