using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.Testing.Replay;

namespace Iml4e.LocalRuntime.Testing.Simulation;

/// <summary>One instance of a simulation: its row, its running code, its history, and what is kept back while it is suspended.</summary>
internal sealed class SimulatedInstance(InstanceRecord record, OrchestrationRecorder recorder)
{
    public InstanceRecord Record { get; set; } = record;

    public OrchestrationRecorder Recorder { get; } = recorder;

    public OrchestrationRun Run { get; set; } = null!;

    /// <summary>The history of the present execution.</summary>
    public List<HistoryEvent> History { get; } = [];

    /// <summary>The histories of the executions that have ended, continued as new.</summary>
    public List<OrchestrationHistoryDocument> Generations { get; } = [];

    public List<HistoryEvent> Held { get; } = [];

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; set; }

    public OrchestrationOutcome? Outcome { get; set; }

    public OrchestrationIdentity Identity => new(
        Record.InstanceId,
        Record.Name,
        Record.Version,
        Record.Input,
        Record.Parent is { } parent ? new ParentOrchestrationInstance(parent.Name, parent.InstanceId) : null);

    public OrchestrationHistoryDocument Document => OrchestrationHistoryDocument.Of(Identity, History);
}
