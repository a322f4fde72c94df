namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>An activity to be run.</summary>
/// <param name="Crashes">How often the process went down while it ran.</param>
internal sealed record ActivityWork(long Execution, int TaskId, string InstanceId, string Name, string? Version, string? Input, int Crashes);
