namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>External events of a fake context, by name whatever its case: the latest waiter is served first, what nobody waits for is kept.</summary>
internal sealed class FakeEvents
{
    private readonly Dictionary<string, List<Action<object?>>> waiters = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Queue<object?>> buffered = new(StringComparer.OrdinalIgnoreCase);

    public void Raise(string name, object? payload)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (waiters.TryGetValue(name, out var waiting) && waiting.Count > 0)
        {
            var latest = waiting[^1];
            waiting.RemoveAt(waiting.Count - 1);
            latest(payload);
            return;
        }

        if (!buffered.TryGetValue(name, out var queue))
            buffered[name] = queue = new();
        queue.Enqueue(payload);
    }

    public Task<T> WaitAsync<T>(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        if (buffered.TryGetValue(name, out var queue) && queue.TryDequeue(out var payload))
            return Task.FromResult(Read(payload));
        var source = new TaskCompletionSource<T>();
        if (!waiters.TryGetValue(name, out var waiting))
            waiters[name] = waiting = [];
        waiting.Add(Complete);
        cancellationToken.Register(() =>
        {
            waiting.Remove(Complete);
            source.TrySetCanceled(cancellationToken);
        });
        return source.Task;

        void Complete(object? value) => source.TrySetResult(Read(value));

        T Read(object? value) => FakeValue.As<T>(value, $"payload of event '{name}'");
    }
}
