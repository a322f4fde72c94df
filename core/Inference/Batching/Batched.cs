namespace Iml4e.Inference.Batching;

/// <summary>A result and how it came about.</summary>
/// <param name="Value">The request's own result.</param>
/// <param name="Waited">From arrival to the start of the run.</param>
/// <param name="Ran">Time of the run.</param>
/// <param name="BatchSize">Samples in the run.</param>
public readonly record struct Batched<T>(T Value, TimeSpan Waited, TimeSpan Ran, int BatchSize);
