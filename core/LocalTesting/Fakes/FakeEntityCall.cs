namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>A call or a signal to an entity that a fake context was asked for.</summary>
/// <param name="Id">The entity.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Input">The input, as it was given.</param>
/// <param name="IsSignal">Whether nothing is answered.</param>
public sealed record FakeEntityCall(EntityInstanceId Id, string Operation, object? Input, bool IsSignal);
