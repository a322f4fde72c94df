using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Client.Entities;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>
/// Purges instances that finished long ago, by the age that their status has, and what is left of deleted entities, in small slices; a minute after the start
/// and then every hour.
/// </summary>
internal sealed partial class RetentionSweeper(OrchestrationEngine engine, ILogger logger) : IDisposable
{
    private const int SliceSize = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private ITimer? timer;
    private int asked;

    public void Start() => timer = engine.Time.CreateTimer(_ => _ = SweepAsync(), null, TimeSpan.FromMinutes(1), Interval);

    public void Dispose() => timer?.Dispose();

    /// <summary>Purges what is over its age, and gives the number of instances; 0 when a sweep is under way, which then goes round once more.</summary>
    public async Task<int> SweepAsync()
    {
        if (Interlocked.Increment(ref asked) != 1)
            return 0;
        var purged = 0;
        int answered;
        do
        {
            answered = Volatile.Read(ref asked);
            purged += await SweepOnceAsync();
        }
        while (Interlocked.CompareExchange(ref asked, 0, answered) != answered);
        return purged;
    }

    private async Task<int> SweepOnceAsync()
    {
        try
        {
            var purged = await SweepAsync(engine.Settings.CompletedRetention, OrchestrationRuntimeStatus.Completed)
                + await SweepAsync(engine.Settings.TerminatedRetention, OrchestrationRuntimeStatus.Terminated)
                + await SweepAsync(engine.Settings.FailedRetention, OrchestrationRuntimeStatus.Failed);
            if (purged > 0)
                LogPurged(logger, purged);
            await RemoveEmptyEntitiesAsync();
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

    /// <summary>Removes the rows of entities that were deleted a while ago.</summary>
    private async Task RemoveEmptyEntitiesAsync()
    {
        var request = new CleanEntityStorageRequest { RemoveEmptyEntities = true };
        var before = engine.Time.GetUtcNow().UtcDateTime - Interval;
        do
        {
            var cleaned = await engine.Store.Entities.CleanAsync(request, before, SliceSize);
            request = request with { ContinuationToken = cleaned.ContinuationToken };
        }
        while (request.ContinuationToken is not null);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Purged {Count} instances that finished long ago")]
    private static partial void LogPurged(ILogger logger, int count);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Purging instances that finished long ago failed")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
