namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>
/// The one logical thread of an orchestration: continuations of its awaits run here, in order, during a turn and never between turns.
/// A continuation that comes from elsewhere belongs to a task that is not durable, and is reported instead of run.
/// </summary>
internal sealed class OrchestrationSynchronizationContext(Action reportForeign) : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> queue = new();
    private int turnThread;

    /// <summary>Whether the caller runs on the orchestration's thread.</summary>
    public bool IsCurrent => Volatile.Read(ref turnThread) == Environment.CurrentManagedThreadId;

    /// <summary>Runs code as the orchestration's thread, and all continuations that follow from it.</summary>
    public void Run(Action body)
    {
        var previous = Current;
        SetSynchronizationContext(this);
        Volatile.Write(ref turnThread, Environment.CurrentManagedThreadId);
        try
        {
            body();
        }
        finally
        {
            Volatile.Write(ref turnThread, 0);
            SetSynchronizationContext(previous);
        }
    }

    /// <summary>Runs what has been posted, on the orchestration's thread.</summary>
    public void Drain()
    {
        while (queue.TryDequeue(out var item))
            item.Callback(item.State);
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsCurrent)
            queue.Enqueue((d, state));
        else
            reportForeign();
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (IsCurrent)
            d(state);
        else
            reportForeign();
    }

    public override SynchronizationContext CreateCopy() => this;
}
