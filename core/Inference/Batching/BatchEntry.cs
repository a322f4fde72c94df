namespace Iml4e.Inference.Batching;

/// <summary>A request that waits or runs.</summary>
internal sealed class BatchEntry<TRequest, TResult>
    where TRequest : IBatchable
{
    private readonly TaskCompletionSource<Batched<TResult>> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal BatchEntry(TRequest request, long enqueued, long sequence, CancellationToken cancellationToken)
    {
        (Request, Enqueued, Sequence, CancellationToken) = (request, enqueued, sequence, cancellationToken);
        Node = new LinkedListNode<BatchEntry<TRequest, TResult>>(this);
    }

    internal TRequest Request { get; }

    /// <summary>Timestamp of its arrival.</summary>
    internal long Enqueued { get; }

    /// <summary>Counts arrivals.</summary>
    internal long Sequence { get; }

    internal CancellationToken CancellationToken { get; }

    internal LinkedListNode<BatchEntry<TRequest, TResult>> Node { get; }

    /// <summary>It has waited beyond the queue timeout and lets others go first.</summary>
    internal bool Late { get; set; }

    /// <summary>The run it takes part in; null while it waits.</summary>
    internal BatchRun<TRequest, TResult>? Run { get; set; }

    internal Task<Batched<TResult>> Done => _done.Task;

    /// <summary>Gives the result; one that nobody waits for any more is disposed of.</summary>
    internal void Complete(Batched<TResult> result)
    {
        if (!_done.TrySetResult(result))
            (result.Value as IDisposable)?.Dispose();
    }

    internal void Fail(Exception error) => _done.TrySetException(error);

    internal bool Cancel() => _done.TrySetCanceled(CancellationToken);
}
