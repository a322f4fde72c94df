namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>What entities have to do when a hub is opened: ids of those with messages, and signals for later.</summary>
internal sealed record RecoveredEntities(IReadOnlyList<string> Waiting, IReadOnlyList<PendingTimer> Signals);
