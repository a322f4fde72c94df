namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>What an orchestration did in one turn.</summary>
/// <param name="Actions">What it asked for, in order of sequence number.</param>
/// <param name="CancelledTimers">Sequence numbers of the timers that it does not need any more.</param>
/// <param name="Outcome">How the execution ended; null while it goes on.</param>
internal sealed record Turn(IReadOnlyList<OrchestratorAction> Actions, IReadOnlyList<int> CancelledTimers, OrchestrationOutcome? Outcome);
