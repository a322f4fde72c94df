namespace Iml4e.LocalRuntime.Hosting.Timers;

/// <summary>What is remembered of a timer: its last and next run and when that was written; null for never.</summary>
internal sealed record ScheduleState(DateTimeOffset? Last, DateTimeOffset? Next, DateTimeOffset? LastUpdated);
