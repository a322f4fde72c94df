namespace Iml4e.LocalRuntime.Durable.Faults;

/// <summary>
/// Holds suspects back until the process has lived for a while without them, then lets them go one at a time, each when the one before has ended.
/// </summary>
internal sealed class HeldWork(TimeSpan quiet, TimeProvider time) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Queue<(RunningWork Work, TaskCompletionSource Release)> held = new();
    private ITimer? timer;
    private RunningWork? current;
    private bool isOpen;
    private bool isClosed;

    /// <summary>Completes when the suspect may run; it may at once when it is the one that was let go last and has not ended.</summary>
    /// <exception cref="EngineAbandonedException">The engine has stopped.</exception>
    public Task WaitAsync(RunningWork suspect)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (isClosed)
                return Task.FromException(new EngineAbandonedException());
            if (current == suspect)
                return Task.CompletedTask;
            held.Enqueue((suspect, release));
        }

        Next();
        return release.Task;
    }

    /// <summary>Begins the time of quiet.</summary>
    public void Start()
    {
        lock (gate)
        {
            if (!isClosed)
                timer = time.CreateTimer(static state => ((HeldWork)state!).Open(), this, quiet, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Notes that work has ended; when it is the suspect that was let go, the next one may run.</summary>
    public void Ended(RunningWork work)
    {
        lock (gate)
        {
            if (current != work)
                return;
            current = null;
        }

        Next();
    }

    /// <summary>Lets nothing go any more.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            isClosed = true;
            timer?.Dispose();
            while (held.TryDequeue(out var suspect))
                suspect.Release.TrySetException(new EngineAbandonedException());
        }
    }

    private void Open()
    {
        lock (gate)
            isOpen = true;
        Next();
    }

    private void Next()
    {
        lock (gate)
        {
            if (!isOpen || current is not null || !held.TryDequeue(out var next))
                return;
            current = next.Work;
            next.Release.TrySetResult();
        }
    }
}
