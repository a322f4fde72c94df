namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>What was found where nothing is, and what was overlooked.</summary>
/// <param name="Counts">By threshold.</param>
/// <param name="FalsePositives">Detections that are of nothing at any threshold.</param>
/// <param name="FalseNegatives">Objects that have no detection at any threshold.</param>
public sealed record BackgroundDiagnosis(IReadOnlyList<BackgroundCount> Counts, BackgroundBreakdown FalsePositives, BackgroundBreakdown FalseNegatives);
