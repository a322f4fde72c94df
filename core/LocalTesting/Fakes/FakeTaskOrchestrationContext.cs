using Iml4e.LocalRuntime.Testing.Scripts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>
/// A context that answers an orchestrator from scripts, at once and without a replay, and writes down what it is asked: for tests of an orchestrator as a plain
/// method, in both flavours. Retries are tried, delays and timers move the clock. Whether an orchestrator is deterministic it cannot tell.
/// </summary>
public sealed class FakeTaskOrchestrationContext : TaskOrchestrationContext
{
    private readonly object? input;
    private readonly ScriptBook activities = new("activity");
    private readonly ScriptBook subOrchestrations = new("sub-orchestration");
    private readonly FakeEvents events = new();
    private readonly FakeTimers timers = new();
    private readonly FakeEntityFeature entities;
    private readonly List<FakeCall> activityCalls = [];
    private readonly List<FakeCall> subOrchestrationCalls = [];
    private readonly List<object?> customStatuses = [];
    private readonly List<FakeSentEvent> sentEvents = [];
    private int sequence;
    private int guids;

    /// <summary>A context at 2026-01-01T00:00:00Z.</summary>
    public FakeTaskOrchestrationContext(
        object? input = null, string name = "Orchestration", string instanceId = "test", string version = "", ParentOrchestrationInstance? parent = null)
    {
        this.input = input;
        Name = name;
        InstanceId = instanceId;
        Version = version;
        Parent = parent;
        entities = new FakeEntityFeature(timers);
    }

    public override TaskName Name { get; }

    public override string InstanceId { get; }

    public override ParentOrchestrationInstance? Parent { get; }

    public override string Version { get; }

    public override DateTime CurrentUtcDateTime => timers.Now;

    public override bool IsReplaying => Replaying;

    /// <summary>What <see cref="IsReplaying"/> says.</summary>
    public bool Replaying { get; set; }

    /// <summary>Whether timers fire as soon as they are set, the clock jumping to their time; if not, <see cref="AdvanceTo"/> fires them.</summary>
    public bool TimersFireAtOnce
    {
        get => timers.FireAtOnce;
        set => timers.FireAtOnce = value;
    }

    /// <summary>Where the loggers come from.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The activities that were called, in order; with its retries a call is one.</summary>
    public IReadOnlyList<FakeCall> ActivityCalls => activityCalls;

    /// <summary>The sub-orchestrations that were called, in order.</summary>
    public IReadOnlyList<FakeCall> SubOrchestrationCalls => subOrchestrationCalls;

    /// <summary>The entities that were called or signalled, in order.</summary>
    public IReadOnlyList<FakeEntityCall> EntityCalls => entities.Calls;

    /// <summary>When the timers that were set are due, in order of setting; those between retries are not among them.</summary>
    public IReadOnlyList<DateTime> Timers => timers.Due;

    /// <summary>The custom statuses that were set, in order.</summary>
    public IReadOnlyList<object?> CustomStatuses => customStatuses;

    /// <summary>The events that were sent to other orchestrations, in order.</summary>
    public IReadOnlyList<FakeSentEvent> SentEvents => sentEvents;

    /// <summary>How the orchestrator wants to start over; null when it does not.</summary>
    public ContinueAsNewOptions? Continuation { get; private set; }

    public override TaskOrchestrationEntityFeature Entities => entities;

    protected override ILoggerFactory LoggerFactory => Loggers;

    /// <summary>The script of an activity.</summary>
    public CallScript OnActivity(string name) => activities.On(name);

    /// <summary>The script of those calls of an activity whose input meets a condition.</summary>
    public CallScript OnActivity<TInput>(string name, Func<TInput, bool> when) => activities.On(name, when);

    /// <summary>The script of a sub-orchestration.</summary>
    public CallScript OnSubOrchestration(string name) => subOrchestrations.On(name);

    /// <summary>The script of those calls of a sub-orchestration whose input meets a condition.</summary>
    public CallScript OnSubOrchestration<TInput>(string name, Func<TInput, bool> when) => subOrchestrations.On(name, when);

    /// <summary>The script of an operation of all entities of a name.</summary>
    public CallScript OnEntity(string name, string operation) => entities.On(name, operation);

    /// <summary>Raises an external event: for who waits for it, or for who will.</summary>
    public void RaiseEvent(string eventName, object? payload = null) => events.Raise(eventName, payload);

    /// <summary>Moves the clock on and fires the timers that fall due, in order.</summary>
    public void AdvanceTo(DateTime utcTime) => timers.AdvanceTo(utcTime);

    public override T? GetInput<T>()
        where T : default => FakeValue.As<T>(input, "input of the orchestration");

    public override Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        RefuseOptionsAsInput(input, options);
        activityCalls.Add(new FakeCall(name.Name, input, options));
        return FakeRetry.RunAsync(this, timers, options?.Retry, () => CallAsync<TResult>(activities, "activity", name.Name, input));
    }

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName orchestratorName, object? input = null, TaskOptions? options = null)
    {
        RefuseOptionsAsInput(input, options);
        subOrchestrationCalls.Add(new FakeCall(orchestratorName.Name, input, options));
        return FakeRetry.RunAsync(this, timers, options?.Retry, () => CallAsync<TResult>(subOrchestrations, "sub-orchestration", orchestratorName.Name, input));
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken) => timers.SetAsync(fireAt, cancellationToken);

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default) =>
        events.WaitAsync<T>(eventName, cancellationToken);

    public override void SendEvent(string instanceId, string eventName, object payload) =>
        sentEvents.Add(new FakeSentEvent(instanceId, eventName, payload));

    public override void SetCustomStatus(object? customStatus) => customStatuses.Add(customStatus);

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) =>
        Continuation = new ContinueAsNewOptions { NewInput = newInput, PreserveUnprocessedEvents = preserveUnprocessedEvents };

    public override void ContinueAsNew(ContinueAsNewOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Continuation = options;
    }

    /// <summary>1, 2, 3 … as guids.</summary>
    public override Guid NewGuid() => new(++guids, 0, 0, new byte[8]);

    private async Task<TResult> CallAsync<TResult>(ScriptBook book, string kind, string name, object? given)
    {
        var id = sequence++;
        var scripted = new ScriptedInput(_ => given);
        var script = book.Find(name, scripted) ?? throw new UnscriptedCallException(
            $"The orchestrator called {kind} '{name}', which nothing answers; say what does with OnActivity or OnSubOrchestration.");
        return FakeValue.As<TResult>(await FakeAnswer.GiveAsync(script.Next(), scripted, timers, failure => failure switch
        {
            TaskFailureDetails details => new TaskFailedException(name, id, details),
            var thrown => new TaskFailedException(name, id, (Exception)thrown),
        }), $"answer of {kind} '{name}'");
    }

    private static void RefuseOptionsAsInput(object? input, TaskOptions? options)
    {
        if (input is TaskOptions && options is null)
            throw new ArgumentException($"A {input.GetType().Name} was given as the input; give it as the options: options: …", nameof(input));
    }
}
