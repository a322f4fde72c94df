namespace Iml4e.Inference.Caching;

/// <summary>
/// Answers of one model version by request: the least recently used go first when there are too many bytes, none outlives its time, and of equal requests at
/// the same time one alone is computed.
/// </summary>
public sealed class ResponseCache
{
    private readonly ResponseCacheSettings _settings;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<ResponseCacheKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new();
    private readonly Dictionary<ResponseCacheKey, TaskCompletionSource<CachedResponse?>> _underWay = [];
    private long _bytes;

    /// <summary>An empty cache.</summary>
    /// <exception cref="ArgumentException">The settings are out of their ranges.</exception>
    public ResponseCache(ResponseCacheSettings settings, TimeProvider time)
    {
        if (settings.Fault() is { } fault)
            throw new ArgumentException(fault, nameof(settings));
        (_settings, _time) = (settings, time);
    }

    /// <summary>Answers kept now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>Bytes of the answers kept now.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    /// <summary>
    /// The answer to a request, if it is kept or being computed; null for whoever is to compute it, who must then call <see cref="Complete"/>, come what may.
    /// </summary>
    public async ValueTask<CachedResponse?> FindAsync(ResponseCacheKey key, CancellationToken ct)
    {
        while (true)
        {
            Task<CachedResponse?> computed;
            lock (_gate)
            {
                if (FindKept(key) is { } kept)
                    return kept;
                if (!_underWay.TryGetValue(key, out var underWay))
                {
                    _underWay.Add(key, new TaskCompletionSource<CachedResponse?>(TaskCreationOptions.RunContinuationsAsynchronously));
                    return null;
                }

                computed = underWay.Task;
            }

            // Null: whoever computed it failed or left; then somebody else tries.
            if (await computed.WaitAsync(ct).ConfigureAwait(false) is { } answer)
                return answer;
        }
    }

    /// <summary>Ends the computation of an answer.</summary>
    /// <param name="key">The request.</param>
    /// <param name="answer">The answer, to be kept; null when there is none.</param>
    public void Complete(ResponseCacheKey key, CachedResponse? answer)
    {
        TaskCompletionSource<CachedResponse?>? waiting;
        lock (_gate)
        {
            _underWay.Remove(key, out waiting);
            if (answer is not null && answer.Bytes <= _settings.MaxBytes)
                Keep(key, answer);
        }

        waiting?.TrySetResult(answer);
    }

    private CachedResponse? FindKept(ResponseCacheKey key)
    {
        if (!_entries.TryGetValue(key, out var node))
            return null;
        if (_time.GetElapsedTime(node.Value.Stored) >= _settings.TimeToLive)
        {
            Drop(node);
            return null;
        }

        _byUse.Remove(node);
        _byUse.AddFirst(node);
        return node.Value.Answer;
    }

    private void Keep(ResponseCacheKey key, CachedResponse answer)
    {
        if (_entries.TryGetValue(key, out var known))
            Drop(known);
        _entries.Add(key, _byUse.AddFirst(new Entry(key, answer, _time.GetTimestamp())));
        _bytes += answer.Bytes;
        while (_bytes > _settings.MaxBytes)
            Drop(_byUse.Last!);
    }

    private void Drop(LinkedListNode<Entry> node)
    {
        _entries.Remove(node.Value.Key);
        _byUse.Remove(node);
        _bytes -= node.Value.Answer.Bytes;
    }

    private sealed record Entry(ResponseCacheKey Key, CachedResponse Answer, long Stored);
}
