namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>An entity's row.</summary>
/// <param name="EntityId">The id as text.</param>
/// <param name="State">The state as JSON; null for none.</param>
/// <param name="Holder">The orchestration that has locked the entity; null when it is free.</param>
internal sealed record EntityRecord(string EntityId, string? State, CallerLink? Holder);
