namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>A timer is set.</summary>
/// <param name="FinalFireAt">When the wait ends of which this is but the next part; null when it is the last one.</param>
internal sealed record CreateTimerOrchestratorAction(int Id, DateTime FireAt, DateTime? FinalFireAt) : OrchestratorAction(Id, (string?)null);
