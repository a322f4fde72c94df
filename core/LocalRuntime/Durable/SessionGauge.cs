namespace Iml4e.LocalRuntime.Durable;

/// <summary>How many sessions are at work, so that what can wait (timers that are due) is let in only as fast as it is worked off.</summary>
/// <param name="limit">Sessions at work from which there is no room for more.</param>
/// <param name="roomAgain">Called when half of the room is free again.</param>
internal sealed class SessionGauge(int limit, Action roomAgain)
{
    private int working;

    public bool HasRoom => Volatile.Read(ref working) < limit;

    public void Enter() => Interlocked.Increment(ref working);

    public void Leave()
    {
        if (Interlocked.Decrement(ref working) == limit / 2)
            roomAgain();
    }
}
