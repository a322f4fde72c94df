using System.Diagnostics;
using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>
/// One instance at work: takes what has arrived, runs a turn, commits it, and only then lets its effects out. Between turns the running code may stay in
/// memory; dropped at any time, it is built again by replay.
/// </summary>
internal sealed class OrchestrationSession(OrchestrationEngine engine, SessionTable<InboxMessage> table, string instanceId)
    : Session<InboxMessage>(engine, table, instanceId, int.MaxValue)
{
    private readonly OrchestrationEngine engine = engine;
    private readonly string instanceId = instanceId;
    private InstanceRecord? instance;
    private OrchestrationRun? run;
    private List<string> unplayed = [];
    private List<InboxMessage> held = [];
    private int turns;
    private int crashes;
    private long lastRow;
    private string? waits;
    private bool waitsKnown;
    private ExecutionSpans? spans;

    protected override bool IsLoaded => instance is not null;

    protected override void Reset()
    {
        instance = null;
        run = null;
        spans = null;
        unplayed = [];
        held = [];
    }

    protected override async Task WorkAsync(List<InboxMessage> messages)
    {
        if (instance is null)
        {
            engine.Crash.Pass(CrashPoint.BeforeLoad);
            var loaded = engine.Store.Load(instanceId);
            engine.Crash.Pass(CrashPoint.AfterLoad);
            lastRow = Math.Max(lastRow, loaded.Inbox.Count > 0 ? loaded.Inbox[^1].Row!.Value : 0);
            messages = [.. loaded.Inbox, .. messages.Where(message => message.Row is null || message.Row > lastRow)];
            if (loaded.Instance is null or { IsFinished: true })
            {
                if (messages.Count > 0)
                    await engine.Store.DropAsync(messages);
                return;
            }

            Open(loaded.Instance, [.. loaded.History], loaded.Crashes);
        }
        else
        {
            messages.RemoveAll(message => message.Row is { } row && row <= lastRow);
            if (messages.Count > 0 && messages[^1].Row is not null)
                lastRow = Math.Max(lastRow, messages.Max(message => message.Row ?? 0));
        }

        await AdvanceAsync(messages);
    }

    private void Open(InstanceRecord record, List<string> history, int crashes)
    {
        this.crashes = crashes;
        instance = record;
        run = null;
        unplayed = history;
        turns = history.Count;
        waits = null;
        waitsKnown = turns == 0;
        spans = engine.Tracer.Follow(record, history);
    }

    private async Task AdvanceAsync(List<InboxMessage> messages)
    {
        var now = engine.Time.GetUtcNow().UtcDateTime;
        var commit = new WorkItemCommit(instance!, now) { Turn = turns };
        var started = turns > 0;
        var due = started || (instance!.StartAt is not { } startAt || startAt <= now);
        var events = new List<HistoryEvent>();
        if (!engine.CanRun(instance!, out var refusal) && refusal is null)
        {
            held.AddRange(messages);
            return;
        }

        var terminated = Sort(messages, commit, events, due);
        if (!started && due)
        {
            events.InsertRange(0, [Started(now), .. HistoryJson.ReadEvents(instance!.Carried)]);
        }

        var work = RunningWork.OfTurn(instance!.Execution, turns);
        if (terminated is null && events.Count > 0)
            refusal ??= engine.Guard.Refuse(crashes, FailureTypes.OrchestrationPoisoned, $"orchestration '{instanceId}'");
        if (terminated is not null)
            Terminate(commit, terminated);
        else if (events.Count > 0 && refusal is not null)
            End(commit, events, new OrchestrationOutcome(OrchestrationRuntimeStatus.Failed) { Failure = refusal });
        else if (events.Exists(item => item.Reason == OrchestrationRun.ForeignAwait))
            End(commit, events, OrchestrationRun.IllegalAwait());
        else if (events.Count > 0)
            await TurnAsync(commit, events, work);
        else if (commit.ConsumedRows.Count + commit.ConsumedActivities.Count + commit.ConsumedTimers.Count + commit.Stashed.Count == 0)
            return;

        var result = await engine.Store.CommitAsync(commit);
        engine.Guard.Ended(work);
        engine.Crash.Pass(CrashPoint.BeforeDispatch);
        if (!result.Written)
        {
            Reset();
            GoOn();
            return;
        }

        Follow(commit);
        engine.Crash.Pass(CrashPoint.AfterDispatch);
    }

    private HistoryEvent Started(DateTime now) => new(HistoryEventKind.ExecutionStarted, now) { Name = instance!.Name, Version = instance.Version };

    /// <summary>Parts the messages into those for this turn and those that wait; gives a termination if there is one.</summary>
    private HistoryEvent? Sort(List<InboxMessage> messages, WorkItemCommit commit, List<HistoryEvent> events, bool due)
    {
        var waiting = new Queue<InboxMessage>(held.Concat(messages));
        var firstNew = held.Count;
        held = [];
        HistoryEvent? terminated = null;
        var index = 0;
        while (waiting.TryDequeue(out var message))
        {
            var isNew = index++ >= firstNew;
            var item = message.Event;
            if (message.Execution != 0 && message.Execution != instance!.Execution)
            {
                Consume(commit, message);
                continue;
            }

            var suspended = commit.Status == OrchestrationRuntimeStatus.Suspended;
            switch (item.Kind)
            {
                case HistoryEventKind.ExecutionTerminated:
                    Consume(commit, message);
                    terminated ??= item;
                    break;
                case HistoryEventKind.ExecutionSuspended when due:
                    Consume(commit, message);
                    if (!suspended)
                    {
                        commit.Status = OrchestrationRuntimeStatus.Suspended;
                        events.Add(item);
                    }

                    break;
                case HistoryEventKind.ExecutionResumed when due:
                    Consume(commit, message);
                    if (suspended)
                    {
                        commit.Status = OrchestrationRuntimeStatus.Running;
                        events.Add(item);

                        // What was kept back while suspended comes first, in its order.
                        waiting = new Queue<InboxMessage>(held.Concat(waiting));
                        firstNew = index + held.Count;
                        held = [];
                    }

                    break;
                default:
                    if (suspended || !due)
                    {
                        held.Add(message);
                        if (isNew && message.Row is null)
                        {
                            Consume(commit, message);
                            commit.Stashed.Add(item);
                        }
                    }
                    else
                    {
                        Consume(commit, message);
                        events.Add(item);
                    }

                    break;
            }
        }

        return terminated;
    }

    private static void Consume(WorkItemCommit commit, InboxMessage message)
    {
        if (message.Row is { } row)
            commit.ConsumedRows.Add(row);
        else if (message.Event.Kind == HistoryEventKind.TimerFired)
            commit.ConsumedTimers.Add((message.Execution, message.Event.TaskId!.Value));
        else if (message.Event.TaskId is { } task)
            commit.ConsumedActivities.Add((message.Execution, task));
    }

    private async Task TurnAsync(WorkItemCommit commit, List<HistoryEvent> events, RunningWork work)
    {
        await engine.Guard.AdmitAsync(work, crashes, $"orchestration '{instanceId}'");
        engine.Crash.Pass(CrashPoint.BeforeTurn);
        Turn turn;
        await engine.TurnSlots.WaitAsync();
        try
        {
            using var slot = engine.Guard.Enter(work);
            Activity.Current = spans?.Ambient;
            if (run is null)
            {
                var foreign = new HistoryEvent(HistoryEventKind.GenericEvent, commit.Now) { Reason = OrchestrationRun.ForeignAwait };
                var execution = instance!.Execution;
                run = engine.CreateRun(instance, () => engine.Post(instanceId, new InboxMessage(foreign, execution, null)));
                run.Replay(unplayed.SelectMany(HistoryJson.ReadEvents).Select(Noted).Select(engine.Store.WithPayload));
                unplayed = [];
            }

            commit.History.Add(new HistoryEvent(HistoryEventKind.OrchestratorStarted, commit.Now));
            commit.History.AddRange(events);
            turn = run.Advance(commit.History);
        }
        finally
        {
            Activity.Current = null;
            engine.TurnSlots.Release();
        }

        engine.Crash.Pass(CrashPoint.AfterTurn);
        if (commit.Status == OrchestrationRuntimeStatus.Pending)
            commit.Status = OrchestrationRuntimeStatus.Running;
        commit.CustomStatus = run.CustomStatus;
        foreach (var id in turn.CancelledTimers)
        {
            commit.ConsumedTimers.Add((instance!.Execution, id));
            engine.Timers.Cancel(instance.Execution, id);
        }

        foreach (var action in turn.Actions)
            engine.Actions.Add(commit, action, turn.CancelledTimers);
        Record(commit, turn.Outcome is null ? HistoryJson.Write(run.Waits) : null);
        if (turn.Outcome is { } outcome)
            Finish(commit, outcome);
        commit.History.Add(new HistoryEvent(HistoryEventKind.OrchestratorCompleted, commit.Now));
    }

    private HistoryEvent Noted(HistoryEvent item)
    {
        spans?.Note(item);
        return item;
    }

    private void Record(WorkItemCommit commit, string? now)
    {
        commit.Waits = now;
        commit.WaitsChanged = !waitsKnown || now != waits;
    }

    private void Finish(WorkItemCommit commit, OrchestrationOutcome outcome)
    {
        commit.Outcome = outcome;
        if (outcome.Status == OrchestrationRuntimeStatus.ContinuedAsNew)
        {
            commit.NextExecution = engine.Store.NextExecution();
            commit.NextTrace = instance!.Trace is { StartedAt: null } first ? first with { StartedAt = run!.StartedAt } : instance.Trace;
            return;
        }

        commit.Status = outcome.Status;
        commit.History.Add(new HistoryEvent(HistoryEventKind.ExecutionCompleted, commit.Now)
        {
            Status = outcome.Status, Result = outcome.Output, Failure = outcome.Failure, TaskId = outcome.FailedTaskId,
        });
    }

    private void Terminate(WorkItemCommit commit, HistoryEvent terminated)
    {
        commit.TerminateChildren = terminated.Recursive == true;
        End(commit, [terminated], new OrchestrationOutcome(OrchestrationRuntimeStatus.Terminated) { Output = terminated.Input });
    }

    private void End(WorkItemCommit commit, List<HistoryEvent> events, OrchestrationOutcome outcome)
    {
        commit.History.Add(new HistoryEvent(HistoryEventKind.OrchestratorStarted, commit.Now));
        commit.History.AddRange(events);
        Record(commit, null);
        Finish(commit, outcome);
        commit.History.Add(new HistoryEvent(HistoryEventKind.OrchestratorCompleted, commit.Now));
    }

    /// <summary>Lets the effects of a commit out.</summary>
    private void Follow(WorkItemCommit commit)
    {
        spans?.Emit(commit);
        if (commit.WaitsChanged)
            (waits, waitsKnown) = (commit.Waits, true);
        foreach (var activity in commit.Activities)
            engine.Activities.Enqueue(activity);
        if (commit.Outcome is null)
        {
            foreach (var timer in commit.Timers)
                engine.Timers.Add(timer);
        }

        if (commit.Status != instance!.Status || commit.Outcome is not null)
            engine.Watch.Changed(instanceId);
        if (commit.NextExecution != 0)
        {
            var outcome = commit.Outcome!;
            Open(
                instance with
                {
                    Execution = commit.NextExecution,
                    Status = commit.Status,
                    Input = outcome.NewInput,
                    Version = outcome.NewVersion ?? instance.Version,
                    CustomStatus = null,
                    Trace = commit.NextTrace,
                    Carried = HistoryJson.Write(outcome.CarriedEvents),
                },
                [],
                0);
            GoOn();
        }
        else if (commit.Outcome is not null || commit.Stashed.Count > 0 || engine.Settings.MaxLiveSessions == 0)
        {
            // What was stashed has rows now; it is read back with the instance. So is one that is to be replayed at each step, whatever has arrived already.
            Reset();
        }
        else
        {
            if (commit.History.Count > 0)
                (turns, crashes) = (turns + 1, 0);
            instance = instance with { Status = commit.Status, CustomStatus = commit.CustomStatus, Carried = null };
        }
    }
}
