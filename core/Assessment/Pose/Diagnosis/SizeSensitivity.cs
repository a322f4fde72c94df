namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>How well objects of each size are found and posed.</summary>
/// <param name="Ranges">What errors cost, each alone, in four ranges of areas and in all of them together.</param>
/// <param name="Instances">Objects with labelled keypoints in each of them.</param>
/// <param name="Precision">Highest less lowest average precision of the four ranges; null where fewer than two are defined.</param>
/// <param name="Errors">By error: highest less lowest gain of the four ranges, and the gain in all of them together.</param>
public sealed record SizeSensitivity(
    IReadOnlyList<ImpactTable> Ranges, IReadOnlyList<int> Instances, double? Precision,
    IReadOnlyDictionary<PoseError, (double? Sensitivity, double? Impact)> Errors);
