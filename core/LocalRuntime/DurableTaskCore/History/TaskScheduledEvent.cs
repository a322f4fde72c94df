namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>An activity is called.</summary>
public class TaskScheduledEvent(int eventId, string? name, string? version = null, string? input = null) : HistoryEvent(eventId)
{
    public override EventType EventType => EventType.TaskScheduled;

    public string? Name { get; set; } = name;

    public string? Version { get; set; } = version;

    /// <summary>The input as JSON.</summary>
    public string? Input { get; set; } = input;

    public IDictionary<string, string>? Tags { get; set; }
}
