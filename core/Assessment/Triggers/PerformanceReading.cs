namespace Iml4e.Assessment.Triggers;

/// <summary>The realised loss over the newest outcomes against what the model promised.</summary>
/// <param name="Ratio">Mean loss / reference; null while there are too few outcomes.</param>
/// <param name="MeanLoss">Mean loss of the window; null without outcomes.</param>
/// <param name="Reference">The loss promised, such as that on the hold-out set.</param>
/// <param name="Count">Outcomes in the window.</param>
public sealed record PerformanceReading(double? Ratio, double? MeanLoss, double Reference, int Count);
