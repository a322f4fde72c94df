using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>Turns what an orchestration asked for into history events and the rows that carry it out.</summary>
internal sealed class ActionWriter(IDurableFunctionInvoker functions, Func<long> nextExecution)
{
    public void Add(WorkItemCommit commit, OrchestratorAction action, IReadOnlyList<int> cancelledTimers)
    {
        var instance = commit.Instance;
        switch (action)
        {
            case ScheduleTaskOrchestratorAction activity:
                commit.History.Add(new HistoryEvent(HistoryEventKind.TaskScheduled, commit.Now)
                {
                    EventId = activity.Id, Name = activity.Name, Version = activity.Version, Input = activity.Input, Tags = activity.Tags,
                });
                commit.Activities.Add(
                    new ActivityWork(instance.Execution, activity.Id, instance.InstanceId, activity.Name!, activity.Version, activity.Input, 0)
                    {
                        Trace = instance.Trace,
                    });
                break;
            case CreateTimerOrchestratorAction timer:
                commit.History.Add(new HistoryEvent(HistoryEventKind.TimerCreated, commit.Now)
                {
                    EventId = timer.Id, FireAt = timer.FireAt, FinalFireAt = timer.FinalFireAt,
                });
                if (!cancelledTimers.Contains(timer.Id))
                    commit.Timers.Add(new PendingTimer(timer.FireAt, instance.Execution, timer.Id, instance.InstanceId));
                break;
            case CreateSubOrchestrationAction child:
                commit.History.Add(new HistoryEvent(HistoryEventKind.SubOrchestrationInstanceCreated, commit.Now)
                {
                    EventId = child.Id, Name = child.Name, Version = child.Version, InstanceId = child.InstanceId, Input = child.Input, Tags = child.Tags,
                });
                StartChild(commit, child);
                break;
            case SendEventOrchestratorAction send:
                commit.History.Add(new HistoryEvent(HistoryEventKind.EventSent, commit.Now)
                {
                    EventId = send.Id, Name = send.Name, InstanceId = send.InstanceId, Input = send.Input,
                });
                commit.Messages.Add(
                    (send.InstanceId, 0, new HistoryEvent(HistoryEventKind.EventRaised, commit.Now) { Name = send.Name, Input = send.Input }));
                break;
            case EntityAction asked:
                Ask(commit, asked);
                break;
            default:
                throw new InvalidOperationException($"The action {action.GetType().Name} is not known.");
        }
    }

    private static void Ask(WorkItemCommit commit, EntityAction asked)
    {
        var instance = commit.Instance;
        var sent = new HistoryEvent(HistoryEventKind.EventSent, commit.Now)
        {
            EventId = asked.Id, Name = asked.Name, InstanceId = asked.EntityId, Request = asked.Kind,
        };
        var message = new EntityMessage(asked.EntityId, asked.Kind)
        {
            Operation = asked.Name, Caller = new CallerLink(instance.InstanceId, instance.Execution, asked.Id),
            Trace = instance.Trace?.OfCall(instance.Execution, asked.Id) is { } place ? TraceText.Write(place) : null,
        };
        switch (asked)
        {
            case CallEntityAction call:
                sent = sent with { Input = call.Input };
                commit.EntityMessages.Add(message with { Input = call.Input });
                break;
            case SignalEntityAction signal:
                sent = sent with { Input = signal.Input, FireAt = signal.Due };
                commit.EntityMessages.Add(message with { Input = signal.Input, Due = signal.Due, Caller = null });
                break;
            case LockEntitiesAction request:
                sent = sent with { Input = HistoryJson.Write(request.LockSet) };
                commit.EntityMessages.Add(message with { LockSet = request.LockSet });
                break;
            case UnlockEntitiesAction unlock:
                sent = sent with { Input = HistoryJson.Write(unlock.LockSet) };
                var holder = new CallerLink(instance.InstanceId, instance.Execution, unlock.LockId);
                commit.EntityMessages.AddRange(unlock.LockSet.Select(entityId => message with { EntityId = entityId, Caller = holder }));
                break;
            default:
                throw new InvalidOperationException($"The action {asked.GetType().Name} is not known.");
        }

        commit.History.Add(sent);
    }

    /// <summary>JSON of the tags of a child: its parent's, except those that are given to it anew.</summary>
    private static string? MergeTags(IReadOnlyDictionary<string, string>? own, string? inherited)
    {
        if (own is null || inherited is null)
            return own is null ? inherited : HistoryJson.Write(own);
        var merged = HistoryJson.ReadTags(inherited);
        foreach (var (name, value) in own)
            merged[name] = value;
        return HistoryJson.Write(merged);
    }

    private void StartChild(WorkItemCommit commit, CreateSubOrchestrationAction child)
    {
        var parent = commit.Instance;
        if (!functions.HasOrchestrator(child.Name!))
        {
            var failure = new TaskFailureDetails(
                FailureTypes.OrchestratorNotFound, $"No orchestrator task named '{child.Name}' was found.", null, null, null);
            commit.Messages.Add((parent.InstanceId, parent.Execution, new HistoryEvent(HistoryEventKind.SubOrchestrationInstanceFailed, commit.Now)
            {
                TaskId = child.Id, Failure = failure,
            }));
            return;
        }

        commit.Children.Add(new InstanceRecord
        {
            InstanceId = child.InstanceId,
            Execution = nextExecution(),
            Name = child.Name!,
            Version = child.Version,
            Status = OrchestrationRuntimeStatus.Pending,
            CreatedAt = commit.Now,
            UpdatedAt = commit.Now,
            Input = child.Input,
            Parent = new ParentLink(parent.InstanceId, parent.Name, parent.Execution, child.Id),
            Tags = MergeTags(child.Tags, parent.Tags),
            Trace = parent.Trace?.OfChild(parent.Execution, child.Id),
        });
    }
}
