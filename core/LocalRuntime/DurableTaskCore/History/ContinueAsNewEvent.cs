namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>An execution ends and the next one of the instance begins.</summary>
public class ContinueAsNewEvent(int eventId, string? input) : ExecutionCompletedEvent(eventId, input, OrchestrationStatus.ContinuedAsNew)
{
    public override EventType EventType => EventType.ContinueAsNew;
}
