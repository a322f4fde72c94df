using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>
/// Reads a timeline out of a history, turn by turn. A history does not say that a call is the next try of another. It is taken for one when it has the name and
/// the input of a call whose failure the same turn brought, or whose failure set the timer that the turn brought: that is how retries look, by a policy, by a
/// handler or by hand. The timer between the two is the pause of that call, and so is one that a failure has set and that is still to fire.
/// </summary>
internal sealed class TimelineBuilder
{
    private readonly InstanceSnapshot snapshot;
    private readonly List<Lane> lanes = [];
    private readonly List<EventMark> events = [];
    private readonly Dictionary<int, (Lane Lane, Attempt Attempt)> calls = [];
    private readonly Dictionary<Lane, string?> inputs = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<int, SetTimer> timers = [];
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
                timers[item.EventId!.Value] = new SetTimer(item.EventId.Value, turnTime, item.FireAt ?? turnTime, failed);
                break;
            case HistoryEventKind.TimerFired:
                if (timers.TryGetValue(item.TaskId!.Value, out var timer))
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
        else if (item.Kind == HistoryEventKind.TimerFired && timers.TryGetValue(item.TaskId!.Value, out var timer))
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

    private Lane? FindRetried(LaneKind kind, HistoryEvent item)
    {
        foreach (var timer in fired)
        {
            if (timer.After.Find(Fits) is not { } lane)
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
            var pending = timer.Fired is null && snapshot.PendingTimers.Contains(timer.Id);
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
                End = timer.Fired,
                Status = timer.HasArrived ? AttemptStatus.Arrived
                    : timer.Fired is not null ? AttemptStatus.Completed
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

    /// <param name="id">Its sequence number.</param>
    /// <param name="set">When it was set.</param>
    /// <param name="due">When it is due.</param>
    /// <param name="after">The calls whose failures came in the turn that set it and whose next try is not found yet.</param>
    private sealed class SetTimer(int id, DateTime set, DateTime due, List<Lane> after)
    {
        public int Id => id;

        public DateTime Set => set;

        public DateTime Due => due;

        public List<Lane> After => after;

        public DateTime? Fired { get; set; }

        public bool HasArrived { get; set; }
    }
}
