namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>An activity has given its result.</summary>
public class TaskCompletedEvent(int eventId, int taskScheduledId, string? result) : HistoryEvent(eventId)
{
    public override EventType EventType => EventType.TaskCompleted;

    /// <summary>The sequence number of the call that this event answers.</summary>
    public int TaskScheduledId { get; } = taskScheduledId;

    /// <summary>The result as JSON.</summary>
    public string? Result { get; } = result;
}
