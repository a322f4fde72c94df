using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>All that one work item of an instance changes; it is written as a whole or not at all.</summary>
internal sealed class WorkItemCommit(InstanceRecord instance, DateTime now)
{
    public InstanceRecord Instance { get; } = instance;

    public DateTime Now { get; } = now;

    public OrchestrationRuntimeStatus Status { get; set; } = instance.Status;

    public string? CustomStatus { get; set; } = instance.CustomStatus;

    public OrchestrationOutcome? Outcome { get; set; }

    /// <summary>The number of this turn in the execution, from 0.</summary>
    public int Turn { get; init; }

    public List<HistoryEvent> History { get; } = [];

    /// <summary>Rows of the inbox that are in the history now, or are dropped.</summary>
    public List<long> ConsumedRows { get; } = [];

    /// <summary>Activities and timers, by execution and task, whose results are in the history now, or are dropped.</summary>
    public List<(long Execution, int TaskId)> ConsumedActivities { get; } = [];

    public List<(long Execution, int TaskId)> ConsumedTimers { get; } = [];

    /// <summary>Results that a suspended instance keeps for later.</summary>
    public List<HistoryEvent> Stashed { get; } = [];

    public List<ActivityWork> Activities { get; } = [];

    public List<PendingTimer> Timers { get; } = [];

    public List<InstanceRecord> Children { get; } = [];

    public List<(string InstanceId, long Execution, HistoryEvent Event)> Messages { get; } = [];

    public List<EntityMessage> EntityMessages { get; } = [];

    /// <summary>JSON of what the execution waits for beyond its calls and timers; null for nothing. Written when it has changed.</summary>
    public string? Waits { get; set; }

    public bool WaitsChanged { get; set; }

    /// <summary>Whether the running children are terminated too.</summary>
    public bool TerminateChildren { get; set; }

    /// <summary>The execution that follows by continue-as-new; 0 for none.</summary>
    public long NextExecution { get; set; }

    /// <summary>The trace as that execution has it.</summary>
    public OrchestrationTrace? NextTrace { get; set; }
}
