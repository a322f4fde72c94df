using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>
/// Reads a timeline out of a history, turn by turn. A history does not say that a call is the next try of another. It is taken for one when it has the name and
/// the input of a call whose failure the same turn brought, or whose failure set the timer that the turn brought: that is how retries look, by a policy, by a
/// handler or by hand. The timer between the two is the pause of that call, and so is one that a failure has set and that is still to fire. The timers
/// that a long wait is made of are one.
/// </summary>
internal sealed class TimelineBuilder
{
    private readonly InstanceSnapshot snapshot;
    private readonly List<Lane> lanes = [];
    private readonly List<EventMark> events = [];
    private readonly Dictionary<int, (Lane Lane, Attempt Attempt)> calls = [];
    private readonly Dictionary<Lane, string?> inputs = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<int, SetTimer> timers = [];
    private readonly Dictionary<int, SetTimer> numbers = [];
    private readonly HashSet<int> buffered;
    private List<Lane> failed = [];
    private List<SetTimer> fired = [];
    private DateTime turnTime;
    private int turns;

    private TimelineBuilder(InstanceSnapshot snapshot)
    {
        this.snapshot = snapshot;
        buffered = [.. snapshot.Waits?.Buffered ?? []];
    }

    public static Timeline Build(InstanceSnapshot snapshot)
    {
        var builder = new TimelineBuilder(snapshot);
        for (var i = 0; i < snapshot.History.Count; i++)
            builder.Read(snapshot.History[i], i);
        foreach (var message in snapshot.Inbox)
            builder.ReadArrived(message);
        builder.PlaceTimers();
        if (snapshot.Instance.IsFinished)
            builder.DropOpen();
        return new Timeline([.. builder.lanes.OrderBy(lane => lane.Attempts[0].Id)], builder.events, builder.turns);
    }

    private void Read(HistoryEvent item, int sequence)
    {
        switch (item.Kind)
        {
            case HistoryEventKind.OrchestratorStarted:
                turnTime = item.Timestamp;
                turns++;
                failed = [];
                fired = [];
                break;
            case HistoryEventKind.TaskScheduled:
                Call(LaneKind.Activity, item);
                break;
            case HistoryEventKind.SubOrchestrationInstanceCreated:
                Call(LaneKind.SubOrchestration, item);
                break;
            case HistoryEventKind.EventSent when item.Request is EntityRequestKind.Call or EntityRequestKind.Lock:
                Call(LaneKind.Entity, item);
                break;
            case HistoryEventKind.EventRaised when item.TaskId is not null:
                End(item, item.Failure is null ? AttemptStatus.Completed : AttemptStatus.Failed);
                break;
            case HistoryEventKind.TaskCompleted:
            case HistoryEventKind.SubOrchestrationInstanceCompleted:
                End(item, AttemptStatus.Completed);
                break;
            case HistoryEventKind.TaskFailed:
            case HistoryEventKind.SubOrchestrationInstanceFailed:
                if (End(item, AttemptStatus.Failed) is { } lane)
                    failed.Add(lane);
                break;
            case HistoryEventKind.TimerCreated:
                SetTimerOf(item);
                break;
            case HistoryEventKind.TimerFired:
                if (FindTimer(item) is { } timer)
                {
                    timer.Fired = item.Timestamp;
                    fired.Add(timer);
                }

                break;
            case HistoryEventKind.EventRaised:
                events.Add(new EventMark(item.Name ?? "", item.Timestamp, sequence, buffered.Contains(events.Count)));
                break;
        }
    }

    /// <summary>What has arrived and waits for its turn.</summary>
    private void ReadArrived(HistoryEvent item)
    {
        if (item is { Kind: HistoryEventKind.EventRaised, TaskId: null })
            events.Add(new EventMark(item.Name ?? "", item.Timestamp, null, true));
        else if (item.Kind == HistoryEventKind.TimerFired && FindTimer(item) is { } timer)
            (timer.Fired, timer.HasArrived) = (item.Timestamp, true);
        else if (item.TaskId is not null)
            End(item, AttemptStatus.Arrived);
    }

    private void Call(LaneKind kind, HistoryEvent item)
    {
        var attempt = new Attempt(item.EventId!.Value, item.Timestamp);
        var lane = FindRetried(kind, item);
        if (lane is null)
        {
            lane = new Lane(kind, item.Name ?? "") { Target = item.InstanceId };
            lanes.Add(lane);
        }

        lane.Attempts.Add(attempt);
        calls[attempt.Id] = (lane, attempt);
        inputs[lane] = item.Input;
    }

