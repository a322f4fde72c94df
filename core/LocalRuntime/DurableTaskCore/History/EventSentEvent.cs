namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>An event is sent to another instance.</summary>
public class EventSentEvent(int eventId) : HistoryEvent(eventId)
{
    public override EventType EventType => EventType.EventSent;

    public string? InstanceId { get; set; }

    public string? Name { get; set; }

    /// <summary>The payload as JSON.</summary>
    public string? Input { get; set; }
}
