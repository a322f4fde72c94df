namespace Iml4e.Functions.Maintenance;

/// <summary>
/// A costly look at the whole catalogue: one at a time, its result shared by whoever asks while it is under way and for some seconds after, so that nobody
/// can keep the storage busy by asking often.
/// </summary>
internal sealed class FreshResult<TKey, T>(TimeSpan fresh, TimeProvider time) : IDisposable
    where TKey : notnull
    where T : class
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private (TKey Key, T Value, long At)? _newest;

    /// <summary>The result of a key, computed unless there is a fresh one.</summary>
    public async Task<T> GetAsync(TKey key, Func<CancellationToken, Task<T>> compute, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_newest is { } newest && newest.Key.Equals(key) && time.GetElapsedTime(newest.At) < fresh)
                return newest.Value;
            var value = await compute(cancellationToken);
            _newest = (key, value, time.GetTimestamp());
            return value;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();
}
