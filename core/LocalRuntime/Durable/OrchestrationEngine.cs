using System.Diagnostics.CodeAnalysis;
using Iml4e.LocalRuntime.Durable.Entities;
using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Abstractions;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Converters;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>
/// The durable task engine of one hub: sessions advance the instances, a dispatcher runs the activities, a queue fires the timers, a store keeps it all.
/// Whatever goes down, the next start carries on from the last commit.
/// </summary>
internal sealed partial class OrchestrationEngine : IAsyncDisposable
{
    private const int MaxWorkingBeforeTimersWait = 4096;
    private static readonly TimeSpan LongestCommit = TimeSpan.FromSeconds(5);

    private readonly SessionTable<InboxMessage> sessions;
    private readonly OrchestrationServices services;
    private readonly RetentionSweeper retention;
    private readonly CancellationTokenSource stopping = new();
    private readonly ILogger logger;
    private int disposed;

    /// <summary>Opens the hub; nothing runs before <see cref="StartAsync"/>.</summary>
    /// <exception cref="InvalidOperationException">Another process holds the hub.</exception>
    public OrchestrationEngine(
        DurableTaskSettings settings,
        IDurableFunctionInvoker functions,
        ILoggerFactory loggers,
        TimeProvider time,
        DataConverter? converter = null,
        IFaultInjector? faults = null)
    {
        Settings = settings;
        Time = time;
        logger = loggers.CreateLogger("Durable.Engine");
        Payloads = new PayloadGuard(settings, loggers.CreateLogger("Durable.Payloads"));
        services = new OrchestrationServices(functions, converter ?? JsonDataConverter.Default, loggers, settings, Payloads);
        Crash = new CrashSwitch(faults);
        Store = new HistoryStore(settings, time, Crash, Deliver);
        Guard = new CrashGuard(settings, time, loggers.CreateLogger("Durable.Crashes"));
        Queries = new InstanceQueries(Store.Readers);
        EntityQueries = new EntityQueries(Store.Readers);
        Actions = new ActionWriter(functions, Store.NextExecution);
        Activities = new ActivityDispatcher(services, time, Crash, Guard, Post, loggers.CreateLogger("Durable.Activities"));
        Working = new SessionGauge(MaxWorkingBeforeTimersWait, () => Timers!.RoomAgain());
        Timers = new TimerQueue(time, Fire, () => Working.HasRoom);
        TurnSlots = new SemaphoreSlim(Math.Max(1, settings.MaxConcurrentOrchestrators));
        sessions = new SessionTable<InboxMessage>(settings.MaxLiveSessions, (table, id) => new OrchestrationSession(this, table, id));
        Entities = new EntityDispatcher(this, services, loggers.CreateLogger("Durable.Entities"));
        retention = new RetentionSweeper(this, loggers.CreateLogger("Durable.Retention"));
        Crash.Crashed += GoDown;
    }

    public DurableTaskSettings Settings { get; }

    public TimeProvider Time { get; }

    public DataConverter Converter => services.Converter;

    public IDurableFunctionInvoker Functions => services.Functions;

    public PayloadGuard Payloads { get; }

    public DurableTracer Tracer => services.Tracer;

    public InstanceQueries Queries { get; }

    public EntityQueries EntityQueries { get; }

    public InstanceWatch Watch { get; } = new();

    internal HistoryStore Store { get; }

    internal CrashSwitch Crash { get; }

    internal CrashGuard Guard { get; }

    internal ActionWriter Actions { get; }

    internal ActivityDispatcher Activities { get; }

    internal TimerQueue Timers { get; }

    internal SessionGauge Working { get; }

    internal SemaphoreSlim TurnSlots { get; }

    internal EntityDispatcher Entities { get; }

    /// <summary>Takes up what was under way, and runs.</summary>
    public async Task StartAsync()
    {
        var recovered = await Store.RecoverAsync(Guard.Begin(), Settings.MaxActivityCrashes);
        foreach (var activity in recovered.Activities)
            Activities.Enqueue(activity);
        Activities.Start();
        foreach (var timer in recovered.Timers)
            Timers.Add(timer);
        foreach (var instanceId in recovered.Waiting)
            Post(instanceId, null);
        await Entities.StartAsync();
        Guard.Start();
        retention.Start();
        if (recovered.Activities.Count + recovered.Waiting.Count + recovered.Timers.Count > 0)
            LogRecovered(logger, recovered.Activities.Count, recovered.Timers.Count, recovered.Waiting.Count);
    }

    /// <summary>Notes that the process is asked to stop; whatever happens from here on is nobody's fault.</summary>
    public void AnnounceStop()
    {
        if (Volatile.Read(ref disposed) == 0)
            Guard.AnnounceStop();
    }

    /// <summary>Goes down at once, as if the process had been killed: what is not committed is lost to the next start.</summary>
    public async Task AbandonAsync()
    {
        Crash.Trip();
        await DisposeAsync();
    }

    /// <summary>Stops: running activities get the grace period, running turns end with their commit.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return;
        Timers.Dispose();
        retention.Dispose();
        await stopping.CancelAsync();
        if (!Crash.IsDown)
        {
            Guard.Stop();
            await Task.WhenAll(Activities.StopAsync(), Entities.StopAsync());

            // The results that came last are still to be committed.
            await Task.WhenAny(Working.IdleAsync(), Task.Delay(LongestCommit, Time));
        }

