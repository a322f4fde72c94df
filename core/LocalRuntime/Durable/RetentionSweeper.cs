using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>Purges instances that finished long ago, by the age that their status has, in small slices; a minute after the start and then every hour.</summary>
internal sealed partial class RetentionSweeper(OrchestrationEngine engine, ILogger logger) : IDisposable
{
    private const int SliceSize = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private ITimer? timer;
    private int sweeping;

    public void Start() => timer = engine.Time.CreateTimer(_ => _ = SweepAsync(), null, TimeSpan.FromMinutes(1), Interval);

    public void Dispose() => timer?.Dispose();

    /// <summary>Purges what is over its age, and gives the number of instances.</summary>
    public async Task<int> SweepAsync()
    {
        if (Interlocked.Exchange(ref sweeping, 1) != 0)
            return 0;
        try
        {
            var purged = await SweepAsync(engine.Settings.CompletedRetention, OrchestrationRuntimeStatus.Completed)
                + await SweepAsync(engine.Settings.TerminatedRetention, OrchestrationRuntimeStatus.Terminated)
                + await SweepAsync(engine.Settings.FailedRetention, OrchestrationRuntimeStatus.Failed);
            if (purged > 0)
                LogPurged(logger, purged);
            return purged;
        }
        catch (EngineAbandonedException)
        {
            return 0;
        }
        catch (Exception exception)
        {
            LogFailed(logger, exception);
            return 0;
        }
        finally
        {
            Volatile.Write(ref sweeping, 0);
        }
    }

    private async Task<int> SweepAsync(TimeSpan? age, OrchestrationRuntimeStatus status)
    {
        if (age is not { } retention)
            return 0;
        var before = engine.Time.GetUtcNow() - retention;
        var purged = 0;
        while (true)
        {
            var slice = engine.Queries.ListFinished([status], null, before, SliceSize, null).Values;
            if (slice.Count == 0)
                return purged;
            purged += await engine.Store.PurgeAsync(slice, recursive: false);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Purged {Count} instances that finished long ago")]
    private static partial void LogPurged(ILogger logger, int count);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Purging instances that finished long ago failed")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
