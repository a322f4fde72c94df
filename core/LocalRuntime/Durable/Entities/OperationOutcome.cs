using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.LocalRuntime.Durable.Entities;

/// <summary>How an operation ended.</summary>
/// <param name="Result">Its answer as JSON, unless it failed.</param>
/// <param name="Failure">Why it failed; null when it did not.</param>
internal readonly record struct OperationOutcome(string? Result, TaskFailureDetails? Failure);
