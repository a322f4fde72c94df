using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.History;

/// <summary>One event of an orchestration's history; each kind uses the fields that it needs.</summary>
internal sealed record HistoryEvent(HistoryEventKind Kind, DateTime Timestamp)
{
    /// <summary>The sequence number of the call that this event records.</summary>
    public int? EventId { get; init; }

    /// <summary>The sequence number of the call that this event completes.</summary>
    public int? TaskId { get; init; }

    /// <summary>The name of the activity, the orchestrator, the external event or the entity's operation.</summary>
    public string? Name { get; init; }

    public string? Version { get; init; }

    public string? Input { get; init; }

    public string? Result { get; init; }

    public TaskFailureDetails? Failure { get; init; }

    /// <summary>When a timer is due, or an entity is to be signalled at the earliest.</summary>
    public DateTime? FireAt { get; init; }

    /// <summary>When the wait ends of which a timer is but a part; null when it is the last part.</summary>
    public DateTime? FinalFireAt { get; init; }

    /// <summary>The child, or the receiver of a sent event.</summary>
    public string? InstanceId { get; init; }

    /// <summary>What a sent event asks of an entity; null when it goes to an orchestration.</summary>
    public EntityRequestKind? Request { get; init; }

    /// <summary>What the caller has tagged a call with; null for nothing.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    public string? Reason { get; init; }

    public OrchestrationRuntimeStatus? Status { get; init; }

    /// <summary>Whether a termination reaches the children.</summary>
    public bool? Recursive { get; init; }
}