        Store.Dispose();
        Crash.Trip();
        Guard.Dispose();
        Activities.Dispose();
        Entities.Dispose();
        stopping.Dispose();
    }

    /// <summary>Starts an instance and gives the status that stands in the way, or null once it is on the disk.</summary>
    public async Task<OrchestrationRuntimeStatus?> StartInstanceAsync(OrchestrationStart start)
    {
        var existing = await Store.StartAsync(start);
        if (existing is null)
            Started(start.Instance);
        return existing;
    }

    /// <exception cref="ArgumentException">There is no such orchestrator, or no such status.</exception>
    public OrchestrationStart CreateStart(string instanceId, string name, string? json, StartOrchestrationOptions? options) =>
        OrchestrationStart.Create(services, Time.GetUtcNow().UtcDateTime, Store.NextExecution(), instanceId, name, json, options, Tracer.Here);

    /// <summary>Takes back the failure of an instance; gives the status that it had, or null when there is no such instance.</summary>
    public async Task<OrchestrationRuntimeStatus?> RewindAsync(string instanceId, string? reason)
    {
        var result = await Store.RewindAsync(instanceId, reason, Time.GetUtcNow().UtcDateTime);
        foreach (var activity in result.Activities)
            Activities.Enqueue(activity);
        foreach (var timer in result.Timers)
            Timers.Add(timer);
        Watch.Changed(instanceId);
        return result.Status;
    }

    /// <summary>An instance's row is on the disk: it is watched for, and starts when its time has come.</summary>
    internal void Started(InstanceRecord instance)
    {
        if (instance.StartAt is { } startAt && startAt > Time.GetUtcNow().UtcDateTime)
            Timers.Add(new PendingTimer(startAt, instance.Execution, PendingTimer.StartTask, instance.InstanceId));
        Watch.Changed(instance.InstanceId);
    }

    internal void Post(string instanceId, InboxMessage? message)
    {
        if (!Crash.IsDown)
            sessions.Post(instanceId, message);
    }

    internal OrchestrationRun CreateRun(InstanceRecord instance, Action wake)
    {
        var parent = instance.Parent is { } link ? new ParentOrchestrationInstance(link.Name, link.InstanceId) : null;
        return new OrchestrationRun(
            services,
            new OrchestrationIdentity(instance.InstanceId, instance.Name, instance.Version, instance.Input, parent) { Trace = instance.Trace },
            wake);
    }

    /// <summary>Whether this host may run an instance; a failure is given when it must fail instead, none when it must wait for another host.</summary>
    internal bool CanRun(InstanceRecord instance, out TaskFailureDetails? failure)
    {
        failure = FindObstacle(instance);
        if (failure is null)
            return true;
        if (failure.ErrorType == FailureTypes.VersionMismatch)
        {
            LogVersion(logger, instance.InstanceId, failure.ErrorMessage);
            if (!Settings.FailOnVersionMismatch)
                failure = null;
        }

        return false;
    }

    /// <summary>Why this host cannot run an instance; null when it can.</summary>
    internal TaskFailureDetails? FindObstacle(InstanceRecord instance)
    {
        if (!services.Functions.HasOrchestrator(instance.Name))
        {
            return new TaskFailureDetails(
                FailureTypes.OrchestratorNotFound, $"No orchestrator task named '{instance.Name}' was found.", null, null, null);
        }

        var order = TaskOrchestrationVersioningUtils.CompareVersions(instance.Version ?? string.Empty, Settings.DefaultVersion ?? string.Empty);
        var matches = Settings.VersionMatch switch
        {
            VersionMatchStrategy.Strict => order == 0,
            VersionMatchStrategy.CurrentOrOlder => order <= 0,
            _ => true,
        };
        return matches ? null : new TaskFailureDetails(
            FailureTypes.VersionMismatch,
            $"The orchestration has version '{instance.Version}', which this host of version '{Settings.DefaultVersion}' does not run.",
            null,
            null,
            null);
    }

    internal async Task<bool> PauseAfterErrorAsync()
    {
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(1), Time, stopping.Token);
            return true;
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    internal void LogSessionFailed(Exception exception, string instanceId) => LogSession(logger, exception, instanceId);

    private void Deliver(Delivery delivery)
    {
        if (delivery.Request is null)
            Post(delivery.InstanceId, delivery.Message);
        else if (!Crash.IsDown)
            Entities.Post(delivery.Request);
    }

    private void Fire(PendingTimer timer)
    {
        try
        {
            Crash.Pass(CrashPoint.BeforeTimerFires);
            if (timer.TaskId == PendingTimer.StartTask)
            {
                Post(timer.InstanceId, null);
            }
            else if (timer.TaskId == PendingTimer.SignalTask)
            {
                _ = Entities.ArriveAsync(timer);
            }
            else
            {
                var fired = new HistoryEvent(HistoryEventKind.TimerFired, Time.GetUtcNow().UtcDateTime) { TaskId = timer.TaskId, FireAt = timer.Due };
                Post(timer.InstanceId, new InboxMessage(fired, timer.Execution, null));
            }

            Crash.Pass(CrashPoint.AfterTimerFires);
        }
        catch (EngineAbandonedException)
        {
            // The timer's row is still there: the next start fires it.
        }
    }

    private void GoDown()
    {
        Guard.Dispose();
        Activities.Abandon();
        Watch.Fail(new EngineAbandonedException());
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information,
        Message = "Carrying on with {Activities} activities, {Timers} timers and {Instances} instances with work")]
    private static partial void LogRecovered(ILogger logger, int activities, int timers, int instances);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "The work item of {InstanceId} failed and is tried again")]
    private static partial void LogSession(ILogger logger, Exception exception, string instanceId);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "Instance {InstanceId}: {Reason}")]
    private static partial void LogVersion(ILogger logger, string instanceId, string reason);
}
