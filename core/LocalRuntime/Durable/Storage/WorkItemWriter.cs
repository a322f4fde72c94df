using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Writes the commit of a work item inside the open transaction.</summary>
internal static class WorkItemWriter
{
    public static CommitResult Write(StoreDatabase database, WorkItemCommit commit)
    {
        foreach (var row in commit.ConsumedRows)
            database.Execute("DELETE FROM inbox WHERE number = $0", row);
        foreach (var (execution, task) in commit.ConsumedActivities)
            database.Execute("DELETE FROM activities WHERE execution = $0 AND task = $1", execution, task);
        foreach (var (execution, task) in commit.ConsumedTimers)
            database.Execute("DELETE FROM timers WHERE execution = $0 AND task = $1", execution, task);
        if (!Update(database, commit))
            return new CommitResult(false, []);

        var instance = commit.Instance;
        if (commit.NextExecution != 0)
        {
            database.Execute("DELETE FROM history WHERE execution = $0", instance.Execution);
            database.Execute("DELETE FROM timers WHERE execution = $0", instance.Execution);
            PayloadTable.Release(database, PayloadOwner.Execution(instance.Execution));
        }
        else if (commit.History.Count > 0)
        {
            InsertHistory(database, instance.Execution, commit.Turn, commit.History);
        }

        if (commit.WaitsChanged)
            WriteWaits(database, instance.Execution, commit.Waits);
        foreach (var item in commit.Stashed)
            InsertInbox(database, instance.InstanceId, instance.Execution, item);
        foreach (var activity in commit.Activities)
            InsertActivity(database, activity);
        if (commit.Outcome is null)
        {
            foreach (var timer in commit.Timers)
                InsertTimer(database, timer);
        }

        var deliveries = new List<Delivery>();
        foreach (var child in commit.Children)
            deliveries.Add(StartChild(database, child));
        foreach (var (target, execution, item) in commit.Messages)
        {
            if (Deliver(database, target, execution, item) is { } delivery)
                deliveries.Add(delivery);
        }

        foreach (var message in commit.EntityMessages)
            deliveries.Add(EntityWriter.Send(database, message));
        if (commit.Status.IsFinished() || commit.NextExecution != 0)
            EntityWriter.ReleaseLocks(database, instance.Execution, deliveries);
        if (commit.Status.IsFinished())
            Finish(database, commit, deliveries);
        return new CommitResult(true, deliveries);
    }

    /// <summary>Puts a message into an instance's inbox; null when there is no such instance, or it has finished.</summary>
    public static Delivery? Deliver(StoreDatabase database, string instanceId, long execution, HistoryEvent item)
    {
        var running = database.Query("SELECT execution FROM instances WHERE instance_id = $0 AND completed IS NULL", row => row.GetInt64(0), instanceId);
        if (running.Count == 0 || (execution != 0 && running[0] != execution))
            return null;
        return new Delivery(instanceId, new InboxMessage(item, execution, InsertInbox(database, instanceId, execution, item)));
    }

    /// <summary>Writes the events of a turn.</summary>
    public static void InsertHistory(StoreDatabase database, long execution, int turn, IReadOnlyList<HistoryEvent> events) => database.Execute(
        "INSERT INTO history (execution, turn, events) VALUES ($0, $1, $2)",
        execution,
        turn,
        HistoryJson.Write([.. events.Select(item => PayloadTable.Keep(database, execution, item))]));

    public static long InsertInbox(StoreDatabase database, string instanceId, long execution, HistoryEvent item) =>
        database.Insert("INSERT INTO inbox (instance_id, execution, event) VALUES ($0, $1, $2)", instanceId, execution, HistoryJson.Write(item));

    public static void InsertActivity(StoreDatabase database, ActivityWork activity) => database.Execute(
        "INSERT INTO activities (execution, task, instance_id, name, version, input) VALUES ($0, $1, $2, $3, $4, $5)",
        activity.Execution,
        activity.TaskId,
        activity.InstanceId,
        activity.Name,
        activity.Version,
        activity.Input);

    public static void InsertTimer(StoreDatabase database, PendingTimer timer) => database.Execute(
        "INSERT INTO timers (execution, task, instance_id, due) VALUES ($0, $1, $2, $3)", timer.Execution, timer.TaskId, timer.InstanceId, timer.Due.Ticks);

