namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>Something that an orchestrator asked for, with its sequence number and the name of its target.</summary>
internal abstract record OrchestratorAction(int Id, string? Name);
