using Iml4e.LocalRuntime.Durable.Storage;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>
/// The pending timers of the hub in order of due time, with one wake-up for the earliest; nothing is polled. When very many are due together they fire as
/// fast as there is room for what follows from them.
/// </summary>
internal sealed class TimerQueue : IDisposable
{
    private const int BatchSize = 256;
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(20);

    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly Action<PendingTimer> fire;
    private readonly Func<bool> hasRoom;
    private readonly ITimer wakeUp;
    private readonly HashSet<(long Execution, int TaskId)> live = [];
    private PriorityQueue<PendingTimer, (long Due, long Order)> queue = new();
    private long order;
    private long armedFor = long.MaxValue;
    private bool waitsForRoom;
    private bool stopped;

    /// <param name="time">The clock.</param>
    /// <param name="fire">Takes a timer that is due.</param>
    /// <param name="hasRoom">Whether another may fire; when not, <see cref="RoomAgain"/> is to be called later.</param>
    public TimerQueue(TimeProvider time, Action<PendingTimer> fire, Func<bool> hasRoom)
    {
        this.time = time;
        this.fire = fire;
        this.hasRoom = hasRoom;
        wakeUp = time.CreateTimer(static state => ((TimerQueue)state!).FireDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Timers that have neither fired nor been cancelled.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return live.Count;
        }
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

    /// <summary>Goes on with timers that are due and had to wait.</summary>
    public void RoomAgain()
    {
        lock (gate)
        {
            if (!waitsForRoom)
                return;
            waitsForRoom = false;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static timers => timers.FireDue(), this, preferLocal: false);
    }

    private void FireDue()
    {
        var due = new List<PendingTimer>();
        do
        {
            due.Clear();
            lock (gate)
            {
                if (stopped || waitsForRoom)
                    return;
                TakeDue(due);
                if (due.Count == 0)
                    Arm();
                else
                    waitsForRoom = !hasRoom();
            }

            foreach (var timer in due)
                fire(timer);
        }
        while (due.Count > 0);
    }

    private void TakeDue(List<PendingTimer> due)
    {
        var now = time.GetUtcNow().UtcTicks;
        while (due.Count < BatchSize && queue.TryPeek(out var first, out _) && first.Due.Ticks <= now)
        {
            queue.Dequeue();
            if (live.Remove((first.Execution, first.TaskId)))
                due.Add(first);
        }
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
