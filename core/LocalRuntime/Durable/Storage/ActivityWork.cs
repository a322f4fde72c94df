using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.Durable.Tracing;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>An activity to be run.</summary>
/// <param name="Crashes">Falls of the process in a row in which it was running.</param>
internal sealed record ActivityWork(long Execution, int TaskId, string InstanceId, string Name, string? Version, string? Input, int Crashes)
{
    public RunningWork Running => RunningWork.OfActivity(Execution, TaskId);

    /// <summary>The trace of the orchestration that calls it; null for none.</summary>
    public OrchestrationTrace? Trace { get; init; }
}
