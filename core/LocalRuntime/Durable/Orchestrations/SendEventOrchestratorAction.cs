namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>An event is sent to another instance.</summary>
internal sealed record SendEventOrchestratorAction(int Id, string InstanceId, string Name, string? Input) : OrchestratorAction(Id, Name);
