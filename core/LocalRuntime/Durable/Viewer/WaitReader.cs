using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>Tells what instances wait for.</summary>
internal sealed class WaitReader(OrchestrationEngine engine)
{
    /// <summary>What an instance waits for; nothing when it has finished.</summary>
    public List<Wait> Read(InstanceSnapshot snapshot, Timeline timeline)
    {
        var instance = snapshot.Instance;
        if (instance.IsFinished)
            return [];
        if (engine.FindObstacle(instance) is { } obstacle)
            return [new Wait(WaitKind.Host, $"a host that can run it: {obstacle.ErrorMessage}", instance.UpdatedAt)];
        if (snapshot.History.Count == 0)
        {
            return instance.StartAt is { } startAt
                ? [new Wait(WaitKind.Start, "its start", instance.CreatedAt) { Due = startAt }]
                : [new Wait(WaitKind.Turn, "its first turn", instance.UpdatedAt)];
        }

        var waits = new List<Wait>();
        if (instance.Status == OrchestrationRuntimeStatus.Suspended)
            waits.Add(Resume(snapshot));
        foreach (var lane in timeline.Lanes)
        {
            if (lane.Status == AttemptStatus.Open)
                waits.Add(Describe(instance.Execution, lane));
        }

        foreach (var wait in snapshot.Waits?.Events ?? [])
            waits.Add(new Wait(WaitKind.Event, $"event '{wait.Name}'", wait.Since));
        if (waits.Count == 0)
            waits.Add(new Wait(WaitKind.Turn, "its next turn", instance.UpdatedAt));
        return waits;
    }

    /// <summary>
    /// Since when an instance has been standing still with nothing in sight that would move it: a time that is still to come, or a child that is still at work
    /// and is told of by itself, is in sight. Null when it does not stand still.
    /// </summary>
    public DateTime? StandsStillSince(InstanceSnapshot snapshot, IReadOnlyList<Wait> waits)
    {
        var now = engine.Time.GetUtcNow().UtcDateTime;
        if (waits.Count == 0)
            return null;
        if (waits[0].Kind == WaitKind.Resume)
            return waits[0].Since;
        var oldest = DateTime.MaxValue;
        foreach (var wait in waits)
        {
            if (wait.Due > now || (wait.Target is { } child && engine.Queries.Find(child, withPayloads: false) is { IsFinished: false }))
                return null;
            var since = wait.Due ?? wait.Since;
            oldest = since < oldest ? since : oldest;
        }

        return oldest > snapshot.Instance.UpdatedAt ? oldest : snapshot.Instance.UpdatedAt;
    }

    private static Wait Resume(InstanceSnapshot snapshot)
    {
        var suspended = snapshot.History.LastOrDefault(item => item.Kind == HistoryEventKind.ExecutionSuspended);
        var reason = suspended?.Reason is { Length: > 0 } text ? $" (suspended: {text})" : "";
        return new Wait(WaitKind.Resume, "to be resumed" + reason, suspended?.Timestamp ?? snapshot.Instance.UpdatedAt);
    }

    private Wait Describe(long execution, Lane lane)
    {
        var last = lane.Attempts[^1];
        var what = lane.Kind switch
        {
            LaneKind.Activity => $"activity '{lane.Name}'",
            LaneKind.Entity => $"'{lane.Name}' of entity {lane.Target}",
            _ => $"sub-orchestration '{lane.Name}' {lane.Target}",
        };
        if (lane.Pauses is [.., { End: null } pause])
        {
            var next = FormattableString.Invariant($"attempt {lane.Attempts.Count + 1} of {what}");
            return new Wait(WaitKind.Retry, next, pause.Start) { Due = pause.Due, Id = pause.Id };
        }

        if (lane.Kind == LaneKind.Timer)
            return new Wait(WaitKind.Timer, FormattableString.Invariant($"timer #{last.Id}"), last.Start) { Due = lane.Due, Id = last.Id };
        if (lane.Attempts.Count > 1)
            what += FormattableString.Invariant($", attempt {lane.Attempts.Count}");
        if (lane.Kind == LaneKind.SubOrchestration)
            return new Wait(WaitKind.SubOrchestration, what, last.Start) { Id = last.Id, Target = lane.Target };
        if (lane.Kind == LaneKind.Entity)
            return new Wait(WaitKind.Entity, what, last.Start) { Id = last.Id };
        return engine.Activities.RunningSince(execution, last.Id) is { } running
            ? new Wait(WaitKind.Activity, what + ", running", running) { Id = last.Id }
            : new Wait(WaitKind.Activity, what + ", queued", last.Start) { Id = last.Id };
    }
}
