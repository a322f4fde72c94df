namespace Iml4e.Tests.Integration.LocalRuntime;

/// <summary>A clock that tests move; timers fire as it passes their time.</summary>
public sealed class VirtualTime(DateTimeOffset start) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<Timer> timers = [];
    private DateTimeOffset now = start;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
            return now;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Whether something waits for the clock at this very time.</summary>
    public bool IsAwaited(DateTimeOffset due)
    {
        lock (gate)
            return timers.Any(timer => timer.Due == due);
    }

    /// <summary>Moves the clock to a time, firing what falls due on the way in its order.</summary>
    public void MoveTo(DateTimeOffset to)
    {
        while (true)
        {
            Timer? next;
            lock (gate)
            {
                next = timers.Where(timer => timer.Due <= to).MinBy(timer => timer.Due);
                if (next is null)
                {
                    now = to;
                    return;
                }

                now = next.Due > now ? next.Due : now;
                timers.Remove(next);
            }

            next.Fire();
        }
    }

    private sealed class Timer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; private set; }

        private TimeSpan Period { get; set; }

        public void Fire()
        {
            if (Period > TimeSpan.Zero)
            {
                lock (time.gate)
                {
                    Due += Period;
                    time.timers.Add(this);
                }
            }

            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time.gate)
            {
                time.timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = time.now + dueTime;
                    Period = period == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : period;
                    time.timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
