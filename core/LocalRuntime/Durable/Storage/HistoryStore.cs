using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>The durable state of a hub: what is changed goes through the one writer, and is handed on only once it is on the disk.</summary>
internal sealed class HistoryStore : IDisposable
{
    private static readonly TimeSpan LongestPurge = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider time;
    private readonly HubLock hubLock;
    private readonly StoreWriter writer;
    private readonly Action<Delivery> deliver;
    private long lastExecution;

    /// <param name="settings">Where the hub's database is.</param>
    /// <param name="time">The clock.</param>
    /// <param name="crash">Whether the engine is down.</param>
    /// <param name="deliver">Takes messages on the writer's thread, after their commit and in its order; must not block or throw.</param>
    public HistoryStore(DurableTaskSettings settings, TimeProvider time, CrashSwitch crash, Action<Delivery> deliver)
    {
        this.time = time;
        this.deliver = deliver;
        Directory.CreateDirectory(Path.GetDirectoryName(settings.DatabasePath)!);
        hubLock = new HubLock(Path.ChangeExtension(settings.DatabasePath, ".lock"), time);
        try
        {
            var database = StoreDatabase.OpenWriter(settings.DatabasePath, settings.Synchronous);
            lastExecution = database.Query(
                "SELECT MAX(COALESCE((SELECT MAX(execution) FROM instances), 0), COALESCE((SELECT MAX(execution) FROM activities), 0), "
                + "COALESCE((SELECT MAX(execution) FROM history), 0), COALESCE((SELECT MAX(caller_execution) FROM entity_inbox), 0), "
                + "COALESCE((SELECT MAX(holder_execution) FROM entities), 0))",
                row => row.GetInt64(0))[0];
            writer = new StoreWriter(database, crash);
            Readers = new StoreReaders(settings.DatabasePath);
            Entities = new EntityStore(writer, Readers, deliver);
        }
        catch
        {
            hubLock.Dispose();
            throw;
        }
    }

    /// <summary>The entities of the hub.</summary>
    public EntityStore Entities { get; }

    /// <summary>Reads beside the writer.</summary>
    public StoreReaders Readers { get; }

    /// <summary>A number for a new execution.</summary>
    public long NextExecution() => Interlocked.Increment(ref lastExecution);

    /// <summary>What was under way when the hub was last open.</summary>
    /// <param name="fallenWith">What was running when the last process fell; null when it did not fall.</param>
    /// <param name="maxCrashes">Falls in a row that convict.</param>
    public Task<RecoveredWork> RecoverAsync(IReadOnlyCollection<RunningWork>? fallenWith, int maxCrashes) => writer.RunAsync(database =>
    {
        if (fallenWith is null)
            FallTable.Clean(database);
        else
            FallTable.Count(database, fallenWith, maxCrashes);
        var activities = database.Query(
            "SELECT a.execution, a.task, a.instance_id, a.name, a.version, a.input, COALESCE(f.crashes, 0), i.trace FROM activities a "
            + "LEFT JOIN falls f ON f.kind = 0 AND f.number = a.execution AND f.part = a.task "
            + "LEFT JOIN instances i ON i.instance_id = a.instance_id AND i.execution = a.execution ORDER BY a.execution, a.task",
            row => new ActivityWork(
                row.GetInt64(0), row.GetInt32(1), row.GetString(2), row.GetString(3), Text(row, 4), Text(row, 5), row.GetInt32(6))
            {
                Trace = HistoryJson.ReadTrace(Text(row, 7)),
            });
        var timers = database.Query(
            "SELECT due, execution, task, instance_id FROM timers",
            row => new PendingTimer(InstanceTable.Time(row.GetInt64(0)), row.GetInt64(1), row.GetInt32(2), row.GetString(3)));
        timers.AddRange(database.Query(
            "SELECT start_at, execution, instance_id FROM instances WHERE completed IS NULL AND status = 6 AND start_at IS NOT NULL",
            row => new PendingTimer(InstanceTable.Time(row.GetInt64(0)), row.GetInt64(1), PendingTimer.StartTask, row.GetString(2))));
        var waiting = database.Query("SELECT DISTINCT instance_id FROM inbox", row => row.GetString(0));
        waiting.AddRange(database.Query(
            "SELECT instance_id FROM instances i WHERE completed IS NULL AND NOT EXISTS (SELECT 1 FROM history h WHERE h.execution = i.execution)",
            row => row.GetString(0)));
        return new RecoveredWork(activities, timers, waiting);
    });

    /// <summary>Creates an instance unless one of its id stands in the way.</summary>
    /// <returns>The status that stands in the way, or null when the instance was created.</returns>
    public async Task<OrchestrationRuntimeStatus?> StartAsync(OrchestrationStart start) => (await writer.RunAsync(
        database => StartWriter.Start(database, start),
        result =>
        {
            foreach (var delivery in result.Deliveries)
                deliver(delivery);
        })).Existing;

