namespace Iml4e.Inference.Probing;

/// <summary>What the process found.</summary>
/// <param name="Metadata">The model's inputs and outputs; null when it is refused.</param>
/// <param name="Refusal">Why it is refused; null when it is not.</param>
internal sealed record ProbeAnswer(ModelMetadata? Metadata, string? Refusal);
