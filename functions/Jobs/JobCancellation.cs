using Iml4e.Catalog;
using Microsoft.Extensions.Logging;

namespace Iml4e.Functions.Jobs;

/// <summary>
/// Cooperative cancellation of running activities: the run record carries the wish, so that activities in any process see it within the polling time.
/// </summary>
internal sealed class JobCancellation(CatalogStore catalog, TimeProvider time, ILogger<JobCancellation> logger)
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    /// <summary>Makes a token that ends when the host stops or the job is cancelled.</summary>
    public async Task<Tracked> TrackAsync(string jobId, CancellationToken cancellationToken)
    {
        var tracked = new Tracked(cancellationToken);
        if (await IsCancelledAsync(jobId, cancellationToken))
            tracked.Cancel();
        tracked.Start(time.CreateTimer(_ => _ = CheckAsync(jobId, tracked), null, Poll, Poll));
        return tracked;
    }

    private async Task CheckAsync(string jobId, Tracked tracked)
    {
        try
        {
            if (await IsCancelledAsync(jobId, CancellationToken.None))
                tracked.Cancel();
        }
        catch (Exception e)
        {
            logger.LogDebug(e, "The cancellation of job {Job} could not be checked; the next tick tries again.", jobId);
        }
    }

    private async Task<bool> IsCancelledAsync(string jobId, CancellationToken cancellationToken) =>
        (await catalog.Runs.GetAsync(jobId, cancellationToken))?.Status == RunStatus.Cancelled;

    /// <summary>A tracked activity.</summary>
    internal sealed class Tracked(CancellationToken host) : IDisposable
    {
        private readonly CancellationTokenSource _source = CancellationTokenSource.CreateLinkedTokenSource(host);
        private ITimer? _timer;
        private int _disposed;

        /// <summary>Ends on cancellation or shutdown.</summary>
        public CancellationToken Token => _source.Token;

        /// <inheritdoc/>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) != 0)
                return;
            _timer?.Dispose();
            _source.Dispose();
        }

        internal void Start(ITimer timer) => _timer = timer;

        internal void Cancel()
        {
            try
            {
                if (Volatile.Read(ref _disposed) == 0)
                    _source.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The activity ended while the check was on its way.
            }
        }
    }
}
