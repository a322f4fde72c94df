using Iml4e.LocalRuntime.Durable.History;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>
/// What is kept of a failed history. The failed call and the failed ones that were scheduled in the same turn (its fan-out siblings) are run
/// again; the turns from the first of their failures on are dropped, and what else had arrived in them arrives anew. When the
/// code itself threw, its last turn is run again. A call of an entity whose answer the failed instance did not take any more is made again too.
/// </summary>
internal sealed record RewindPlan(IReadOnlyList<HistoryEvent> Kept, IReadOnlyList<HistoryEvent> Redelivered, IReadOnlyList<HistoryEvent> RunAgain)
{
    public static RewindPlan Of(IReadOnlyList<HistoryEvent> history)
    {
        var turnOf = new int[history.Count];
        var scheduledAt = new Dictionary<int, int>();
        var turn = -1;
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i].Kind == HistoryEventKind.OrchestratorStarted)
                turn++;
            turnOf[i] = turn;
            if (history[i].EventId is { } id && history[i].Kind != HistoryEventKind.ExecutionCompleted)
                scheduledAt[id] = i;
        }

        var cut = Cut(history, turnOf, scheduledAt, turn);
        var first = Enumerable.Range(0, history.Count).First(i => turnOf[i] == cut);
        List<HistoryEvent> kept = [.. history.Take(first)];
        var redelivered = new List<HistoryEvent>();
        var answered = new HashSet<int>(kept.Where(item => item.TaskId is not null).Select(item => item.TaskId!.Value));
        foreach (var item in history.Skip(first))
        {
            var known = item.TaskId is not { } task || (scheduledAt.TryGetValue(task, out var at) && at < first);
            var arrives = !IsGrant(history, scheduledAt, item) && item.Failure is null
                && item.Kind is HistoryEventKind.EventRaised or HistoryEventKind.TaskCompleted or HistoryEventKind.TimerFired
                    or HistoryEventKind.SubOrchestrationInstanceCompleted;
            if (!arrives || !known)
                continue;
            redelivered.Add(item);
            if (item.TaskId is { } id)
                answered.Add(id);
        }

        List<HistoryEvent> again = [.. kept.Where(item => item.EventId is { } id && !answered.Contains(id)
            && (item.Kind is HistoryEventKind.TaskScheduled or HistoryEventKind.TimerCreated or HistoryEventKind.SubOrchestrationInstanceCreated
                || item.Request is EntityRequestKind.Call or EntityRequestKind.Lock))];
        return new RewindPlan(kept, redelivered, again);
    }

    /// <summary>Whether the code, where it would go on, believes that it has entities locked; it has not, since the failure has freed them.</summary>
    public bool IsInCriticalSection
    {
        get
        {
            var lastLock = Kept.LastOrDefault(item => item.Request is EntityRequestKind.Lock or EntityRequestKind.Unlock);
            return lastLock?.Request == EntityRequestKind.Lock && !RunAgain.Contains(lastLock);
        }
    }

    /// <summary>Whether an event tells that a lock request was granted.</summary>
    private static bool IsGrant(IReadOnlyList<HistoryEvent> history, Dictionary<int, int> scheduledAt, HistoryEvent item) =>
        item.TaskId is { } task && scheduledAt.TryGetValue(task, out var at) && history[at].Request == EntityRequestKind.Lock;

    private static int Cut(IReadOnlyList<HistoryEvent> history, int[] turnOf, Dictionary<int, int> scheduledAt, int lastTurn)
    {
        var end = history.LastOrDefault(item => item.Kind == HistoryEventKind.ExecutionCompleted);
        if (end?.TaskId is not { } cause || !scheduledAt.TryGetValue(cause, out var causeAt))
            return lastTurn;
        var siblings = turnOf[causeAt];
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i] is { Failure: not null, Kind: HistoryEventKind.TaskFailed or HistoryEventKind.SubOrchestrationInstanceFailed or HistoryEventKind.EventRaised }
                && scheduledAt.TryGetValue(history[i].TaskId!.Value, out var at) && turnOf[at] == siblings)
            {
                return turnOf[i];
            }
        }

        return lastTurn;
    }
}
