namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>Which samples an attack of one ε left right.</summary>
/// <param name="Epsilon">The ε.</param>
/// <param name="Right">Whether each sample is still right.</param>
public sealed record CurvePoint(double Epsilon, IReadOnlyList<bool> Right);
