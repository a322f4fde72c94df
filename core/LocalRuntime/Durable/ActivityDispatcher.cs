using System.Threading.Channels;
using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>Runs activities, a bounded number at a time; their results go to the orchestrations, whose commits make them durable.</summary>
internal sealed partial class ActivityDispatcher(
    OrchestrationServices services,
    TimeProvider time,
    CrashSwitch crash,
    RunningActivityJournal journal,
    Action<string, InboxMessage> report,
    ILogger logger) : IDisposable
{
    private readonly Channel<ActivityWork> queue = Channel.CreateUnbounded<ActivityWork>();
    private readonly CancellationTokenSource stopping = new();
    private Task workers = Task.CompletedTask;

    public void Enqueue(ActivityWork work) => queue.Writer.TryWrite(work);

    public void Start() => workers = Task.WhenAll(
        Enumerable.Range(0, Math.Max(1, services.Settings.MaxConcurrentActivities)).Select(slot => Task.Run(() => WorkAsync(slot))));

    /// <summary>Starts no more activities, cancels the running ones, and waits for them as long as the grace period lasts.</summary>
    public async Task StopAsync()
    {
        queue.Writer.TryComplete();
        await stopping.CancelAsync();
        try
        {
            await workers.WaitAsync(services.Settings.GracePeriod, time);
        }
        catch (TimeoutException)
        {
            LogLeft(logger, services.Settings.GracePeriod);
        }
    }

    /// <summary>Starts no more activities and cares no more for the running ones.</summary>
    public void Abandon()
    {
        queue.Writer.TryComplete();
        while (queue.Reader.TryRead(out _))
        {
            // Left for the next start.
        }
    }

    public void Dispose() => stopping.Dispose();

    private async Task WorkAsync(int slot)
    {
        try
        {
            await foreach (var work in queue.Reader.ReadAllAsync(CancellationToken.None))
            {
                if (stopping.IsCancellationRequested)
                    return;
                crash.Pass(CrashPoint.BeforeActivity);
                var result = await RunAsync(slot, work);
                crash.Pass(CrashPoint.AfterActivity);
                if (result is null)
                    return;
                report(work.InstanceId, new InboxMessage(result, work.Execution, null));
                crash.Pass(CrashPoint.AfterActivityReport);
            }
        }
        catch (EngineAbandonedException)
        {
            // The engine is down; the next start runs the activity again.
        }
    }

    /// <summary>The activity's result; null when it was cut short by the shutdown.</summary>
    private async Task<HistoryEvent?> RunAsync(int slot, ActivityWork work)
    {
        if (!services.Functions.HasActivity(work.Name))
            return Failed(work, FailureTypes.ActivityNotFound, $"No activity task named '{work.Name}' was found.");
        if (work.Crashes >= services.Settings.MaxActivityCrashes)
        {
            return Failed(work, FailureTypes.ActivityPoisoned, FormattableString.Invariant(
                $"The activity '{work.Name}' took the process down {work.Crashes} times and is not run again."));
        }

        journal.Begin(slot, work.Execution, work.TaskId);
        try
        {
            var context = new LocalActivityContext(work.Name, work.InstanceId, work.Version);
            var output = await services.Functions.RunActivityAsync(work.Name, context, work.Input, stopping.Token);
            var json = services.Converter.Serialize(output) ?? "null";
            return services.Payloads.Refuse(json, $"result of activity '{work.Name}'") is { } refusal
                ? Failed(work, FailureTypes.PayloadTooLarge, refusal)
                : new HistoryEvent(HistoryEventKind.TaskCompleted, Now) { TaskId = work.TaskId, Result = json };
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception exception)
        {
            LogFailed(logger, exception, work.Name, work.InstanceId, work.TaskId);
            return new HistoryEvent(HistoryEventKind.TaskFailed, Now) { TaskId = work.TaskId, Failure = TaskFailureDetails.FromException(exception) };
        }
        finally
        {
            if (!crash.IsDown)
                journal.End(slot);
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
