namespace Iml4e.Tests.Unit.Inference;

/// <summary>A clock of microseconds that tests move; timers fire as it passes their time, in the thread that moves it.</summary>
internal sealed class StepTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private long _now = TimeSpan.TicksPerDay;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Microseconds since the clock was made.</summary>
    internal long Microseconds => (GetTimestamp() - TimeSpan.TicksPerDay) / TimeSpan.TicksPerMicrosecond;

    public override long GetTimestamp()
    {
        lock (_gate)
            return _now;
    }

    public override DateTimeOffset GetUtcNow() => new(GetTimestamp(), TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Ends after a time on this clock, exactly; Task.Delay counts whole milliseconds.</summary>
    internal async Task After(TimeSpan time, CancellationToken ct)
    {
        var due = new TaskCompletionSource();
        await using var timer = CreateTimer(_ => due.TrySetResult(), null, time, Timeout.InfiniteTimeSpan);
        await using var registration = ct.Register(() => due.TrySetCanceled(ct)).ConfigureAwait(false);
        await due.Task.ConfigureAwait(false);
    }

    /// <summary>Moves the clock to so many microseconds after its beginning.</summary>
    internal void MoveTo(long microseconds)
    {
        var to = TimeSpan.TicksPerDay + microseconds * TimeSpan.TicksPerMicrosecond;
        while (true)
        {
            Timer? next;
            lock (_gate)
            {
                next = _timers.Where(timer => timer.Due <= to).MinBy(timer => timer.Due);
                if (next is null)
                {
                    _now = Math.Max(_now, to);
                    return;
                }

                _now = Math.Max(_now, next.Due);
                _timers.Remove(next);
            }

            next.Fire();
        }
    }

    private sealed class Timer(StepTime time, TimerCallback callback, object? state) : ITimer
    {
        internal long Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = time._now + dueTime.Ticks;
                    time._timers.Add(this);
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

        internal void Fire()
        {
            // What waits for the clock goes on at once, in this thread, not when the test's context comes to it.
            var context = SynchronizationContext.Current;
            SynchronizationContext.SetSynchronizationContext(null);
            try
            {
                callback(state);
            }
            finally
            {
                SynchronizationContext.SetSynchronizationContext(context);
            }
        }
    }
}
