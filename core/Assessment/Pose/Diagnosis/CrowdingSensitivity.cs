namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>How well objects are found and posed that are crowded or hidden.</summary>
/// <param name="Cells">By overlaps, then by labelled keypoints.</param>
/// <param name="MostOverlaps">Boxes that overlap that of the most crowded object.</param>
/// <param name="Beyond">Objects with more than 8 overlaps, which the published code leaves out; here they are in the last class.</param>
public sealed record CrowdingSensitivity(IReadOnlyList<CrowdingCell> Cells, int MostOverlaps, int Beyond);
