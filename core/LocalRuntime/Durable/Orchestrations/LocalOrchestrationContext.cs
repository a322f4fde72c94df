using System.Diagnostics;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>The context that orchestrators of the local runtime are given: records what they ask for and answers from history.</summary>
internal sealed class LocalOrchestrationContext : TaskOrchestrationContext, ITraced
{
    private readonly OrchestrationServices services;
    private readonly OrchestrationIdentity identity;
    private readonly Action ensureThread;
    private readonly OrchestrationEntities entities;
    private readonly Dictionary<int, OpenTask> open = [];
    private readonly SortedDictionary<int, OrchestratorAction> actions = [];
    private readonly List<int> cancelledTimers = [];
    private DateTime time;
    private bool replaying;
    private int sequence;
    private int guids;

    public LocalOrchestrationContext(OrchestrationServices services, OrchestrationIdentity identity, Action ensureThread)
    {
        this.services = services;
        this.identity = identity;
        this.ensureThread = ensureThread;
        Events = new ExternalEvents(services.Converter);
        entities = new OrchestrationEntities(this);
    }

    public ExternalEvents Events { get; }

    public string? CustomStatus { get; private set; }

    public Continuation? Continuation { get; private set; }

    /// <summary>A broken limit that fails the execution even if the code catches the exception.</summary>
    public Exception? Violation { get; private set; }

    /// <summary>Whether something may come that lets the code go on.</summary>
    public bool IsWaiting => open.Count > 0 || Events.HasWaiters;

    public ActivityContext? Origin => identity.Trace?.OfOrchestration();

    public override TaskName Name => identity.Name;

    public override string InstanceId => identity.InstanceId;

    public override ParentOrchestrationInstance? Parent => identity.Parent;

    public override string Version => identity.Version ?? string.Empty;

    public override DateTime CurrentUtcDateTime => time;

    public override bool IsReplaying => replaying;

    public override IReadOnlyDictionary<string, object?> Properties { get; } = new Dictionary<string, object?>();

    public override TaskOrchestrationEntityFeature Entities => entities;

    protected override ILoggerFactory LoggerFactory => services.Loggers;

    public override T? GetInput<T>()
        where T : default => identity.Input is null ? default : services.Converter.Deserialize<T>(identity.Input);

