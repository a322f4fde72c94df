using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.Testing.Replay;
using Iml4e.LocalRuntime.Testing.Scripts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iml4e.LocalRuntime.Testing.Simulation;

/// <summary>
/// A hub without a store: drives the engine's own orchestration code, answers what it asks for from scripts, and lets the virtual time jump to whatever is due
/// next. Each answer, timer and event is a turn of its own, in order of time and then of asking.
/// </summary>
internal sealed class OrchestrationSimulation
{
    private readonly OrchestrationHarness harness;
    private readonly OrchestrationServices services;
    private readonly ActionWriter writer;
    private readonly ScriptRunner scripts;
    private readonly EntitySimulation entities;
    private readonly Dictionary<string, SimulatedInstance> instances = new(StringComparer.Ordinal);
    private readonly List<SimulatedInstance> all = [];
    private readonly PriorityQueue<Func<Task>, (DateTimeOffset Due, long Order)> agenda = new();
    private readonly HashSet<(long Execution, int Id)> cancelledTimers = [];
    private SimulatedInstance root = null!;
    private long order;
    private long executions;
    private int turns;

    public OrchestrationSimulation(OrchestrationHarness harness)
    {
        this.harness = harness;
        services = Services(new HarnessFunctions(harness.Catalog, Wrap));
        writer = new ActionWriter(services.Functions, () => ++executions);
        scripts = new ScriptRunner(harness, services);
        entities = new EntitySimulation(harness, scripts, (due, caller, item) => Deliver(due, caller.InstanceId, caller.Execution, item), At);
    }

    private DateTimeOffset Now => harness.Time.GetUtcNow();

    public async Task<SimulatedInstance> RunAsync(string name, string? input)
    {
        var start = Now;
        root = Start(new InstanceRecord
        {
            InstanceId = InstanceIds.Check(harness.InstanceId),
            Execution = ++executions,
            Name = name,
            Version = harness.Version,
            Status = OrchestrationRuntimeStatus.Pending,
            CreatedAt = start.UtcDateTime,
            UpdatedAt = start.UtcDateTime,
            Input = services.Payloads.Check(input, $"input of orchestration '{name}'"),
            Parent = harness.Parent is { } parent ? new ParentLink(parent.InstanceId, parent.Name, 0, 0) : null,
        });
        var running = new RunningOrchestration(this, root, harness.Converter);
        foreach (var (at, action) in harness.Plan)
        {
            At(start + at, () =>
            {
                action(running);
                return Task.CompletedTask;
            });
        }

        var end = harness.StopAfter is { } limit ? start + limit : DateTimeOffset.MaxValue;
        while (agenda.TryPeek(out var next, out var key))
        {
            // When the orchestration has ended, what happens at the same moment still happens, such as the end of its children.
            if (root.Outcome is not null && key.Due > Now)
                break;
            if (key.Due > end)
            {
                harness.Time.MoveTo(end);
                break;
            }

            agenda.Dequeue();
            harness.Time.MoveTo(key.Due);
            await next();
        }

        if (harness.VerifyDeterminism)
            Verify();
        return root;
    }

    /// <summary>The instances that the simulated code started, the first one aside.</summary>
    public IEnumerable<SimulatedInstance> Children => all.Skip(1);

    /// <summary>What an instance that goes on is waiting for.</summary>
    public static IEnumerable<string> WaitingFor(SimulatedInstance instance)
    {
        if (instance.Outcome is not null)
            return [];
        var answered = instance.History.Where(item => item.TaskId is not null).Select(item => item.TaskId!.Value).ToHashSet();
        var calls = instance.History
            .Where(item => item.EventId is { } id && !answered.Contains(id)
                && (item.Kind != HistoryEventKind.EventSent || item.Request is EntityRequestKind.Call or EntityRequestKind.Lock))
            .Select(item => OrchestrationEvent.Of(item).ToString());
        var events = instance.Recorder.AwaitedEvents.Select(name => $"event '{name}'");
        return instance.Record.Status == OrchestrationRuntimeStatus.Suspended ? ["to be resumed", .. calls, .. events] : [.. calls, .. events];
    }

