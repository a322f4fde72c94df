namespace Iml4e.Inference;

/// <summary>Loaded models by digest: one load however many ask, a byte budget, the least recently used let go first, never one in use.</summary>
/// <remarks>
/// The budget may be exceeded while the sessions in use exceed it by themselves; it is restored as they are given back. The most recently
/// used session stays even if it is larger than the budget, or each request would load it anew.
/// </remarks>
public sealed class SessionCache : IDisposable
{
    private readonly SessionCacheOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byUse = new();
    private long _bytes;
    private long _hits;
    private long _misses;
    private long _failures;
    private long _evictions;
    private TimeSpan _loadTime;
    private bool _disposed;

    /// <summary>An empty cache.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The budget or the factor is not positive.</exception>
    public SessionCache(SessionCacheOptions options, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaximumBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.SizeFactor);
        (_options, _time) = (options, time);
    }

    /// <summary>Counters and contents at this moment.</summary>
    public SessionCacheStatistics Statistics
    {
        get
        {
            lock (_gate)
                return new SessionCacheStatistics(_byUse.Count, _byUse.Count(e => e.Users > 0), _bytes, _hits, _misses, _failures, _evictions, _loadTime);
        }
    }

    /// <summary>Leases the session of a model, loading it if it is not there.</summary>
    /// <param name="digest">Names the model's bytes.</param>
    /// <param name="load">Fetches the bytes; called once for all who wait, and cancelled only when all of them have left.</param>
    /// <param name="ct">Ends this caller's wait.</param>
    /// <exception cref="InvalidModelException">The bytes are no usable model. Nothing is kept; the next call tries again.</exception>
    public ValueTask<SessionLease> GetAsync(string digest, Func<CancellationToken, Task<byte[]>> load, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        Entry entry;
        List<ModelSession>? idle = null;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_entries.TryGetValue(digest, out entry!))
            {
                _hits++;
                entry.Users++;
                if (entry.Session is not null)
                    Touch(entry);
            }
            else
            {
                _misses++;
                entry = new Entry(digest) { Users = 1 };
                _entries.Add(digest, entry);
                var cancellation = entry.Cancellation.Token;
                entry.Loading = Task.Run(() => LoadAsync(entry, load, cancellation), CancellationToken.None);
            }

            EvictIdle(ref idle);
        }

        Release(idle);
        return entry.Session is { } session
            ? new ValueTask<SessionLease>(new SessionLease(session, this, entry))
            : new ValueTask<SessionLease>(JoinAsync(entry, ct));
    }

    /// <summary>What became of a model: null = not asked for yet, or let go; true = loaded; false = being loaded.</summary>
    public bool? IsLoaded(string digest)
    {
        lock (_gate)
            return _entries.TryGetValue(digest, out var entry) ? entry.Session is not null : null;
    }

    /// <summary>
    /// Loads a model anew beside the session that is there, runs it once, and only then lets it take the other's place; whoever uses the old one keeps it.
    /// </summary>
    /// <param name="digest">Names the model's bytes.</param>
    /// <param name="load">Fetches the bytes.</param>
    /// <param name="ct">Gives up; the old session stays.</param>
    /// <exception cref="InvalidModelException">The bytes are no usable model; the old session stays.</exception>
    public async Task ReloadAsync(string digest, Func<CancellationToken, Task<byte[]>> load, CancellationToken ct)
    {
        var started = _time.GetTimestamp();
        var onnx = await load(ct).ConfigureAwait(false);
        var session = await Task.Run(() => Prepare(onnx, ct), ct).ConfigureAwait(false);
        List<ModelSession>? evicted = null;
        lock (_gate)
        {
            if (_disposed || (_entries.TryGetValue(digest, out var old) && old.Session is null))
            {
                // Closed, or somebody's first load is under way, which is as new as ours.
                (evicted = []).Add(session);
            }
            else
            {
                if (old is not null && Drop(old) is { } free)
                    (evicted = []).Add(free);
                var entry = new Entry(digest) { Loading = Task.FromResult(session) };
                _entries.Add(digest, entry);
                Admit(entry, session, onnx.Length, started);
                Evict(ref evicted);
            }
        }

        Release(evicted);
    }

    /// <summary>Forgets a model; its session is disposed once nobody uses it.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(string digest)
    {
        ModelSession? free = null;
        lock (_gate)
        {
            if (!_entries.TryGetValue(digest, out var entry) || entry.Session is null)
                return false;
            free = Drop(entry);
        }

        free?.Dispose();
        return true;
    }

    /// <summary>Lets all sessions go; those in use as soon as they are given back.</summary>
    public void Dispose()
    {
        var free = new List<ModelSession>();
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            foreach (var entry in _entries.Values.ToArray())
            {
                if (entry.Session is null)
                    entry.Cancellation.Cancel();
                else if (Drop(entry) is { } session)
                    free.Add(session);
            }
        }

        Release(free);
    }

    private async Task<SessionLease> JoinAsync(Entry entry, CancellationToken ct)
    {
        try
        {
            var session = await entry.Loading!.WaitAsync(ct).ConfigureAwait(false);
            return new SessionLease(session, this, entry);
        }
        catch
        {
            Leave(entry);
            throw;
        }
    }

    private async Task<ModelSession> LoadAsync(Entry entry, Func<CancellationToken, Task<byte[]>> load, CancellationToken ct)
    {
        var started = _time.GetTimestamp();
        List<ModelSession>? evicted = null;
        ModelSession? session = null;
        try
        {
            var onnx = await load(ct).ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
            session = Prepare(onnx, ct);
            lock (_gate)
            {
                if (_disposed || entry.Abandoned)
                    throw new OperationCanceledException("the session is no longer wanted", ct);
                Admit(entry, session, onnx.Length, started);
                Evict(ref evicted);
            }
        }
        catch (Exception e)
        {
            lock (_gate)
            {
                if (e is not OperationCanceledException)
                    _failures++;
                Forget(entry);
            }

            session?.Dispose();
            throw;
        }

        Release(evicted);
        return session;
    }

    private ModelSession Prepare(byte[] onnx, CancellationToken ct)
    {
        var session = ModelSession.Load(onnx, _options.Session);
        if (_options.WarmUpTime <= TimeSpan.Zero)
            return session;
        using var enough = new CancellationTokenSource(_options.WarmUpTime, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, enough.Token);
        session.WarmUp(either.Token);
        return session;
    }

    private void Admit(Entry entry, ModelSession session, long fileBytes, long started)
    {
        _loadTime += _time.GetElapsedTime(started);
        entry.Session = session;
        entry.Bytes = (long)Math.Ceiling(fileBytes * _options.SizeFactor);
        _bytes += entry.Bytes;
        Touch(entry);
    }

    internal void Leave(Entry entry)
    {
        List<ModelSession>? evicted = null;
        ModelSession? free = null;
        lock (_gate)
        {
            entry.Users--;
            if (entry.Users == 0)
            {
                if (entry.Session is null && !entry.Loading!.IsCompleted)
                {
                    // Everyone who waited has left: stop, and let the next one begin afresh rather than join a cancelled load.
                    entry.Abandoned = true;
                    Forget(entry);
                    entry.Cancellation.Cancel();
                }
                else if (entry.Dropped)
                {
                    free = entry.Session;
                }
                else
                {
                    Evict(ref evicted);
                }
            }
        }

        free?.Dispose();
        Release(evicted);
    }

    private void Touch(Entry entry)
    {
        entry.LastUse = _time.GetTimestamp();
        if (entry.Node.List is not null)
            _byUse.Remove(entry.Node);
        _byUse.AddFirst(entry.Node);
    }

    private void Evict(ref List<ModelSession>? evicted)
    {
        for (var node = _byUse.Last; node is not null && _bytes > _options.MaximumBytes && node != _byUse.First;)
        {
            var previous = node.Previous;
            EvictIfFree(node.Value, ref evicted);
            node = previous;
        }
    }

    private void EvictIdle(ref List<ModelSession>? evicted)
    {
        if (_options.IdleLifetime is not { } lifetime)
            return;
        for (var node = _byUse.Last; node is not null && _time.GetElapsedTime(node.Value.LastUse) > lifetime;)
        {
            var previous = node.Previous;
            EvictIfFree(node.Value, ref evicted);
            node = previous;
        }
    }

    private void EvictIfFree(Entry entry, ref List<ModelSession>? evicted)
    {
        if (entry.Users > 0)
            return;
        _evictions++;
        (evicted ??= []).Add(Drop(entry)!);
    }

    /// <summary>Takes a loaded entry out of the cache; returns its session if nobody uses it, else the last user frees it.</summary>
    private ModelSession? Drop(Entry entry)
    {
        Forget(entry);
        _byUse.Remove(entry.Node);
        _bytes -= entry.Bytes;
        entry.Dropped = true;
        return entry.Users == 0 ? entry.Session : null;
    }

    private void Forget(Entry entry)
    {
        if (_entries.TryGetValue(entry.Digest, out var current) && current == entry)
            _entries.Remove(entry.Digest);
    }

    private static void Release(List<ModelSession>? sessions)
    {
        foreach (var session in sessions ?? [])
            session.Dispose();
    }

    internal sealed class Entry
    {
        internal Entry(string digest)
        {
            Digest = digest;
            Node = new LinkedListNode<Entry>(this);
        }

        internal string Digest { get; }

        internal LinkedListNode<Entry> Node { get; }

        // Never linked to another source and without a timer: nothing in it needs disposal.
        internal CancellationTokenSource Cancellation { get; } = new();

        internal Task<ModelSession>? Loading { get; set; }

        internal ModelSession? Session { get; set; }

        internal long Bytes { get; set; }

        internal long LastUse { get; set; }

        internal int Users { get; set; }

        internal bool Dropped { get; set; }

        internal bool Abandoned { get; set; }
    }
}
