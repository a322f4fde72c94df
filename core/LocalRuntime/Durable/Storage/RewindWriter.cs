using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Carries out rewinds inside the open transaction.</summary>
internal static class RewindWriter
{
    /// <exception cref="InvalidOperationException">The instance, or a child that it failed by, failed in a critical section.</exception>
    public static RewindResult Rewind(StoreDatabase database, string instanceId, string? reason, DateTime now)
    {
        var root = InstanceTable.Find(database, instanceId);
        if (root is not { Status: OrchestrationRuntimeStatus.Failed })
            return new RewindResult(root?.Status, [], [], []);
        var deliveries = new List<Delivery>();
        var activities = new List<ActivityWork>();
        var timers = new List<PendingTimer>();
        var pending = new Stack<InstanceRecord>([root with { Trace = root.Trace?.Again(now) }]);
        while (pending.TryPop(out var instance))
        {
            deliveries.Add(new Delivery(instance.InstanceId, null));
            List<HistoryEvent> history = [.. HistoryStore.ReadHistory(database, instance.Execution).SelectMany(HistoryJson.ReadEvents)];
            if (history.Count == 0 || history[0].Kind != HistoryEventKind.OrchestratorStarted)
                continue;
            var plan = RewindPlan.Of(history);
            if (plan.IsInCriticalSection)
            {
                throw new InvalidOperationException(
                    $"The instance '{instance.InstanceId}' failed in a critical section, and has lost its locks by that; it can be restarted, but not rewound.");
            }

            Rewrite(database, instance, plan, reason, now);
            foreach (var call in plan.RunAgain)
                RunAgain(database, instance, call, activities, timers, pending, deliveries, now);
        }

        return new RewindResult(root.Status, deliveries, activities, timers);
    }

    private static void Rewrite(StoreDatabase database, InstanceRecord instance, RewindPlan plan, string? reason, DateTime now)
    {
        database.Execute("DELETE FROM history WHERE execution = $0", instance.Execution);
        database.Execute("DELETE FROM activities WHERE execution = $0", instance.Execution);
        FallTable.Forget(database, instance.Execution);
        if (plan.Kept.Count > 0)
        {
            var mark = new HistoryEvent(HistoryEventKind.GenericEvent, now) { Reason = "Rewound: " + reason };
            database.Execute(
                "INSERT INTO history (execution, turn, events) VALUES ($0, 0, $1)", instance.Execution, HistoryJson.Write([.. plan.Kept, mark]));
        }

        database.Execute(
            "UPDATE instances SET status = $1, updated = $2, completed = NULL, output = NULL, failure = NULL, trace = $3 WHERE instance_id = $0",
            instance.InstanceId,
            (int)OrchestrationRuntimeStatus.Running,
            now.Ticks,
            HistoryJson.Write(instance.Trace));
        foreach (var item in plan.Redelivered)
            WorkItemWriter.InsertInbox(database, instance.InstanceId, instance.Execution, WithPayloads(database, item));
    }

    private static void RunAgain(
        StoreDatabase database,
        InstanceRecord instance,
        HistoryEvent call,
        List<ActivityWork> activities,
        List<PendingTimer> timers,
        Stack<InstanceRecord> pending,
        List<Delivery> deliveries,
        DateTime now)
    {
        switch (call.Kind)
        {
            case HistoryEventKind.TaskScheduled:
                var input = PayloadTable.Read(database, call.Input);
                var activity = new ActivityWork(instance.Execution, call.EventId!.Value, instance.InstanceId, call.Name!, call.Version, input, 0)
                {
                    Trace = instance.Trace,
                };
                WorkItemWriter.InsertActivity(database, activity);
                activities.Add(activity);
                break;
            case HistoryEventKind.TimerCreated:
                var timer = new PendingTimer(call.FireAt!.Value, instance.Execution, call.EventId!.Value, instance.InstanceId);
                WorkItemWriter.InsertTimer(database, timer);
                timers.Add(timer);
                break;
            case HistoryEventKind.SubOrchestrationInstanceCreated:
                RewindChild(database, instance, call, pending, now);
                break;
            case HistoryEventKind.EventSent:
                AskAgain(database, instance, call, deliveries);
                break;
        }
    }

    private static void AskAgain(StoreDatabase database, InstanceRecord instance, HistoryEvent call, List<Delivery> deliveries)
    {
        var caller = new CallerLink(instance.InstanceId, instance.Execution, call.EventId!.Value);
        var isLock = call.Request == EntityRequestKind.Lock;
        if (!isLock && EntityTable.HasCall(database, call.InstanceId!, caller))
            return;
        var input = PayloadTable.Read(database, call.Input);
        deliveries.Add(EntityWriter.Send(database, new EntityMessage(call.InstanceId!, call.Request!.Value)
        {
            Operation = call.Name, Input = isLock ? null : input, LockSet = isLock ? HistoryJson.ReadNames(input) : null, Caller = caller,
            Trace = instance.Trace?.OfCall(instance.Execution, call.EventId.Value) is { } place ? TraceText.Write(place) : null,
        }));
    }

    private static void RewindChild(StoreDatabase database, InstanceRecord parent, HistoryEvent call, Stack<InstanceRecord> pending, DateTime now)
    {
        var child = InstanceTable.Find(database, call.InstanceId!);
        if (child is null || child.Parent?.Execution != parent.Execution)
            return;
        if (child.Status == OrchestrationRuntimeStatus.Failed)
        {
            var trace = parent.Trace?.OfChild(parent.Execution, call.EventId!.Value) ?? child.Trace;
            pending.Push(child with { Trace = trace?.Again(now) });
        }
        else if (child.Status == OrchestrationRuntimeStatus.Completed)
        {
            var completed = new HistoryEvent(HistoryEventKind.SubOrchestrationInstanceCompleted, now) { TaskId = call.EventId, Result = child.Output };
            WorkItemWriter.InsertInbox(database, parent.InstanceId, parent.Execution, WithPayloads(database, completed));
        }
    }

    private static HistoryEvent WithPayloads(StoreDatabase database, HistoryEvent item) =>
        item with { Input = PayloadTable.Read(database, item.Input), Result = PayloadTable.Read(database, item.Result) };
}