    private static void WriteWaits(StoreDatabase database, long execution, string? waits)
    {
        if (waits is null)
            database.Execute("DELETE FROM waits WHERE execution = $0", execution);
        else
            database.Execute("INSERT OR REPLACE INTO waits (execution, waits) VALUES ($0, $1)", execution, waits);
    }

    private static bool Update(StoreDatabase database, WorkItemCommit commit)
    {
        var instance = commit.Instance;
        var outcome = commit.Outcome;
        if (commit.NextExecution != 0)
        {
            return database.Execute(
                "UPDATE instances SET execution = $2, status = $3, updated = $4, custom_status = NULL, input = $5, version = $6, carried = $7, trace = $8 "
                + "WHERE instance_id = $0 AND execution = $1",
                instance.InstanceId,
                instance.Execution,
                commit.NextExecution,
                (int)commit.Status,
                commit.Now.Ticks,
                PayloadTable.Keep(database, commit.NextExecution, outcome!.NewInput),
                outcome.NewVersion ?? instance.Version,
                HistoryJson.Write(outcome.CarriedEvents),
                HistoryJson.Write(commit.NextTrace)) == 1;
        }

        return database.Execute(
            "UPDATE instances SET status = $2, updated = $3, custom_status = $4, output = $5, failure = $6, completed = $7, carried = NULL "
            + "WHERE instance_id = $0 AND execution = $1",
            instance.InstanceId,
            instance.Execution,
            (int)commit.Status,
            commit.Now.Ticks,
            commit.CustomStatus,
            PayloadTable.Keep(database, instance.Execution, outcome?.Output),
            HistoryJson.Write(outcome?.Failure),
            commit.Status.IsFinished() ? commit.Now.Ticks : null) == 1;
    }

    private static Delivery StartChild(StoreDatabase database, InstanceRecord child)
    {
        var existing = InstanceTable.Find(database, child.InstanceId);
        if (existing is { IsFinished: false })
        {
            var parent = child.Parent!;
            var failed = new HistoryEvent(HistoryEventKind.SubOrchestrationInstanceFailed, child.CreatedAt)
            {
                TaskId = parent.TaskId,
                Failure = new TaskFailureDetails(
                    FailureTypes.AlreadyExists, $"An Orchestration instance with the ID {child.InstanceId} already exists.", null, null, null),
            };
            var row = InsertInbox(database, parent.InstanceId, parent.Execution, failed);
            return new Delivery(parent.InstanceId, new InboxMessage(failed, parent.Execution, row));
        }

        if (existing is not null)
            InstanceTable.Delete(database, existing.InstanceId, existing.Execution);
        InstanceTable.Insert(database, child);
        return new Delivery(child.InstanceId, null);
    }

    private static void Finish(StoreDatabase database, WorkItemCommit commit, List<Delivery> deliveries)
    {
        var instance = commit.Instance;
        database.Execute("DELETE FROM inbox WHERE instance_id = $0", instance.InstanceId);
        database.Execute("DELETE FROM timers WHERE execution = $0", instance.Execution);
        if (commit.TerminateChildren)
        {
            var children = database.Query(
                "SELECT instance_id FROM instances WHERE parent_id = $0 AND parent_execution = $1 AND completed IS NULL",
                row => row.GetString(0),
                instance.InstanceId,
                instance.Execution);
            foreach (var child in children)
            {
                var terminate = new HistoryEvent(HistoryEventKind.ExecutionTerminated, commit.Now) { Input = commit.Outcome?.Output, Recursive = true };
                if (Deliver(database, child, 0, terminate) is { } delivery)
                    deliveries.Add(delivery);
            }
        }

        if (instance.Parent is not { } parent)
            return;
        var outcome = commit.Outcome!;
        var report = outcome.Status == OrchestrationRuntimeStatus.Completed
            ? new HistoryEvent(HistoryEventKind.SubOrchestrationInstanceCompleted, commit.Now) { TaskId = parent.TaskId, Result = outcome.Output }
            : new HistoryEvent(HistoryEventKind.SubOrchestrationInstanceFailed, commit.Now)
            {
                TaskId = parent.TaskId,
                Failure = outcome.Failure
                    ?? new TaskFailureDetails(FailureTypes.Terminated, $"The orchestration was terminated: {outcome.Output}", null, null, null),
            };
        if (Deliver(database, parent.InstanceId, parent.Execution, report) is { } reported)
            deliveries.Add(reported);
    }
}
