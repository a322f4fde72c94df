namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>A wait for an external event.</summary>
/// <param name="Name">The event.</param>
/// <param name="Since">The time of the turn that began to wait, UTC.</param>
internal sealed record EventWait(string Name, DateTime Since);
