namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>A timer is set.</summary>
internal sealed record CreateTimerOrchestratorAction(int Id, DateTime FireAt) : OrchestratorAction(Id, (string?)null);
