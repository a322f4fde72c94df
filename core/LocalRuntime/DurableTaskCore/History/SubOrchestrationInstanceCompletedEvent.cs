namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>A sub-orchestration has given its output.</summary>
public class SubOrchestrationInstanceCompletedEvent(int eventId, int taskScheduledId, string? result) : HistoryEvent(eventId)
{
    public override EventType EventType => EventType.SubOrchestrationInstanceCompleted;

    /// <summary>The sequence number of the call that this event answers.</summary>
    public int TaskScheduledId { get; } = taskScheduledId;

    /// <summary>The output as JSON.</summary>
    public string? Result { get; } = result;
}
