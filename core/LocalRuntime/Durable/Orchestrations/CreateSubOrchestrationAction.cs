namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>A child is started.</summary>
internal sealed record CreateSubOrchestrationAction(
    int Id, string Name, string InstanceId, string? Version, string? Input, IReadOnlyDictionary<string, string>? Tags) : OrchestratorAction(Id, Name);
