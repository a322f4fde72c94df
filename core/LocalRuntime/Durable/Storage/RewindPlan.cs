using Iml4e.LocalRuntime.Durable.History;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>
/// What is kept of a failed history. The failed call and the failed ones that were scheduled in the same turn (its fan-out siblings) are run
/// again; the turns from the first of their failures on are dropped, and what else had arrived in them arrives anew. When the
/// code itself threw, its last turn is run again.
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
            var arrives = item.Kind is HistoryEventKind.EventRaised or HistoryEventKind.TaskCompleted or HistoryEventKind.TimerFired
                or HistoryEventKind.SubOrchestrationInstanceCompleted;
            if (!arrives || !known)
                continue;
            redelivered.Add(item);
            if (item.TaskId is { } id)
                answered.Add(id);
        }

        List<HistoryEvent> again = [.. kept.Where(item => item.EventId is { } id && !answered.Contains(id)
            && item.Kind is HistoryEventKind.TaskScheduled or HistoryEventKind.TimerCreated or HistoryEventKind.SubOrchestrationInstanceCreated)];
        return new RewindPlan(kept, redelivered, again);
    }

    private static int Cut(IReadOnlyList<HistoryEvent> history, int[] turnOf, Dictionary<int, int> scheduledAt, int lastTurn)
    {
        var end = history.LastOrDefault(item => item.Kind == HistoryEventKind.ExecutionCompleted);
        if (end?.TaskId is not { } cause || !scheduledAt.TryGetValue(cause, out var causeAt))
            return lastTurn;
        var siblings = turnOf[causeAt];
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i].Kind is HistoryEventKind.TaskFailed or HistoryEventKind.SubOrchestrationInstanceFailed
                && scheduledAt.TryGetValue(history[i].TaskId!.Value, out var at) && turnOf[at] == siblings)
            {
                return turnOf[i];
            }
        }

        return lastTurn;
    }
}
