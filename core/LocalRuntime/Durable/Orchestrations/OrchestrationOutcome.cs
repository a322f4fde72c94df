using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>How an execution ended.</summary>
/// <param name="Status">Completed, Failed or Terminated; ContinuedAsNew when another execution follows.</param>
internal sealed record OrchestrationOutcome(OrchestrationRuntimeStatus Status)
{
    public string? Output { get; init; }

    public TaskFailureDetails? Failure { get; init; }

    /// <summary>The sequence number of the call whose failure ended the execution.</summary>
    public int? FailedTaskId { get; init; }

    public string? NewInput { get; init; }

    public string? NewVersion { get; init; }

    /// <summary>Events that the next execution starts with.</summary>
    public IReadOnlyList<HistoryEvent> CarriedEvents { get; init; } = [];
}
