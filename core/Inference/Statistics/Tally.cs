namespace Iml4e.Inference.Statistics;

/// <summary>How often something happened, and how long it took in all.</summary>
public sealed class Tally
{
    private long _count;
    private long _ticks;

    /// <summary>Times it happened.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Nanoseconds in all.</summary>
    public long Nanoseconds => Interlocked.Read(ref _ticks) * TimeSpan.NanosecondsPerTick;

    internal void Add(TimeSpan time)
    {
        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _ticks, time.Ticks);
    }
}