    /// <summary>Sends an instance an event, now.</summary>
    public void Post(SimulatedInstance instance, HistoryEvent item) => Deliver(Now, instance.Record.InstanceId, 0, item);

    private OrchestrationServices Services(IDurableFunctionInvoker functions)
    {
        var settings = new DurableTaskSettings { DataFolder = "", DefaultVersion = harness.Version };
        return new OrchestrationServices(
            functions, harness.Converter, harness.Loggers, settings, new PayloadGuard(settings, NullLogger.Instance));
    }

    private RecordingContext Wrap(TaskOrchestrationContext context) => new(context, harness.Loggers, instances[context.InstanceId].Recorder);

    private void At(DateTimeOffset due, Func<Task> action) => agenda.Enqueue(action, (due, order++));

    private SimulatedInstance Start(InstanceRecord record)
    {
        var instance = new SimulatedInstance(record, new OrchestrationRecorder(harness.Converter)) { StartedAt = Now };
        instances[record.InstanceId] = instance;
        all.Add(instance);
        Begin(instance, []);
        return instance;
    }

    private void Begin(SimulatedInstance instance, IReadOnlyList<HistoryEvent> carried)
    {
        var execution = instance.Record.Execution;
        instance.History.Clear();
        instance.Recorder.StartOver();
        instance.Run = new OrchestrationRun(services, instance.Identity, static () => { });
        At(Now, () =>
        {
            if (instance.Outcome is not null || instance.Record.Execution != execution)
                return Task.CompletedTask;
            var record = instance.Record;
            var started = new HistoryEvent(HistoryEventKind.ExecutionStarted, Now.UtcDateTime) { Name = record.Name, Version = record.Version };
            return TurnAsync(instance, [started, .. carried]);
        });
    }

    /// <summary>Has an event arrive at an instance; execution 0 is whichever is the present one.</summary>
    private void Deliver(DateTimeOffset due, string instanceId, long execution, HistoryEvent item) => At(due, () =>
    {
        if (!instances.TryGetValue(instanceId, out var instance)
            || instance.Outcome is not null
            || (execution != 0 && execution != instance.Record.Execution)
            || (item.Kind == HistoryEventKind.TimerFired && cancelledTimers.Contains((execution, item.TaskId!.Value))))
        {
            return Task.CompletedTask;
        }

        return ReceiveAsync(instance, item with { Timestamp = Now.UtcDateTime });
    });

    private Task ReceiveAsync(SimulatedInstance instance, HistoryEvent item)
    {
        var suspended = instance.Record.Status == OrchestrationRuntimeStatus.Suspended;
        switch (item.Kind)
        {
            case HistoryEventKind.ExecutionTerminated:
                Terminate(instance, item);
                return Task.CompletedTask;
            case HistoryEventKind.ExecutionSuspended:
                if (suspended)
                    return Task.CompletedTask;
                instance.Record = instance.Record with { Status = OrchestrationRuntimeStatus.Suspended };
                return TurnAsync(instance, [item]);
            case HistoryEventKind.ExecutionResumed:
                if (!suspended)
                    return Task.CompletedTask;
                instance.Record = instance.Record with { Status = OrchestrationRuntimeStatus.Running };
                List<HistoryEvent> events = [item, .. instance.Held];
                instance.Held.Clear();
                return TurnAsync(instance, events);
            default:
                if (!suspended)
                    return TurnAsync(instance, [item]);
                instance.Held.Add(item);
                return Task.CompletedTask;
        }
    }

