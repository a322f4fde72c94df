namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>What a hub has under way when it is opened.</summary>
internal sealed record RecoveredWork(IReadOnlyList<ActivityWork> Activities, IReadOnlyList<PendingTimer> Timers, IReadOnlyList<string> Waiting);
