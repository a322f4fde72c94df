using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>What a rewind has set going again.</summary>
/// <param name="Status">The status that the instance had; null when there is none of that id. Only a failed one is rewound.</param>
/// <param name="Deliveries">What is to be handed to instances and entities.</param>
internal sealed record RewindResult(
    OrchestrationRuntimeStatus? Status, IReadOnlyList<Delivery> Deliveries, IReadOnlyList<ActivityWork> Activities, IReadOnlyList<PendingTimer> Timers);
