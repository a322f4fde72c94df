namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>What average precision would be without an error.</summary>
/// <param name="Error">The error.</param>
/// <param name="Figure">Average precision without it.</param>
/// <param name="Gain">By how much that is more than before; null where one of the two is undefined.</param>
public sealed record ImpactStep(PoseError Error, ImpactFigure Figure, double? Gain);
