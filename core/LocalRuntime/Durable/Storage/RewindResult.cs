using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>What a rewind has set going again.</summary>
/// <param name="Status">The status that the instance had; null when there is none of that id. Only a failed one is rewound.</param>
internal sealed record RewindResult(
    OrchestrationRuntimeStatus? Status, IReadOnlyList<string> Instances, IReadOnlyList<ActivityWork> Activities, IReadOnlyList<PendingTimer> Timers);