    private SetTimer? FindTimer(HistoryEvent fired) => numbers.TryGetValue(fired.TaskId!.Value, out var timer) ? timer : null;

    private void SetTimerOf(HistoryEvent item)
    {
        var due = item.FinalFireAt ?? item.FireAt ?? turnTime;
        var timer = fired.Find(part => part.HasNext && part.Due == due);
        if (timer is null)
            timer = new SetTimer(item.EventId!.Value, turnTime, due, failed);
        else
            fired.Remove(timer);
        timer.Current = item.EventId!.Value;
        timer.HasNext = item.FinalFireAt is not null;
        timer.Fired = null;
        timers[timer.Id] = timer;
        numbers[timer.Current] = timer;
    }

    private Lane? FindRetried(LaneKind kind, HistoryEvent item)
    {
        foreach (var timer in fired)
        {
            if (timer.HasNext || timer.After.Find(Fits) is not { } lane)
                continue;
            timer.After.Remove(lane);
            fired.Remove(timer);
            timers.Remove(timer.Id);
            lane.Pauses.Add(new Pause(timer.Id, timer.Set, timer.Due) { End = timer.Fired });
            return lane;
        }

        if (failed.Find(Fits) is not { } direct)
            return null;
        failed.Remove(direct);
        return direct;

        bool Fits(Lane lane) => lane.Kind == kind && string.Equals(lane.Name, item.Name, StringComparison.OrdinalIgnoreCase) && inputs[lane] == item.Input;
    }

    private Lane? End(HistoryEvent item, AttemptStatus status)
    {
        if (!calls.TryGetValue(item.TaskId!.Value, out var call) || call.Attempt.End is not null)
            return null;
        call.Attempt.End = item.Timestamp;
        call.Attempt.Status = status;
        call.Attempt.Error = item.Failure?.ErrorMessage;
        return call.Lane;
    }

    private void PlaceTimers()
    {
        foreach (var timer in timers.Values.OrderBy(timer => timer.Id))
        {
            // The fire of a part is not the end: its next part is to be set, or the wait has been given up.
            var pending = timer.Fired is null ? snapshot.PendingTimers.Contains(timer.Current) : timer.HasNext && timer.HasArrived;
            var ended = timer.Fired is not null && !timer.HasNext;
            var last = timer.Due <= timer.Set;
            if ((pending || last) && timer.After is [var failure, ..])
            {
                // After the last try a timer is set too, due at once: it is no pause.
                timer.After.RemoveAt(0);
                if (!last)
                    failure.Pauses.Add(new Pause(timer.Id, timer.Set, timer.Due));
                continue;
            }

            var lane = new Lane(LaneKind.Timer, "timer") { Due = timer.Due };
            lane.Attempts.Add(new Attempt(timer.Id, timer.Set)
            {
                End = ended ? timer.Fired : null,
                Status = ended && timer.HasArrived ? AttemptStatus.Arrived
                    : ended ? AttemptStatus.Completed
                    : pending ? AttemptStatus.Open
                    : AttemptStatus.Dropped,
            });
            lanes.Add(lane);
        }
    }

    private void DropOpen()
    {
        foreach (var (_, attempt) in calls.Values)
        {
            if (attempt.Status == AttemptStatus.Open)
                attempt.Status = AttemptStatus.Dropped;
        }
    }

    /// <param name="id">Its sequence number; of several parts that of the first.</param>
    /// <param name="set">When it was set.</param>
    /// <param name="due">When it is due; of several parts, when the last one is.</param>
    /// <param name="after">The calls whose failures came in the turn that set it and whose next try is not found yet.</param>
    private sealed class SetTimer(int id, DateTime set, DateTime due, List<Lane> after)
    {
        public int Id { get; } = id;

        public DateTime Set => set;

        public DateTime Due => due;

        public List<Lane> After => after;

        /// <summary>The sequence number of the part that was set last.</summary>
        public int Current { get; set; } = id;

        /// <summary>Whether another part follows that one.</summary>
        public bool HasNext { get; set; }

        /// <summary>When the part that was set last fired.</summary>
        public DateTime? Fired { get; set; }

        public bool HasArrived { get; set; }
    }
}