    public override Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        ensureThread();
        RequireName(name);
        RefuseOptionsAsInput(input, options);
        var json = Payload(input, $"input of activity '{name}'");
        var version = options?.Version?.Version ?? identity.Version;
        var tags = TagsOf(options);
        return RetryLoop.RunAsync(this, options?.Retry, () =>
        {
            var id = NextId();
            Record(new ScheduleTaskOrchestratorAction(id, name, version, json, tags));
            return Open<TResult>(id, name);
        });
    }

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null)
    {
        ensureThread();
        RequireName(orchestratorName);
        RefuseOptionsAsInput(input, options);
        var json = Payload(input, $"input of sub-orchestration '{orchestratorName}'");
        var instanceId = (options as SubOrchestrationOptions)?.InstanceId ?? NewGuid().ToString("N");
        InstanceIds.Check(instanceId);
        var version = options?.Version?.Version ?? services.Settings.DefaultVersion;
        var tags = TagsOf(options);
        return RetryLoop.RunAsync(this, options?.Retry, () =>
        {
            entities.CheckSubOrchestration();
            var id = NextId();
            Record(new CreateSubOrchestrationAction(id, orchestratorName, instanceId, version, json, tags));
            return Open<TResult>(id, orchestratorName);
        });
    }

    public override async Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        ensureThread();
        var due = fireAt.Kind == DateTimeKind.Local ? fireAt.ToUniversalTime() : DateTime.SpecifyKind(fireAt, DateTimeKind.Utc);
        while (due - time > services.Settings.MaximumTimerInterval)
            await StartTimer(time + services.Settings.MaximumTimerInterval, due, cancellationToken);
        await StartTimer(due, null, cancellationToken);
    }

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        ensureThread();
        return Events.WaitFor<T>(eventName, cancellationToken);
    }

    public override void SendEvent(string instanceId, string eventName, object payload)
    {
        ensureThread();
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        Record(new SendEventOrchestratorAction(NextId(), instanceId, eventName, Payload(payload, $"payload of event '{eventName}'")));
    }

    public override void SetCustomStatus(object? customStatus)
    {
        ensureThread();
        var json = services.Converter.Serialize(customStatus);
        if (json is { Length: > DurableTaskSettings.MaxCustomStatusChars })
        {
            Violation = new ArgumentException(FormattableString.Invariant(
                $"The custom status has {json.Length * 2} bytes of UTF-16; the limit is {DurableTaskSettings.MaxCustomStatusChars * 2}."));
            throw Violation;
        }

        CustomStatus = json;
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        ensureThread();
        Continuation = new Continuation(Payload(newInput, "input of the next execution"), preserveUnprocessedEvents, null);
    }

    public override void ContinueAsNew(ContinueAsNewOptions options)
    {
        ensureThread();
        ArgumentNullException.ThrowIfNull(options);
        Continuation = new Continuation(Payload(options.NewInput, "input of the next execution"), options.PreserveUnprocessedEvents, options.NewVersion);
    }

    public override Guid NewGuid()
    {
        ensureThread();
        return NameBasedGuid.Create(InstanceId, time, guids++);
    }

    /// <summary>The time of the first turn, UTC.</summary>
    public DateTime StartedAt { get; private set; }

    public void SetTime(DateTime now)
    {
        time = Events.Time = now;
        if (StartedAt == default)
            StartedAt = now;
    }

    public void SetReplaying(bool value) => replaying = value;

    /// <summary>Takes off the action that a recorded event stands for; gives the mismatch if there is one.</summary>
    public NonDeterministicOrchestrationException? Match(HistoryEvent recorded)
    {
        if (!actions.Remove(recorded.EventId!.Value, out var action))
            return NonDeterministicOrchestrationException.Missing(recorded);
        var sameKind = (recorded.Kind, action) switch
        {
            (HistoryEventKind.TaskScheduled, ScheduleTaskOrchestratorAction) => true,
            (HistoryEventKind.TimerCreated, CreateTimerOrchestratorAction) => true,
            (HistoryEventKind.SubOrchestrationInstanceCreated, CreateSubOrchestrationAction) => true,
            (HistoryEventKind.EventSent, SendEventOrchestratorAction) => recorded.Request is null,
            (HistoryEventKind.EventSent, EntityAction asked) => asked.Fits(recorded),
            _ => false,
        };
        return sameKind && string.Equals(recorded.Name, action.Name, StringComparison.OrdinalIgnoreCase)
            ? null
            : NonDeterministicOrchestrationException.Different(recorded, action);
    }

    /// <summary>The mismatch when the code has asked for more than the replayed turn recorded.</summary>
    public NonDeterministicOrchestrationException? FindSurplus() =>
        actions.Count == 0 ? null : NonDeterministicOrchestrationException.Surplus(actions.First().Value);

    /// <summary>Answers a call; a second answer, or one to a cancelled timer, has no effect.</summary>
    public void Complete(int taskId, string? json)
    {
        if (open.Remove(taskId, out var task))
            task.Complete(json, services.Converter);
    }

    public void Fail(int taskId, TaskFailureDetails failure)
    {
        if (open.Remove(taskId, out var task))
            task.Fail(failure);
    }

    public List<OrchestratorAction> TakeActions()
    {
        List<OrchestratorAction> taken = [.. actions.Values];
        actions.Clear();
        return taken;
    }

    public List<int> TakeCancelledTimers()
    {
        List<int> taken = [.. cancelledTimers];
        cancelledTimers.Clear();
        return taken;
    }

    /// <exception cref="ArgumentException">The output is too large.</exception>
    public string SerializeOutput(object? output) =>
        services.Payloads.Check(services.Converter.Serialize(output) ?? "null", $"output of orchestration '{identity.Name}'")!;

    private Task<object?> StartTimer(DateTime due, DateTime? finalDue, CancellationToken cancellationToken)
    {
        var id = NextId();
        Record(new CreateTimerOrchestratorAction(id, due, finalDue));
        var task = new OpenTask<object?>(id, "timer");
        open.Add(id, task);
        if (cancellationToken.CanBeCanceled)
        {
            cancellationToken.Register(() =>
            {
                ensureThread();
                if (open.Remove(id))
                {
                    cancelledTimers.Add(id);
                    task.Cancel(cancellationToken);
                }
            });
        }

        return task.Task;
    }

    private Task<T> Open<T>(int id, string name) => Open(new OpenTask<T>(id, name));

    /// <summary>Waits for the answer of a call.</summary>
    internal Task<T> Open<T>(OpenTask<T> task)
    {
        open.Add(task.Id, task);
        return task.Task;
    }

    /// <exception cref="InvalidOperationException">The caller does not run on the orchestration's thread.</exception>
    internal void EnsureThread() => ensureThread();

    /// <summary>The next sequence number.</summary>
    internal int NextId()
    {
        ensureThread();
        return sequence < services.Settings.MaxOrchestrationActions
            ? sequence++
            : throw Violate(new InvalidOperationException(FormattableString.Invariant(
                $"The orchestration has asked for more than {services.Settings.MaxOrchestrationActions} actions; continue it as new.")));
    }

    private InvalidOperationException Violate(InvalidOperationException violation)
    {
        Violation = violation;
        return violation;
    }

    internal void Record(OrchestratorAction action) => actions.Add(action.Id, action);

    /// <exception cref="ArgumentException">The payload is too large.</exception>
    internal string? Payload(object? value, string what) => services.Payloads.Check(services.Converter.Serialize(value), what);

    // As they are at the call: what the code does to them later changes nothing.
    private static Dictionary<string, string>? TagsOf(TaskOptions? options) => options?.Tags is { Count: > 0 } tags ? new(tags) : null;

    private static void RequireName(TaskName name)
    {
        if (string.IsNullOrEmpty(name.Name))
            throw new ArgumentException("The name of what is called must not be empty.", nameof(name));
    }

    private static void RefuseOptionsAsInput(object? input, TaskOptions? options)
    {
        if (input is TaskOptions && options is null)
            throw new ArgumentException($"A {input.GetType().Name} was given as the input; give it as the options: options: …", nameof(input));
    }
}
