using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.DurableTask;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>Runs activities, a bounded number at a time; their results go to the orchestrations, whose commits make them durable.</summary>
internal sealed partial class ActivityDispatcher : IDisposable
{
    private readonly OrchestrationServices services;
    private readonly TimeProvider time;
    private readonly CrashSwitch crash;
    private readonly CrashGuard guard;
    private readonly Action<string, InboxMessage> report;
    private readonly ILogger logger;
    private readonly Channel<ActivityWork> queue = Channel.CreateUnbounded<ActivityWork>();
    private readonly ConcurrentDictionary<(long Execution, int TaskId), DateTime> running = new();
    private readonly CancellationTokenSource stopping = new();
    private Task workers = Task.CompletedTask;
    private bool stops;

    public ActivityDispatcher(
        OrchestrationServices services,
        TimeProvider time,
        CrashSwitch crash,
        CrashGuard guard,
        Action<string, InboxMessage> report,
        ILogger logger)
    {
        this.services = services;
        this.time = time;
        this.crash = crash;
        this.guard = guard;
        this.report = report;
        this.logger = logger;
    }

    public void Enqueue(ActivityWork work)
    {
        var admitted = guard.AdmitAsync(work.Running, work.Crashes, What(work));
        if (admitted.IsCompletedSuccessfully)
            queue.Writer.TryWrite(work);
        else
            _ = EnqueueAsync(work, admitted);
    }

    /// <summary>Since when an activity runs; null when it does not.</summary>
    public DateTime? RunningSince(long execution, int taskId) => running.TryGetValue((execution, taskId), out var since) ? since : null;

    public void Start()
    {
        workers = Task.WhenAll(Enumerable.Range(0, Math.Max(1, services.Settings.MaxConcurrentActivities)).Select(_ => Task.Run(WorkAsync)));
    }

    /// <summary>
    /// Starts no more activities, cancels the running ones, at once or, for a graceful shutdown, when most of the grace period has passed, and waits for
    /// them as long as that lasts.
    /// </summary>
    public async Task StopAsync()
    {
        var grace = services.Settings.GracePeriod;
        var undisturbed = services.Settings.UseGracefulShutdown ? grace * 0.8 : TimeSpan.Zero;
        Volatile.Write(ref stops, true);
        Drop();
        if (await EndAsync(undisturbed))
            return;
        await stopping.CancelAsync();
        if (!await EndAsync(grace - undisturbed))
            LogLeft(logger, grace);
    }

    /// <summary>Starts no more activities and cares no more for the running ones.</summary>
    public void Abandon() => Drop();

    public void Dispose() => stopping.Dispose();

    private static string What(ActivityWork work) => FormattableString.Invariant($"activity '{work.Name}' of '{work.InstanceId}' (#{work.TaskId})");

    private async Task EnqueueAsync(ActivityWork work, Task admitted)
    {
        try
        {
            await admitted;
            queue.Writer.TryWrite(work);
        }
        catch (EngineAbandonedException)
        {
            // It is left for the next start.
        }
    }

    // What is queued is left for the next start.
    private void Drop()
    {
        queue.Writer.TryComplete();
        while (queue.Reader.TryRead(out _))
        {
        }
    }

    private async Task<bool> EndAsync(TimeSpan patience)
    {
        try
        {
            await workers.WaitAsync(patience, time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task WorkAsync()
    {
        try
        {
            // The trace of whoever started the engine is none of the activities' business.
            Activity.Current = null;
            await foreach (var work in queue.Reader.ReadAllAsync(CancellationToken.None))
            {
                if (Volatile.Read(ref stops))
                    return;
                crash.Pass(CrashPoint.BeforeActivity);
                var result = await RunAsync(work);
                crash.Pass(CrashPoint.AfterActivity);
                if (result is null)
                    return;
                report(work.InstanceId, new InboxMessage(result, work.Execution, null));
                guard.Ended(work.Running);
                crash.Pass(CrashPoint.AfterActivityReport);
            }
        }
        catch (EngineAbandonedException)
        {
            // The engine is down; the next start runs the activity again.
        }
    }

    /// <summary>The activity's result; null when it was cut short by the shutdown.</summary>
    private async Task<HistoryEvent?> RunAsync(ActivityWork work)
    {
        if (!services.Functions.HasActivity(work.Name))
            return Failed(work, FailureTypes.ActivityNotFound, $"No activity task named '{work.Name}' was found.");
        if (guard.Refuse(work.Crashes, FailureTypes.ActivityPoisoned, What(work)) is { } poisoned)
            return new HistoryEvent(HistoryEventKind.TaskFailed, Now) { TaskId = work.TaskId, Failure = poisoned };

        using var slot = guard.Enter(work.Running);
        var span = services.Tracer.RunActivity(work, Now);
        running[(work.Execution, work.TaskId)] = Now;
        string? error = null;
        try
        {
            var context = new LocalActivityContext(work);
            var output = await services.Functions.RunActivityAsync(work.Name, context, work.Input, stopping.Token);
            var json = services.Converter.Serialize(output) ?? "null";
            error = services.Payloads.Refuse(json, $"result of activity '{work.Name}'");
            return error is not null
                ? Failed(work, FailureTypes.PayloadTooLarge, error)
                : new HistoryEvent(HistoryEventKind.TaskCompleted, Now) { TaskId = work.TaskId, Result = json };
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            error = "The activity was cut short by the stop of the host.";
            return null;
        }
        catch (Exception exception)
        {
            error = exception.Message;
            LogFailed(logger, exception, work.Name, work.InstanceId, work.TaskId);
            return new HistoryEvent(HistoryEventKind.TaskFailed, Now) { TaskId = work.TaskId, Failure = TaskFailureDetails.FromException(exception) };
        }
        finally
        {
            DurableTracer.End(span, Now, error);
            running.TryRemove((work.Execution, work.TaskId), out _);
        }
    }

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    private HistoryEvent Failed(ActivityWork work, string type, string message) => new(HistoryEventKind.TaskFailed, Now)
    {
        TaskId = work.TaskId,
        Failure = new TaskFailureDetails(type, message, null, null, null),
    };

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Activity '{Name}' of {InstanceId} (#{TaskId}) failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string name, string instanceId, int taskId);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "Activities still ran after {GracePeriod}; they are left for the next start")]
    private static partial void LogLeft(ILogger logger, TimeSpan gracePeriod);
}
