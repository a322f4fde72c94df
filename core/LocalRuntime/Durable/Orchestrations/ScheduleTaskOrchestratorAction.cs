namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>An activity is called.</summary>
internal sealed record ScheduleTaskOrchestratorAction(
    int Id, string Name, string? Version, string? Input, IReadOnlyDictionary<string, string>? Tags) : OrchestratorAction(Id, Name);
