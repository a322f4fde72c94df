namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>A termination that a fake client was asked for.</summary>
/// <param name="InstanceId">The instance.</param>
/// <param name="Output">The output that it was given.</param>
/// <param name="Recursive">Whether its children were meant too.</param>
public sealed record FakeTermination(string InstanceId, object? Output, bool Recursive);
