namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>An orchestration that a fake client was asked to start.</summary>
/// <param name="Name">The orchestrator.</param>
/// <param name="Input">The input, as it was given.</param>
/// <param name="InstanceId">The id that it was given or got.</param>
/// <param name="Options">The options; null for none.</param>
public sealed record FakeStart(string Name, object? Input, string InstanceId, StartOrchestrationOptions? Options);
