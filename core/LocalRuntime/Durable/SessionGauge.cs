namespace Iml4e.LocalRuntime.Durable;

/// <summary>How many sessions are at work, so that what can wait (timers that are due) is let in only as fast as it is worked off.</summary>
/// <param name="limit">Sessions at work from which there is no room for more.</param>
/// <param name="roomAgain">Called when half of the room is free again.</param>
internal sealed class SessionGauge(int limit, Action roomAgain)
{
    private int working;
    private TaskCompletionSource? idle;

    public bool HasRoom => Volatile.Read(ref working) < limit;

    public void Enter() => Interlocked.Increment(ref working);

    public void Leave()
    {
        var left = Interlocked.Decrement(ref working);
        if (left == limit / 2)
            roomAgain();
        if (left == 0)
            Volatile.Read(ref idle)?.TrySetResult();
    }

    /// <summary>Completes when no session is at work.</summary>
    public Task IdleAsync()
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref idle, source);
        if (Volatile.Read(ref working) == 0)
            source.TrySetResult();
        return source.Task;
    }
}
