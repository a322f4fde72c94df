using Iml4e.LocalRuntime.Durable.Storage;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>The pending timers of the hub in order of due time, with one wake-up for the earliest; nothing is polled.</summary>
internal sealed class TimerQueue : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(20);

    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly Action<PendingTimer> fire;
    private readonly ITimer wakeUp;
    private readonly HashSet<(long Execution, int TaskId)> live = [];
    private PriorityQueue<PendingTimer, (long Due, long Order)> queue = new();
    private long order;
    private long armedFor = long.MaxValue;
    private bool stopped;

    public TimerQueue(TimeProvider time, Action<PendingTimer> fire)
    {
        this.time = time;
        this.fire = fire;
        wakeUp = time.CreateTimer(static state => ((TimerQueue)state!).FireDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Add(PendingTimer timer)
    {
        lock (gate)
        {
            if (stopped || !live.Add((timer.Execution, timer.TaskId)))
                return;
            queue.Enqueue(timer, (timer.Due.Ticks, order++));
            if (timer.Due.Ticks < armedFor)
                Arm();
        }
    }

    public void Cancel(long execution, int taskId)
    {
        lock (gate)
        {
            live.Remove((execution, taskId));
            if (queue.Count > 1024 && queue.Count > 2 * live.Count)
                Compact();
        }
    }

    public void Dispose()
    {
        lock (gate)
            stopped = true;
        wakeUp.Dispose();
    }

    private void FireDue()
    {
        var due = new List<PendingTimer>();
        lock (gate)
        {
            if (stopped)
                return;
            var now = time.GetUtcNow().UtcTicks;
            while (queue.TryPeek(out var first, out _) && first.Due.Ticks <= now)
            {
                queue.Dequeue();
                if (live.Remove((first.Execution, first.TaskId)))
                    due.Add(first);
            }

            Arm();
        }

        foreach (var timer in due)
            fire(timer);
    }

    private void Arm()
    {
        if (!queue.TryPeek(out var first, out _))
        {
            armedFor = long.MaxValue;
            wakeUp.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        armedFor = first.Due.Ticks;
        var wait = TimeSpan.FromTicks(Math.Max(0, armedFor - time.GetUtcNow().UtcTicks));
        if (wait > LongestWait)
            wait = LongestWait;

        // Timers count whole milliseconds: rounded up so that a wake-up is never too early by a fraction.
        wakeUp.Change(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    private void Compact()
    {
        var kept = new PriorityQueue<PendingTimer, (long Due, long Order)>();
        foreach (var (timer, priority) in queue.UnorderedItems)
        {
            if (live.Contains((timer.Execution, timer.TaskId)))
                kept.Enqueue(timer, priority);
        }

        queue = kept;
    }
}
