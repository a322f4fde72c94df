using Iml4e.LocalRuntime.Durable.Storage;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>Holds suspects back until the process has lived for a while without them, then lets them go one at a time, each when the one before has ended.</summary>
internal sealed class HeldActivities(TimeSpan quiet, TimeProvider time, Action<ActivityWork> release) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Queue<ActivityWork> held = new();
    private ITimer? timer;
    private ActivityWork? current;
    private bool isOpen;

    public void Add(ActivityWork suspect)
    {
        lock (gate)
            held.Enqueue(suspect);
        Next();
    }

    /// <summary>Begins the time of quiet, if there is anything to hold back.</summary>
    public void Start()
    {
        lock (gate)
        {
            if (held.Count > 0)
                timer = time.CreateTimer(static state => ((HeldActivities)state!).Open(), this, quiet, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Notes that an activity has ended; when it is the suspect that was let go, the next one may run.</summary>
    public void Ended(ActivityWork activity)
    {
        lock (gate)
        {
            if (!ReferenceEquals(current, activity))
                return;
            current = null;
        }

        Next();
    }

    public void Dispose() => timer?.Dispose();

    private void Open()
    {
        lock (gate)
            isOpen = true;
        Next();
    }

    private void Next()
    {
        ActivityWork next;
        lock (gate)
        {
            if (!isOpen || current is not null || !held.TryDequeue(out next!))
                return;
            current = next;
        }

        release(next);
    }
}
