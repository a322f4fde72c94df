namespace Iml4e.LocalRuntime.DurableTaskCore.History;

/// <summary>An execution ends.</summary>
public class ExecutionCompletedEvent(int eventId, string? result, OrchestrationStatus orchestrationStatus, FailureDetails? failureDetails = null)
    : HistoryEvent(eventId)
{
    public override EventType EventType => EventType.ExecutionCompleted;

    public OrchestrationStatus OrchestrationStatus { get; } = orchestrationStatus;

    /// <summary>The output as JSON.</summary>
    public string? Result { get; } = result;

    public FailureDetails? FailureDetails { get; } = failureDetails;
}
