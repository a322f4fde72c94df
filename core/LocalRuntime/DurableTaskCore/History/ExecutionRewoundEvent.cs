namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>The failure of an execution is taken back.</summary>
public class ExecutionRewoundEvent(int eventId, string? reason) : HistoryEvent(eventId)
{
    public override EventType EventType => EventType.ExecutionRewound;

    public string? Reason { get; set; } = reason;
}
