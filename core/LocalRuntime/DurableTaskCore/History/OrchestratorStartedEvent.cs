namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>A turn of the orchestrator begins; its time is the current time of the code.</summary>
public class OrchestratorStartedEvent(int eventId) : HistoryEvent(eventId)
{
    public override EventType EventType => EventType.OrchestratorStarted;
}
