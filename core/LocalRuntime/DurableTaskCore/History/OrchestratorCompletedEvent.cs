namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>A turn of the orchestrator ends.</summary>
public class OrchestratorCompletedEvent(int eventId) : HistoryEvent(eventId)
{
    public override EventType EventType => EventType.OrchestratorCompleted;
}
