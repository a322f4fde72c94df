namespace Iml4e.LocalRuntime.Hosting.Http;

/// <summary>The two limits of host.json: requests that run at once, and requests that run or wait.</summary>
internal sealed class RequestLimiter : IDisposable
{
    private readonly int maxOutstanding;
    private readonly SemaphoreSlim? running;
    private int outstanding;

    public RequestLimiter(HostSettings settings)
    {
        maxOutstanding = settings.MaxOutstandingRequests;
        running = settings.MaxConcurrentRequests > 0 ? new SemaphoreSlim(settings.MaxConcurrentRequests) : null;
    }

    /// <summary>Takes a place, waiting for one to run; false when too many wait already. <see cref="Exit"/> gives it back.</summary>
    public ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        if (maxOutstanding > 0 && Interlocked.Increment(ref outstanding) > maxOutstanding)
        {
            Interlocked.Decrement(ref outstanding);
            return new(false);
        }

        return running is null ? new(true) : WaitAsync(cancellationToken);
    }

    public void Exit()
    {
        if (maxOutstanding > 0)
            Interlocked.Decrement(ref outstanding);
        running?.Release();
    }

    public void Dispose() => running?.Dispose();

    private async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await running!.WaitAsync(cancellationToken);
            return true;
        }
        catch
        {
            if (maxOutstanding > 0)
                Interlocked.Decrement(ref outstanding);
            throw;
        }
    }
}
