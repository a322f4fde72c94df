namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>An orchestrator's wish to start over.</summary>
internal sealed record Continuation(string? Input, bool PreserveEvents, string? Version);
