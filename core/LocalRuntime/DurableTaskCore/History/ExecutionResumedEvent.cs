namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>A suspended execution is resumed.</summary>
public class ExecutionResumedEvent(int eventId, string? reason) : HistoryEvent(eventId)
{
    public override EventType EventType => EventType.ExecutionResumed;

    public string? Reason { get; set; } = reason;
}
