namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>Objects that are as crowded and as visible as one another.</summary>
/// <param name="Overlaps">Other boxes that overlap theirs, such as "1-2".</param>
/// <param name="Keypoints">Labelled keypoints, such as "6-10".</param>
/// <param name="Instances">Objects.</param>
/// <param name="Labels">Labelled keypoints of those that were found, by label.</param>
/// <param name="Impact">What errors cost among them, one after the other, at the threshold of sensitivities.</param>
public sealed record CrowdingCell(
    string Overlaps, string Keypoints, int Instances, IReadOnlyDictionary<KeypointLabel, long> Labels, ImpactTable Impact)
{
    /// <summary>Fewer instances say little.</summary>
    public const int Enough = 30;

    /// <summary>Whether there are too few of them to say much.</summary>
    public bool IsFew => Instances < Enough;
}
