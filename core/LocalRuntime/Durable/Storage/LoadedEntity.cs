namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>An entity as the store has it, and the first messages that wait for it in order of arrival.</summary>
internal sealed record LoadedEntity(EntityRecord Entity, IReadOnlyList<EntityMessage> Inbox);