    /// <summary>Sends a message to an instance.</summary>
    /// <returns>False when there is no such instance, or it has finished.</returns>
    public async Task<bool> SendAsync(string instanceId, HistoryEvent message) => await writer.RunAsync(
        database => WorkItemWriter.Deliver(database, instanceId, 0, message),
        delivery =>
        {
            if (delivery is { } delivered)
                deliver(delivered);
        }) is not null;

    /// <summary>Reads an instance as of the last commit. What is committed later is delivered after that.</summary>
    public LoadedInstance Load(string instanceId) => Readers.Read(database =>
    {
        var instance = InstanceTable.Find(database, instanceId);
        if (instance is { IsFinished: false })
            instance = instance with { Input = PayloadTable.Read(database, instance.Input) };
        var history = instance is null or { IsFinished: true } ? [] : ReadHistory(database, instance.Execution);
        var inbox = database.Query(
            "SELECT number, execution, event FROM inbox WHERE instance_id = $0 ORDER BY number",
            row => new InboxMessage(HistoryJson.ReadEvent(row.GetString(2)), row.GetInt64(1), row.GetInt64(0)),
            instanceId);
        var crashes = instance is null ? 0 : FallTable.Find(database, RunningWork.OfTurn(instance.Execution, history.Count));
        return new LoadedInstance(instance, history, inbox, crashes);
    });

    /// <summary>The event with what it brings to the code that waits for it; what the code once gave is not needed again and may stay a reference.</summary>
    public HistoryEvent WithPayload(HistoryEvent item) =>
        PayloadTable.IsReference(item.Result) || (item.Kind == HistoryEventKind.EventRaised && PayloadTable.IsReference(item.Input))
            ? Readers.Read(database => item with { Input = PayloadTable.Read(database, item.Input), Result = PayloadTable.Read(database, item.Result) })
            : item;

    public Task<CommitResult> CommitAsync(WorkItemCommit commit) => writer.RunAsync(
        database => WorkItemWriter.Write(database, commit),
        result =>
        {
            foreach (var delivery in result.Deliveries)
                deliver(delivery);
        });

    /// <summary>Drops messages that are for no running execution.</summary>
    public Task<bool> DropAsync(IReadOnlyList<InboxMessage> messages) => writer.RunAsync(database =>
    {
        foreach (var message in messages)
        {
            if (message.Row is { } row)
                database.Execute("DELETE FROM inbox WHERE number = $0", row);
            else if (message.Event.Kind == HistoryEventKind.TimerFired)
                database.Execute("DELETE FROM timers WHERE execution = $0 AND task = $1", message.Execution, message.Event.TaskId);
            else if (message.Event.TaskId is { } task)
                database.Execute("DELETE FROM activities WHERE execution = $0 AND task = $1", message.Execution, task);
        }

        return true;
    });

    /// <summary>
    /// Removes finished instances and gives their number; with children, the finished ones below them too. Done in slices, so that other writes get their turn.
    /// </summary>
    public async Task<int> PurgeAsync(IReadOnlyList<string> instanceIds, bool recursive)
    {
        var purged = 0;
        string[] rest = [.. instanceIds];
        while (rest.Length > 0)
        {
            var slice = rest;
            (var count, rest) = await writer.RunAsync(database => PurgeSlice(database, slice, recursive));
            purged += count;
        }

        return purged;
    }

    /// <summary>Takes back the failure of an instance, and of the children that it failed by.</summary>
    /// <exception cref="InvalidOperationException">One of them failed in a critical section.</exception>
    /// <returns>What is to be run again, or the status for which the instance cannot be rewound; both null when there is no such instance.</returns>
    public Task<RewindResult> RewindAsync(string instanceId, string? reason, DateTime now) => writer.RunAsync(
        database => RewindWriter.Rewind(database, instanceId, reason, now),
        result =>
        {
            foreach (var delivery in result.Deliveries)
                deliver(delivery);
        });

    /// <summary>Finishes what is queued and closes the database.</summary>
    public void Dispose()
    {
        writer.Dispose();
        Readers.Dispose();
        hubLock.Dispose();
    }

    /// <summary>The turns of an execution in order, each a list of events in JSON.</summary>
    internal static List<string> ReadHistory(StoreDatabase database, long execution) =>
        database.Query("SELECT events FROM history WHERE execution = $0 ORDER BY turn", row => row.GetString(0), execution);

    private (int Purged, string[] Left) PurgeSlice(StoreDatabase database, string[] instanceIds, bool recursive)
    {
        var started = time.GetTimestamp();
        var purged = 0;
        var pending = new Stack<string>(instanceIds);
        while (time.GetElapsedTime(started) < LongestPurge && pending.TryPop(out var id))
        {
            if (InstanceTable.Find(database, id) is not { IsFinished: true } instance)
                continue;
            if (recursive)
            {
                foreach (var child in database.Query("SELECT instance_id FROM instances WHERE parent_id = $0", row => row.GetString(0), id))
                    pending.Push(child);
            }

            InstanceTable.Delete(database, id, instance.Execution);
            purged++;
        }

        return (purged, [.. pending]);
    }

    private static string? Text(Microsoft.Data.Sqlite.SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
