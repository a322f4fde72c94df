namespace Iml4e.Inference.Batching;

/// <summary>Requests that are run together; the run is cancelled when all of them have left.</summary>
internal sealed class BatchRun<TRequest, TResult>(List<BatchEntry<TRequest, TResult>> entries, long started, Task before) : IDisposable
    where TRequest : IBatchable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left;

    internal IReadOnlyList<BatchEntry<TRequest, TResult>> Entries => entries;

    /// <summary>Timestamp of its start.</summary>
    internal long Started => started;

    internal int Samples => entries.Sum(entry => entry.Request.Samples);

    /// <summary>Ends when the answers of the run before this one are given.</summary>
    internal Task Before => before;

    /// <summary>Ends when this run's answers are given.</summary>
    internal Task Told => _told.Task;

    internal CancellationToken CancellationToken => _cancellation.Token;

    /// <summary>Notes that a request has left.</summary>
    internal void Leave()
    {
        if (Interlocked.Increment(ref _left) != entries.Count)
            return;
        try
        {
            _cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The run has just ended.
        }
    }

    internal void SetTold() => _told.TrySetResult();

    /// <inheritdoc/>
    public void Dispose() => _cancellation.Dispose();
}
