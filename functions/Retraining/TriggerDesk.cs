using System.Collections.Concurrent;

namespace Iml4e.Functions.Retraining;

/// <summary>A request that waits to be served, and its answer.</summary>
internal sealed record AskedRequest(RetrainRequest Request, TaskCompletionSource<Dispatched> Answer);

/// <summary>Where a pipeline's requests are served in this process, one server at a time, who takes all that have come.</summary>
internal sealed class TriggerDesk
{
    private readonly ConcurrentQueue<AskedRequest> _asked = new();

    /// <summary>One server at a time.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>Puts a request in the queue; its answer comes from whoever serves next.</summary>
    public Task<Dispatched> Ask(RetrainRequest request)
    {
        var asked = new AskedRequest(request, new TaskCompletionSource<Dispatched>(TaskCreationOptions.RunContinuationsAsynchronously));
        _asked.Enqueue(asked);
        return asked.Answer.Task;
    }

    /// <summary>All requests that have come.</summary>
    public IReadOnlyList<AskedRequest> Take()
    {
        var taken = new List<AskedRequest>();
        while (_asked.TryDequeue(out var asked))
            taken.Add(asked);
        return taken;
    }
}
