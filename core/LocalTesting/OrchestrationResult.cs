using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Testing.Replay;
using Iml4e.LocalRuntime.Testing.Simulation;

namespace Iml4e.LocalRuntime.Testing;

/// <summary>How an orchestration went in a harness.</summary>
public class OrchestrationResult
{
    private readonly DataConverter converter;
    private readonly string waiting;

    internal OrchestrationResult(SimulatedInstance instance, DataConverter converter, IReadOnlyList<OrchestrationResult> children)
    {
        this.converter = converter;
        InstanceId = instance.Record.InstanceId;
        Name = instance.Record.Name;
        Status = instance.Record.Status;
        SerializedOutput = instance.Outcome?.Output;
        FailureDetails = instance.Outcome?.Failure;
        StartedAt = instance.StartedAt;
        EndedAt = instance.EndedAt;
        CustomStatuses = instance.Recorder.Statuses;
        Calls = instance.Recorder.Calls;
        Timers = instance.Recorder.Timers;
        SentEvents = instance.Recorder.Sent;
        WaitingFor = [.. OrchestrationSimulation.WaitingFor(instance)];
        History = instance.Document;
        EarlierExecutions = instance.Generations;
        Children = children;
        EntityRequests = [.. EarlierExecutions.Append(History).SelectMany(execution => execution.Events)
            .Where(item => item.Request is nameof(EntityRequestKind.Call) or nameof(EntityRequestKind.Signal))
            .Select(item => new EntityRequest(item, converter))];
        waiting = WaitingFor.Count == 0 ? "" : "; it waits for " + string.Join(", ", WaitingFor);
    }

    public string InstanceId { get; }

    public string Name { get; }

    /// <summary>Completed, Failed or Terminated; Running or Suspended when nothing more could happen to it, or the time was up.</summary>
    public OrchestrationRuntimeStatus Status { get; }

    /// <summary>The output as JSON; null when there is none.</summary>
    public string? SerializedOutput { get; }

    /// <summary>Why it failed; null unless it did.</summary>
    public TaskFailureDetails? FailureDetails { get; }

    /// <summary>When it started, in virtual time.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>When it ended, in virtual time; null when it did not.</summary>
    public DateTimeOffset? EndedAt { get; }

    /// <summary>The custom statuses that it set, in order, over all executions.</summary>
    public IReadOnlyList<CustomStatus> CustomStatuses { get; }

    /// <summary>The activities and sub-orchestrations that it called, in order, over all executions.</summary>
    public IReadOnlyList<OrchestrationCall> Calls { get; }

    /// <summary>The timers that it set, in order, over all executions.</summary>
    public IReadOnlyList<OrchestrationTimer> Timers { get; }

    /// <summary>The events that it sent to other instances, in order.</summary>
    public IReadOnlyList<SentEvent> SentEvents { get; }

    /// <summary>The entities that it called and signalled, in order, over all executions.</summary>
    public IReadOnlyList<EntityRequest> EntityRequests { get; }

    /// <summary>What it waits for, in words; empty when it has ended.</summary>
    public IReadOnlyList<string> WaitingFor { get; }

    /// <summary>The history of the last execution.</summary>
    public OrchestrationHistoryDocument History { get; }

    /// <summary>The histories of the executions before it, each of which continued as new.</summary>
    public IReadOnlyList<OrchestrationHistoryDocument> EarlierExecutions { get; }

    /// <summary>How the sub-orchestrations went that ran for real, at any depth, in order of their start.</summary>
    public IReadOnlyList<OrchestrationResult> Children { get; }

    /// <summary>The calls of an activity or orchestrator, whatever the case of its name.</summary>
    public IReadOnlyList<OrchestrationCall> CallsTo(string name) =>
        [.. Calls.Where(call => string.Equals(call.Name, name, StringComparison.OrdinalIgnoreCase))];

    /// <summary>How often an activity or a sub-orchestration was tried, retries included, in the last execution.</summary>
    public int AttemptsOf(string name) => History.Events.Count(item =>
        item.Kind is nameof(HistoryEventKind.TaskScheduled) or nameof(HistoryEventKind.SubOrchestrationInstanceCreated)
        && string.Equals(item.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The output.</summary>
    /// <exception cref="InvalidOperationException">It has not completed; the message says what happened instead.</exception>
    public T ReadOutputAs<T>() => Status == OrchestrationRuntimeStatus.Completed
        ? converter.Deserialize<T>(SerializedOutput)!
        : throw new InvalidOperationException($"{this} has no output{(FailureDetails is null ? waiting : ": " + FailureDetails)}.");

    public override string ToString() => $"{Name} (Id={InstanceId}, Status={Status})";
}