    private async Task TurnAsync(SimulatedInstance instance, IReadOnlyList<HistoryEvent> events)
    {
        if (++turns > harness.MaxTurns)
        {
            throw new InvalidOperationException(FormattableString.Invariant(
                $"'{root.Record.Name}' has not come to rest after {harness.MaxTurns} turns, at {Now:O}; set StopAfter or MaxTurns if it is meant to go on."));
        }

        var commit = new WorkItemCommit(instance.Record, Now.UtcDateTime);
        commit.History.Add(new HistoryEvent(HistoryEventKind.OrchestratorStarted, commit.Now));
        commit.History.AddRange(events);
        var turn = instance.Run.Advance(commit.History);
        foreach (var id in turn.CancelledTimers)
            cancelledTimers.Add((instance.Record.Execution, id));
        foreach (var action in turn.Actions)
            writer.Add(commit, action, turn.CancelledTimers);
        if (instance.Record.Status == OrchestrationRuntimeStatus.Pending)
            instance.Record = instance.Record with { Status = OrchestrationRuntimeStatus.Running };
        instance.Record = instance.Record with { CustomStatus = instance.Run.CustomStatus };
        if (turn.Outcome is { } outcome)
            End(commit, outcome);
        commit.History.Add(new HistoryEvent(HistoryEventKind.OrchestratorCompleted, commit.Now));
        instance.History.AddRange(commit.History);
        await FollowAsync(instance, commit, turn.Outcome);
    }

    private static void End(WorkItemCommit commit, OrchestrationOutcome outcome) => commit.History.Add(
        outcome.Status == OrchestrationRuntimeStatus.ContinuedAsNew
            ? new HistoryEvent(HistoryEventKind.ContinueAsNew, commit.Now) { Status = outcome.Status, Result = outcome.NewInput, Version = outcome.NewVersion }
            : new HistoryEvent(HistoryEventKind.ExecutionCompleted, commit.Now)
            {
                Status = outcome.Status, Result = outcome.Output, Failure = outcome.Failure, TaskId = outcome.FailedTaskId,
            });

    private async Task FollowAsync(SimulatedInstance instance, WorkItemCommit commit, OrchestrationOutcome? outcome)
    {
        foreach (var activity in commit.Activities)
            await AnswerAsync(activity);
        foreach (var child in commit.Children)
            await StartChildAsync(child);
        foreach (var (target, execution, item) in commit.Messages)
            Deliver(Now, target, execution, item);
        foreach (var message in commit.EntityMessages)
        {
            if (!await entities.ReceiveAsync(message))
                throw Unscripted("OnEntity", $"'{message.Operation}' of entity '{message.EntityId}'", instance.Record.InstanceId, message.Input);
        }

        switch (outcome)
        {
            case null:
                foreach (var timer in commit.Timers)
                {
                    var fired = new HistoryEvent(HistoryEventKind.TimerFired, commit.Now) { TaskId = timer.TaskId, FireAt = timer.Due };
                    Deliver(new DateTimeOffset(timer.Due), timer.InstanceId, timer.Execution, fired);
                }

                break;
            case { Status: OrchestrationRuntimeStatus.ContinuedAsNew }:
                entities.Release(instance.Record.Execution);
                instance.Generations.Add(instance.Document);
                instance.Record = instance.Record with
                {
                    Execution = ++executions, Input = outcome.NewInput, Version = outcome.NewVersion ?? instance.Record.Version, CustomStatus = null,
                };
                Begin(instance, outcome.CarriedEvents);
                break;
            default:
                Finish(instance, outcome);
                break;
        }
    }

    private async Task AnswerAsync(ActivityWork activity)
    {
        var call = $"activity '{activity.Name}'";
        var input = scripts.Input(activity.Input);
        var script = harness.Activities.Find(activity.Name, input) ?? throw Unscripted("OnActivity", call, activity.InstanceId, activity.Input);
        if (await scripts.RunAsync(script, input, "result of " + call) is not (var due, var json, var failure))
            return;
        Deliver(due, activity.InstanceId, activity.Execution, failure is null
            ? new HistoryEvent(HistoryEventKind.TaskCompleted, default) { TaskId = activity.TaskId, Result = json }
            : new HistoryEvent(HistoryEventKind.TaskFailed, default) { TaskId = activity.TaskId, Failure = failure });
    }

