namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>A call of an activity or a sub-orchestration that a fake context was asked for.</summary>
/// <param name="Name">The activity or orchestrator.</param>
/// <param name="Input">The input, as it was given.</param>
/// <param name="Options">The options; null for none.</param>
public sealed record FakeCall(string Name, object? Input, TaskOptions? Options);
