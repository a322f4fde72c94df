namespace Iml4e.Inference.Admission;

/// <summary>How many requests a process takes on at a time, whatever model they are for.</summary>
/// <param name="limit">Requests under way at most, reading and writing included.</param>
/// <param name="time">The clock.</param>
public sealed class AdmissionControl(int limit, TimeProvider time)
{
    private int _underWay;
    private long _lastExit = time.GetTimestamp();

    // Mean time between answers, over about the last 64, in timestamps; races cost a little of its accuracy and nothing else.
    private long _betweenExits;

    /// <summary>Requests under way now.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Takes a request on; <see cref="Exit"/> must follow.</summary>
    /// <exception cref="OverloadedException">There are too many.</exception>
    public void Enter()
    {
        if (Interlocked.Increment(ref _underWay) <= limit)
            return;
        Interlocked.Decrement(ref _underWay);
        var mean = TimeSpan.FromSeconds((double)Volatile.Read(ref _betweenExits) / time.TimestampFrequency);
        throw new OverloadedException($"{limit} requests are under way already", TimeSpan.FromSeconds(Math.Min(3600, mean.TotalSeconds * limit)));
    }

    /// <summary>Ends a request.</summary>
    public void Exit()
    {
        Interlocked.Decrement(ref _underWay);
        var now = time.GetTimestamp();
        // A time of rest says nothing about how fast answers are given.
        var between = Math.Min(now - Interlocked.Exchange(ref _lastExit, now), time.TimestampFrequency);
        var mean = Volatile.Read(ref _betweenExits);
        Volatile.Write(ref _betweenExits, mean + (between - mean) / 64);
    }
}
