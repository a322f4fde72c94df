using Iml4e.Inference;

namespace Iml4e.Catalog;

/// <summary>What went into a prediction and came out of it, to be logged by a plan. Read while the append is called, and not kept.</summary>
/// <param name="Plan">How.</param>
/// <param name="Inputs">What went in; null = not logged with this record.</param>
/// <param name="Outputs">What came out; null when nothing did.</param>
public readonly record struct PredictionContent(LoggingPlan Plan, IReadOnlyList<Tensor>? Inputs, IReadOnlyList<Tensor>? Outputs);
