namespace Iml4e.Inference;

/// <summary>The right to use a cached session; while it is held the session is not disposed.</summary>
public sealed class SessionLease : IDisposable
{
    private readonly ModelSession _session;
    private readonly SessionCache.Entry _entry;
    private SessionCache? _cache;

    internal SessionLease(ModelSession session, SessionCache cache, SessionCache.Entry entry) => (_session, _cache, _entry) = (session, cache, entry);

    /// <summary>The session.</summary>
    /// <exception cref="ObjectDisposedException">The lease was given back.</exception>
    public ModelSession Session
    {
        get
        {
            ObjectDisposedException.ThrowIf(_cache is null, this);
            return _session;
        }
    }

    /// <summary>Gives the session back; further calls do nothing.</summary>
    public void Dispose() => Interlocked.Exchange(ref _cache, null)?.Leave(_entry);
}
