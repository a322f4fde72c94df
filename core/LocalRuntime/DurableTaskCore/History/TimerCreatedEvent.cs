namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>A timer is set.</summary>
public class TimerCreatedEvent(int eventId, DateTime fireAt) : HistoryEvent(eventId)
{
    public override EventType EventType => EventType.TimerCreated;

    /// <summary>When it is due, UTC.</summary>
    public DateTime FireAt { get; set; } = fireAt;
}
