using System.Text.Json.Serialization;
using Iml4e.LocalRuntime.Durable.History;

namespace Iml4e.LocalRuntime.Testing.Replay;

/// <summary>One event of a history, as a test sees it and as a file keeps it; each kind uses the fields that it needs.</summary>
public sealed record OrchestrationEvent
{
    /// <summary>What happened, such as <c>TaskScheduled</c>, <c>TaskCompleted</c>, <c>TimerFired</c>, <c>EventRaised</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>When, in UTC.</summary>
    public required DateTime Timestamp { get; init; }

    /// <summary>The sequence number of the call that this event records.</summary>
    public int? EventId { get; init; }

    /// <summary>The sequence number of the call that this event completes.</summary>
    public int? TaskId { get; init; }

    /// <summary>The activity, orchestrator or external event.</summary>
    public string? Name { get; init; }

    public string? Version { get; init; }

    /// <summary>JSON of the input or payload.</summary>
    public string? Input { get; init; }

    /// <summary>JSON of the result.</summary>
    public string? Result { get; init; }

    /// <summary>Why a call or the execution failed, without stack traces.</summary>
    public TaskFailureDetails? Failure { get; init; }

    /// <summary>When a timer is due, or an entity is to be signalled at the earliest.</summary>
    public DateTime? FireAt { get; init; }

    /// <summary>When the wait ends of which a timer is but a part; null when it is the last part.</summary>
    public DateTime? FinalFireAt { get; init; }

    /// <summary>The child, or the orchestration or entity that an event is sent to.</summary>
    public string? InstanceId { get; init; }

    /// <summary>What a sent event asks of an entity: Call, Signal, Lock or Unlock; null when it goes to an orchestration.</summary>
    public string? Request { get; init; }

    /// <summary>What the caller has tagged a call with; null for nothing.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    public string? Reason { get; init; }

    /// <summary>The status with which the execution ended.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<OrchestrationRuntimeStatus>))]
    public OrchestrationRuntimeStatus? Status { get; init; }

    /// <summary>Whether a termination reaches the children.</summary>
    public bool? Recursive { get; init; }

    /// <summary>What the event records, in words: <c>activity 'Train' (#3)</c>.</summary>
    public override string ToString()
    {
        var what = Kind switch
        {
            nameof(HistoryEventKind.TaskScheduled) => $"activity '{Name}'",
            nameof(HistoryEventKind.SubOrchestrationInstanceCreated) => $"sub-orchestration '{Name}'",
            nameof(HistoryEventKind.TimerCreated) => FormattableString.Invariant($"timer due {FireAt:O}"),
            nameof(HistoryEventKind.EventSent) => Request switch
            {
                null => $"event '{Name}' to '{InstanceId}'",
                nameof(EntityRequestKind.Lock) or nameof(EntityRequestKind.Unlock) => $"{Name} of entities {Input}",
                _ => $"{Request} '{Name}' of entity '{InstanceId}'",
            },
            _ => Name is null ? Kind : $"{Kind} '{Name}'",
        };
        return EventId is { } id ? FormattableString.Invariant($"{what} (#{id})") : what;
    }

    internal static OrchestrationEvent Of(HistoryEvent item) => new()
    {
        Kind = item.Kind.ToString(),
        Timestamp = item.Timestamp,
        EventId = item.EventId,
        TaskId = item.TaskId,
        Name = item.Name,
        Version = item.Version,
        Input = item.Input,
        Result = item.Result,
        Failure = WithoutTraces(item.Failure),
        FireAt = item.FireAt,
        FinalFireAt = item.FinalFireAt,
        InstanceId = item.InstanceId,
        Request = item.Request?.ToString(),
        Tags = item.Tags,
        Reason = item.Reason,
        Status = item.Status,
        Recursive = item.Recursive,
    };

    internal HistoryEvent ToHistory() => new(Enum.Parse<HistoryEventKind>(Kind), Timestamp)
    {
        EventId = EventId,
        TaskId = TaskId,
        Name = Name,
        Version = Version,
        Input = Input,
        Result = Result,
        Failure = Failure,
        FireAt = FireAt,
        FinalFireAt = FinalFireAt,
        InstanceId = InstanceId,
        Request = Request is null ? null : Enum.Parse<EntityRequestKind>(Request),
        Tags = Tags,
        Reason = Reason,
        Status = Status,
        Recursive = Recursive,
    };

    // Stack traces tell of one machine and one build; no code decides by them.
    private static TaskFailureDetails? WithoutTraces(TaskFailureDetails? failure) => failure is null
        ? null
        : failure with { StackTrace = null, InnerFailure = WithoutTraces(failure.InnerFailure) };
}
