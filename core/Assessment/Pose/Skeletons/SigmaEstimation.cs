using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Skeletons;

/// <summary>
/// Sigmas of keypoints from poses that were annotated twice: σ² is half the mean of d²/area, d the distance of both annotations. (COCO takes d from the true
/// place; of two annotators that are as good as one another each is nearer to it by the root of two.)
/// </summary>
public static class SigmaEstimation
{
    /// <summary>With fewer poses nothing is estimated.</summary>
    public const int LeastPoses = 30;

    /// <summary>With fewer poses estimates are to be taken with care.</summary>
    public const int EnoughPoses = 100;

    private const int Samples = 1000;

    /// <summary>Estimates.</summary>
    /// <param name="poses">Poses, <see cref="LeastPoses"/> or more.</param>
    /// <param name="keypoints">Keypoints of each.</param>
    /// <param name="seed">Equal seeds give equal intervals.</param>
    /// <exception cref="ArgumentException">There are too few poses, one has no area, or one has another number of keypoints.</exception>
    public static IReadOnlyList<SigmaEstimate> Of(IReadOnlyList<TwicePose> poses, int keypoints, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(poses);
        if (poses.Count < LeastPoses)
            throw new ArgumentException($"{poses.Count} poses were annotated twice; {LeastPoses} are needed at least.", nameof(poses));
        if (poses.Any(p => p.First.Count != 2 * keypoints || p.Second.Count != 2 * keypoints || !(p.Area > 0)))
            throw new ArgumentException($"Each pose must have {keypoints} keypoints and an area above 0.", nameof(poses));
        var random = new Random(seed);
        return [.. Enumerable.Range(0, keypoints).Select(point => Estimate([.. poses.Select(p => Squared(p, point)).Where(double.IsFinite)], random))];
    }

    /// <summary>Poses that two annotators have both annotated: objects of the same id.</summary>
    /// <param name="first">What one has annotated.</param>
    /// <param name="second">What the other has, with the same keypoints.</param>
    public static IReadOnlyList<TwicePose> Pair(CocoDataset first, CocoDataset second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var others = second.Annotations.ToDictionary(a => a.Id);
        return
        [
            .. first.Annotations.Where(a => a is { IsCrowd: false, Area: > 0 } && others.ContainsKey(a.Id))
                .Select(a => new TwicePose(Labelled(a), Labelled(others[a.Id]), a.Area)),
        ];

        static double[] Labelled(CocoAnnotation annotation)
        {
            var points = annotation.Keypoints.ToArray();
            return [.. Enumerable.Range(0, points.Length / 3 * 2).Select(i => points[(i / 2 * 3) + 2] > 0 ? points[(i / 2 * 3) + (i % 2)] : double.NaN)];
        }
    }

    private static SigmaEstimate Estimate(double[] squares, Random random)
    {
        if (squares.Length < LeastPoses)
            return new SigmaEstimate(squares.Length, null, null, null);
        var sampled = new double[Samples];
        for (var s = 0; s < Samples; s++)
        {
            double sum = 0;
            for (var i = 0; i < squares.Length; i++)
                sum += squares[random.Next(squares.Length)];
            sampled[s] = Math.Sqrt(sum / squares.Length / 2);
        }

        Array.Sort(sampled);
        return new SigmaEstimate(squares.Length, Math.Sqrt(squares.Average() / 2), sampled[(int)(.025 * Samples)], sampled[(int)(.975 * Samples) - 1]);
    }

    private static double Squared(TwicePose pose, int point)
    {
        double dx = pose.First[2 * point] - pose.Second[2 * point], dy = pose.First[(2 * point) + 1] - pose.Second[(2 * point) + 1];
        return ((dx * dx) + (dy * dy)) / pose.Area;
    }
}
