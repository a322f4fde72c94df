using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>What came of a start.</summary>
/// <param name="Existing">The status of the instance that stands in the way; null when the new one was made.</param>
/// <param name="Deliveries">What is to be handed to instances and entities.</param>
internal sealed record StartResult(OrchestrationRuntimeStatus? Existing, IReadOnlyList<Delivery> Deliveries);
