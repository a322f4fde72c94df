namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>What a listing tells of an entity.</summary>
/// <param name="State">The state as JSON, if asked for; null for none.</param>
/// <param name="Backlog">How many messages wait.</param>
/// <param name="LockedBy">The instance that has locked the entity.</param>
internal sealed record EntitySummary(string EntityId, DateTime UpdatedAt, string? State, int Backlog, string? LockedBy);
