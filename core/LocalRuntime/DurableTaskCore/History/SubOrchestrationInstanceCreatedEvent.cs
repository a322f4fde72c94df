namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>A sub-orchestration is started.</summary>
public class SubOrchestrationInstanceCreatedEvent(int eventId) : HistoryEvent(eventId)
{
    public override EventType EventType => EventType.SubOrchestrationInstanceCreated;

    public string? Name { get; set; }

    public string? Version { get; set; }

    public string? InstanceId { get; set; }

    /// <summary>The input as JSON.</summary>
    public string? Input { get; set; }

    public IDictionary<string, string>? Tags { get; set; }
}
