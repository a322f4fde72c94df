namespace Iml4e.Inference;

/// <summary>The right to use a cached session; while it is held the session is not disposed.</summary>
public sealed class SessionLease : IDisposable
{
    private readonly ModelSession _session;
    private Action? _release;

    internal SessionLease(ModelSession session, Action release) => (_session, _release) = (session, release);

    /// <summary>The session.</summary>
    /// <exception cref="ObjectDisposedException">The lease was given back.</exception>
    public ModelSession Session
    {
        get
        {
            ObjectDisposedException.ThrowIf(_release is null, this);
            return _session;
        }
    }

    /// <summary>Gives the session back; further calls do nothing.</summary>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
