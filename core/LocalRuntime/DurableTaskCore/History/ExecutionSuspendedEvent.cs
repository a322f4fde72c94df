namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>An execution is suspended.</summary>
public class ExecutionSuspendedEvent(int eventId, string? reason) : HistoryEvent(eventId)
{
    public override EventType EventType => EventType.ExecutionSuspended;

    public string? Reason { get; set; } = reason;
}
