using System.Collections.Concurrent;
using Iml4e.Catalog;
using Microsoft.Extensions.Logging;

namespace Iml4e.Functions.Jobs;

/// <summary>How far the unit is that a job is working on.</summary>
internal sealed record UnitProgress(double Fraction, string Message, DateTimeOffset At)
{
    /// <summary>Path of the document.</summary>
    public static string PathOf(string jobId) => $"job-progress/{jobId}.json";
}

/// <summary>
/// Lets callers in any process see how far a running unit is: one small document a job, written at most once a second, off the working thread.
/// </summary>
internal sealed class JobProgressReporter(CatalogStore catalog, TimeProvider time, ILogger<JobProgressReporter> logger)
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, long> _written = new(StringComparer.Ordinal);

    /// <summary>Notes progress, 0..1; cheap when the last note is young.</summary>
    public void Report(string jobId, double fraction, string message)
    {
        var now = time.GetTimestamp();
        if (_written.TryGetValue(jobId, out var last) && time.GetElapsedTime(last, now) < Least)
            return;
        // Of two threads that come at the same moment one writes.
        if (last == 0 ? _written.TryAdd(jobId, now) : _written.TryUpdate(jobId, now, last))
            _ = WriteAsync(jobId, new UnitProgress(Math.Clamp(fraction, 0, 1), message, time.GetUtcNow()));
    }

    /// <summary>The newest note of a job; null when there is none.</summary>
    public async Task<UnitProgress?> FindAsync(string jobId, CancellationToken cancellationToken) =>
        (await catalog.Documents.ReadAsync<UnitProgress>(UnitProgress.PathOf(jobId), cancellationToken))?.Value;

    /// <summary>Forgets a job that has ended.</summary>
    public async Task EndAsync(string jobId, CancellationToken cancellationToken)
    {
        _written.TryRemove(jobId, out _);
        await catalog.Documents.DeleteAsync(UnitProgress.PathOf(jobId), cancellationToken);
    }

    private async Task WriteAsync(string jobId, UnitProgress progress)
    {
        try
        {
            await catalog.Documents.PutAsync(UnitProgress.PathOf(jobId), progress);
        }
        catch (Exception e)
        {
            // Progress is a courtesy: the work itself must not fail for it.
            logger.LogWarning(e, "The progress of job {Job} could not be written.", jobId);
        }
    }
}
