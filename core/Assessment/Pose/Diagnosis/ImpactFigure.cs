namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>Average precision as it is, or as it would be.</summary>
/// <param name="Ap">Mean over the thresholds at which it is defined; -1 = it is at none.</param>
/// <param name="PerThreshold">At each threshold; -1 = undefined.</param>
public sealed record ImpactFigure(double Ap, IReadOnlyList<double> PerThreshold);
