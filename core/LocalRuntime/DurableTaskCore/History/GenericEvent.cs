namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>Something that is only noted.</summary>
public class GenericEvent(int eventId, string? data) : HistoryEvent(eventId)
{
    public override EventType EventType => EventType.GenericEvent;

    public string? Data = data;
}
