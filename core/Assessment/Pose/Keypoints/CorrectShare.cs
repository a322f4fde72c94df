namespace Iml4e.Assessment.Pose.Keypoints;

/// <summary>Shares of correct keypoints of a set of poses.</summary>
/// <param name="Pck">By threshold.</param>
/// <param name="AreaUnderCurve">Mean of PCK from 0 to 19/20 of the norm; null when no keypoint counts.</param>
/// <param name="Pckh">PCK relative to the size of the head; null when no head has a size.</param>
/// <param name="PckhWeighted">The same weighted by how often a keypoint counts, without pelvis and thorax.</param>
public sealed record CorrectShare(IReadOnlyList<CorrectKeypoints> Pck, double? AreaUnderCurve, CorrectKeypoints? Pckh, double? PckhWeighted);
