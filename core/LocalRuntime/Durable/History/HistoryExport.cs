using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTaskCore;
using Iml4e.LocalRuntime.DurableTaskCore.History;
using Exported = Iml4e.LocalRuntime.DurableTaskCore.History.HistoryEvent;

namespace Iml4e.LocalRuntime.Durable.History;

/// <summary>Gives histories out in the types that clients of Durable Functions know.</summary>
internal static class HistoryExport
{
    private const int NoEventId = -1;
    private const string RewoundPrefix = "Rewound: ";

    public static List<Exported> Of(InstanceRecord instance, IReadOnlyList<HistoryEvent> history)
    {
        var lastTurn = history.Count - 1;
        while (lastTurn > 0 && history[lastTurn].Kind != HistoryEventKind.OrchestratorStarted)
            lastTurn--;
        var events = new List<Exported>(history.Count);
        for (var i = 0; i < history.Count; i++)
        {
            var exported = Convert(instance, history[i]);
            exported.Timestamp = history[i].Timestamp;
            exported.IsPlayed = i < lastTurn;
            events.Add(exported);
        }

        return events;
    }

    private static Exported Convert(InstanceRecord instance, HistoryEvent item) => item.Kind switch
    {
        HistoryEventKind.ExecutionStarted => Started(instance, item),
        HistoryEventKind.ExecutionCompleted => new ExecutionCompletedEvent(
            item.EventId ?? NoEventId, item.Result, (OrchestrationStatus)item.Status.GetValueOrDefault(), Failure(item.Failure)),
        HistoryEventKind.ExecutionTerminated => new ExecutionTerminatedEvent(NoEventId, item.Input),
        HistoryEventKind.ExecutionSuspended => new ExecutionSuspendedEvent(NoEventId, item.Reason),
        HistoryEventKind.ExecutionResumed => new ExecutionResumedEvent(NoEventId, item.Reason),
        HistoryEventKind.OrchestratorStarted => new OrchestratorStartedEvent(NoEventId),
        HistoryEventKind.OrchestratorCompleted => new OrchestratorCompletedEvent(NoEventId),
        HistoryEventKind.TaskScheduled => new TaskScheduledEvent(item.EventId!.Value, item.Name, item.Version, item.Input)
        {
            Tags = Copy(item.Tags),
        },
        HistoryEventKind.TaskCompleted => new TaskCompletedEvent(NoEventId, item.TaskId!.Value, item.Result),
        HistoryEventKind.TaskFailed => new TaskFailedEvent(
            NoEventId, item.TaskId!.Value, item.Failure?.ErrorMessage, item.Failure?.StackTrace, Failure(item.Failure)),
        HistoryEventKind.SubOrchestrationInstanceCreated => new SubOrchestrationInstanceCreatedEvent(item.EventId!.Value)
        {
            Name = item.Name, Version = item.Version, InstanceId = item.InstanceId, Input = item.Input, Tags = Copy(item.Tags),
        },
        HistoryEventKind.SubOrchestrationInstanceCompleted => new SubOrchestrationInstanceCompletedEvent(NoEventId, item.TaskId!.Value, item.Result),
        HistoryEventKind.SubOrchestrationInstanceFailed => new SubOrchestrationInstanceFailedEvent(
            NoEventId, item.TaskId!.Value, item.Failure?.ErrorMessage, item.Failure?.StackTrace, Failure(item.Failure)),
        HistoryEventKind.TimerCreated => new TimerCreatedEvent(item.EventId!.Value, item.FireAt.GetValueOrDefault()),
        HistoryEventKind.TimerFired => new TimerFiredEvent(NoEventId, item.FireAt.GetValueOrDefault()) { TimerId = item.TaskId!.Value },
        HistoryEventKind.EventSent => new EventSentEvent(item.EventId!.Value) { Name = item.Name, InstanceId = item.InstanceId, Input = item.Input },
        HistoryEventKind.EventRaised => new EventRaisedEvent(NoEventId, item.TaskId is null ? item.Input : item.Result)
        {
            Name = item.Name,
        },
        HistoryEventKind.ContinueAsNew => new ContinueAsNewEvent(NoEventId, item.Input),
        HistoryEventKind.GenericEvent when item.Reason?.StartsWith(RewoundPrefix, StringComparison.Ordinal) == true =>
            new ExecutionRewoundEvent(NoEventId, item.Reason[RewoundPrefix.Length..]),
        _ => new GenericEvent(item.EventId ?? NoEventId, item.Reason),
    };

    private static ExecutionStartedEvent Started(InstanceRecord instance, HistoryEvent item) => new(NoEventId, instance.Input)
    {
        Name = item.Name,
        Version = item.Version,
        Tags = HistoryJson.ReadTags(instance.Tags),
        ScheduledStartTime = instance.StartAt,
        OrchestrationInstance = new OrchestrationInstance { InstanceId = instance.InstanceId, ExecutionId = Number(instance.Execution) },
        ParentInstance = instance.Parent is not { } parent ? null : new ParentInstance
        {
            Name = parent.Name,
            TaskScheduleId = parent.TaskId,
            OrchestrationInstance = new OrchestrationInstance { InstanceId = parent.InstanceId, ExecutionId = Number(parent.Execution) },
        },
    };

    private static FailureDetails? Failure(TaskFailureDetails? failure) => failure is null ? null : new FailureDetails(
        failure.ErrorType,
        failure.ErrorMessage,
        failure.StackTrace,
        Failure(failure.InnerFailure),
        FailureTypes.NonRetriable.Contains(failure.ErrorType),
        failure.Properties?.ToDictionary(StringComparer.Ordinal));

    private static Dictionary<string, string>? Copy(IReadOnlyDictionary<string, string>? tags) => tags is null ? null : new(tags);

    private static string Number(long execution) => FormattableString.Invariant($"{execution}");
}
