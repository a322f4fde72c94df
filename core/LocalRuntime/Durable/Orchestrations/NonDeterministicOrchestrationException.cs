using Iml4e.LocalRuntime.Durable.History;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>The code of an orchestrator did something else at a replay than what its history tells.</summary>
internal sealed class NonDeterministicOrchestrationException(string detail)
    : Exception($"Non-Deterministic workflow detected: {detail} Was the orchestrator's code changed after this instance had started?")
{
    /// <summary>The type name under which Durable Functions reports this failure.</summary>
    public const string ReportedType = "DurableTask.Core.Exceptions.NonDeterministicOrchestrationException";

    public static NonDeterministicOrchestrationException Missing(HistoryEvent recorded) =>
        new($"A previous execution scheduled {Describe(recorded)} with sequence number {recorded.EventId}, but the current replay has not scheduled it.");

    public static NonDeterministicOrchestrationException Different(HistoryEvent recorded, OrchestratorAction action) =>
        new($"A previous execution scheduled {Describe(recorded)} with sequence number {recorded.EventId}, "
            + $"but the current replay scheduled {Describe(action)} at that number.");

    public static NonDeterministicOrchestrationException Surplus(OrchestratorAction action) =>
        new($"The current replay scheduled {Describe(action)} with sequence number {action.Id}, which no previous execution had scheduled at that point.");

    private static string Describe(HistoryEvent recorded) => recorded.Name is null ? $"{recorded.Kind}" : $"{recorded.Kind} '{recorded.Name}'";

    private static string Describe(OrchestratorAction action) => action.Name is null ? action.GetType().Name : $"{action.GetType().Name} '{action.Name}'";
}