    private async Task StartChildAsync(InstanceRecord child)
    {
        var parent = child.Parent!;
        var call = $"sub-orchestration '{child.Name}'";
        var input = scripts.Input(child.Input);
        if (harness.SubOrchestrations.Find(child.Name, input) is { } script)
        {
            if (await scripts.RunAsync(script, input, "output of " + call) is (var due, var json, var failure))
                Report(due, parent, json, failure);
        }
        else if (!harness.Catalog.Has(child.Name))
        {
            throw Unscripted("OnSubOrchestration, or run the real one with AddOrchestrator", call, parent.InstanceId, child.Input);
        }
        else if (instances.TryGetValue(child.InstanceId, out var existing) && existing.Outcome is null)
        {
            Report(Now, parent, null, new TaskFailureDetails(
                FailureTypes.AlreadyExists, $"An Orchestration instance with the ID {child.InstanceId} already exists.", null, null, null));
        }
        else
        {
            Start(child);
        }
    }

    private void Report(DateTimeOffset due, ParentLink parent, string? json, TaskFailureDetails? failure) => Deliver(
        due, parent.InstanceId, parent.Execution, failure is null
            ? new HistoryEvent(HistoryEventKind.SubOrchestrationInstanceCompleted, default) { TaskId = parent.TaskId, Result = json }
            : new HistoryEvent(HistoryEventKind.SubOrchestrationInstanceFailed, default) { TaskId = parent.TaskId, Failure = failure });

    private void Terminate(SimulatedInstance instance, HistoryEvent terminated)
    {
        var commit = new WorkItemCommit(instance.Record, Now.UtcDateTime);
        var outcome = new OrchestrationOutcome(OrchestrationRuntimeStatus.Terminated) { Output = terminated.Input };
        commit.History.Add(new HistoryEvent(HistoryEventKind.OrchestratorStarted, commit.Now));
        commit.History.Add(terminated);
        End(commit, outcome);
        commit.History.Add(new HistoryEvent(HistoryEventKind.OrchestratorCompleted, commit.Now));
        instance.History.AddRange(commit.History);
        Finish(instance, outcome);
        if (terminated.Recursive != true)
            return;
        foreach (var child in instances.Values.Where(child => child.Record.Parent?.Execution == instance.Record.Execution))
            Post(child, terminated);
    }

    private void Finish(SimulatedInstance instance, OrchestrationOutcome outcome)
    {
        entities.Release(instance.Record.Execution);
        instance.Outcome = outcome;
        instance.EndedAt = Now;
        instance.Record = instance.Record with { Status = outcome.Status };
        if (instance == root || instance.Record.Parent is not { } parent)
            return;
        var failure = outcome.Status == OrchestrationRuntimeStatus.Completed
            ? null
            : outcome.Failure ?? new TaskFailureDetails(FailureTypes.Terminated, $"The orchestration was terminated: {outcome.Output}", null, null, null);
        Report(Now, parent, outcome.Output, failure);
    }

    private UnscriptedCallException Unscripted(string method, string what, string caller, string? input) => new(
        $"'{instances[caller].Record.Name}' called {what} with input {Shortened.Of(input)}, which nothing answers; say what does with {method}.");

    /// <exception cref="NonDeterminismException">The code does not do the same again.</exception>
    private void Verify()
    {
        var again = Services(new HarnessFunctions(harness.Catalog));
        foreach (var instance in all)
        {
            foreach (var execution in instance.Generations.Append(instance.Document))
            {
                var replay = new TurnReplay(again, execution.Identity, ReplayComparison.Payloads);
                if (replay.FindDifference(execution.ReadEvents(), everyPrefix: true) is { } difference)
                    throw new NonDeterminismException(execution, difference);
            }
        }
    }
}
