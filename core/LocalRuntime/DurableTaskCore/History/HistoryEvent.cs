namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>One event of an orchestration's history.</summary>
public abstract class HistoryEvent
{
    /// <param name="eventId">The sequence number of the call that the event records; −1 when it records none.</param>
    protected HistoryEvent(int eventId) => EventId = eventId;

    /// <summary>The sequence number of the call that the event records; −1 when it records none.</summary>
    public int EventId { get; }

    /// <summary>Whether the event belongs to a turn before the last one.</summary>
    public bool IsPlayed { get; set; }

    /// <summary>When it happened, UTC.</summary>
    public DateTime Timestamp { get; set; }

    public virtual EventType EventType { get; }
}
