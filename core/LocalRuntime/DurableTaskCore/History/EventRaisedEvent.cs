namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>An external event has arrived.</summary>
public class EventRaisedEvent(int eventId, string? input) : HistoryEvent(eventId)
{
    public override EventType EventType => EventType.EventRaised;

    public string? Name { get; set; }

    /// <summary>The payload as JSON.</summary>
    public string? Input { get; set; } = input;
}
