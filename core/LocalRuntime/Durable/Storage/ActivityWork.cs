using Iml4e.LocalRuntime.Durable.Faults;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>An activity to be run.</summary>
/// <param name="Crashes">Falls of the process in a row in which it was running.</param>
internal sealed record ActivityWork(long Execution, int TaskId, string InstanceId, string Name, string? Version, string? Input, int Crashes)
{
    public RunningWork Running => RunningWork.OfActivity(Execution, TaskId);
}
