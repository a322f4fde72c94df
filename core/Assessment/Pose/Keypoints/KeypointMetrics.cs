namespace Iml4e.Assessment.Pose.Keypoints;

/// <summary>Figures of keypoints that are where they belong or not, in the units of the image or relative to the size of the pose.</summary>
public static class KeypointMetrics
{
    private static readonly double[] AreaThresholds = [.. Enumerable.Range(0, 20).Select(i => i / 20.0)];

    /// <summary>Percentage of correct keypoints at a threshold, strictly below it.</summary>
    /// <param name="pairs">Poses with the same keypoints; those without a norm are left out.</param>
    /// <param name="threshold">Share of the norm.</param>
    /// <example><c>KeypointMetrics.Pck(pairs, 0.2).Mean</c></example>
    public static CorrectKeypoints Pck(IReadOnlyList<PosePair> pairs, double threshold)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var count = pairs.Count == 0 ? 0 : pairs[0].Valid.Count;
        var (correct, valid) = (new int[count], new int[count]);
        foreach (var pair in pairs.Where(p => p.Norm > 0))
        {
            for (var i = 0; i < count; i++)
            {
                if (!pair.Valid[i])
                    continue;
                valid[i]++;
                correct[i] += pair.Distance(i) / pair.Norm < threshold ? 1 : 0;
            }
        }

        return new CorrectKeypoints(threshold, [.. valid.Select((v, i) => v == 0 ? (double?)null : (double)correct[i] / v)], valid);
    }

    /// <summary>Area under the curve of <see cref="Pck"/>: its mean at 0, 1/20 … 19/20; null when no keypoint counts.</summary>
    public static double? AreaUnderCurve(IReadOnlyList<PosePair> pairs)
    {
        var means = AreaThresholds.Select(threshold => Pck(pairs, threshold).Mean).ToArray();
        return means.Any(m => m is null) ? null : means.Average();
    }

    /// <summary>End-point error: mean distance in the units of the image; null when no keypoint counts.</summary>
    /// <param name="pairs">Poses; those that nothing was found for are left out.</param>
    public static double? EndPointError(IReadOnlyList<PosePair> pairs) => Mean(pairs.Where(p => !p.Found.IsEmpty), (pair, i) => pair.Distance(i));

    /// <summary>Normalised mean error: mean distance as a share of the norm; null when no keypoint counts.</summary>
    /// <param name="pairs">Poses; those without a norm and those that nothing was found for are left out.</param>
    public static double? NormalisedMeanError(IReadOnlyList<PosePair> pairs) =>
        Mean(pairs.Where(p => !p.Found.IsEmpty && p.Norm > 0), (pair, i) => pair.Distance(i) / pair.Norm);

    private static double? Mean(IEnumerable<PosePair> pairs, Func<PosePair, int, double> distance)
    {
        double sum = 0;
        long count = 0;
        foreach (var pair in pairs)
        {
            for (var i = 0; i < pair.Valid.Count; i++)
            {
                if (!pair.Valid[i])
                    continue;
                sum += distance(pair, i);
                count++;
            }
        }

        return count == 0 ? null : sum / count;
    }
}
