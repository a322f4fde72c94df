namespace Iml4e.Assessment.Pose.Keypoints;

/// <summary>
/// Percentage of correct keypoints (PCK): a keypoint is correct when its distance from where it is, divided by the norm of its pose, is below a threshold.
/// </summary>
/// <param name="Threshold">The threshold.</param>
/// <param name="PerKeypoint">Share of correct ones, 0..1, of each keypoint; null = it counts in no pose.</param>
/// <param name="Valid">Poses in which each keypoint counts.</param>
public sealed record CorrectKeypoints(double Threshold, IReadOnlyList<double?> PerKeypoint, IReadOnlyList<int> Valid)
{
    /// <summary>Unweighted mean over the keypoints that count somewhere; null when none does.</summary>
    public double? Mean => PerKeypoint.Average();

    /// <summary>Mean over keypoints weighted by the poses in which they count, some of them left out, as MPII does with pelvis and thorax.</summary>
    /// <param name="without">Places of those that are left out.</param>
    public double? Weighted(IReadOnlyCollection<int> without)
    {
        double correct = 0;
        long all = 0;
        for (var i = 0; i < Valid.Count; i++)
        {
            if (PerKeypoint[i] is not { } share || without.Contains(i))
                continue;
            correct += share * Valid[i];
            all += Valid[i];
        }

        return all == 0 ? null : correct / all;
    }
}
