namespace Iml4e.LocalRuntime.Durable;

/// <summary>An activity that is, or was, running: its orchestration's execution and the number of the call.</summary>
internal readonly record struct RunningActivity(long Execution, int TaskId);
