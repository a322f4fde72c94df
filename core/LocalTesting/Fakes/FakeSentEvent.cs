namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>An event that was sent to an orchestration.</summary>
/// <param name="InstanceId">The receiver.</param>
/// <param name="Name">The event's name.</param>
/// <param name="Payload">The payload, as it was given.</param>
public sealed record FakeSentEvent(string InstanceId, string Name, object? Payload);
