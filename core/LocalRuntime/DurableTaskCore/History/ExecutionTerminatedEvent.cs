namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>An execution is terminated from outside.</summary>
public class ExecutionTerminatedEvent(int eventId, string? input) : HistoryEvent(eventId)
{
    public override EventType EventType => EventType.ExecutionTerminated;

    /// <summary>The output that the termination gives, as JSON.</summary>
    public string? Input { get; set; } = input;
}
