using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>Puts together what the viewer shows.</summary>
internal sealed class ViewerReports(OrchestrationEngine engine)
{
    private const int PreviewLength = 2000;
    private const int MaxEvents = 1000;
    private const int MaxErrorLength = 300;
    private static readonly OrchestrationRuntimeStatus[] Unfinished =
        [OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Suspended];

    private readonly ViewerQueries queries = new(engine.Queries);
    private readonly WaitReader waitReader = new(engine);

    /// <exception cref="ArgumentException">The token is not one that a page gave.</exception>
    public InstancePage List(InstanceFilter filter, int size, string? token)
    {
        var page = queries.List(filter, size, token);
        return new InstancePage(engine.Settings.HubName, Now, queries.Count(), [.. page.Values.Select(Summarise)], page.ContinuationToken);
    }

    /// <summary>An instance with a page of its timeline; null when there is none of that id.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="lanes">Which lanes.</param>
    /// <param name="from">The place of the first lane among those; beyond the end for the last page.</param>
    /// <param name="size">How many lanes.</param>
    public InstanceDetail? Find(string instanceId, LaneFilter lanes, int from, int size)
    {
        if (queries.Find(instanceId) is not { } snapshot)
            return null;
        var timeline = TimelineBuilder.Build(snapshot);
        var waits = waitReader.Read(snapshot, timeline);
        var shown = timeline.Lanes.Where(lanes.Takes).ToList();
        from = Math.Clamp(from, 0, Math.Max(0, shown.Count - 1) / size * size);
        return new InstanceDetail(
            engine.Settings.HubName,
            Now,
            Describe(snapshot),
            waits,
            waits.Where(wait => wait.Due is not null && wait.Kind is WaitKind.Timer or WaitKind.Retry or WaitKind.Start).MinBy(wait => wait.Due),
            [.. timeline.Events.Where(mark => mark.Buffered).TakeLast(MaxEvents)],
            new LanePage(shown.Count, from, shown.GetRange(from, Math.Min(size, shown.Count - from))),
            timeline.Lanes.Count(lane => lane.Kind == LaneKind.Activity),
            [.. timeline.Events.TakeLast(MaxEvents)],
            timeline.Events.Count,
            snapshot.Children,
            snapshot.ChildCount,
            snapshot.History.Count,
            timeline.Turns);
    }

    /// <summary>A page of a history; null when there is no such instance.</summary>
    public HistoryPage? History(string instanceId, int from, int size)
    {
        if (queries.Find(instanceId) is not { History: var history })
            return null;
        var shown = Enumerable.Range(from, Math.Clamp(history.Count - from, 0, size));
        return new HistoryPage(history.Count, from, [.. shown.Select(sequence => Describe(history, sequence, PreviewLength))]);
    }

    /// <summary>An event with its whole payloads; null when there is none.</summary>
    public HistoryEntry? Event(string instanceId, int sequence) => queries.Find(instanceId) is { History: var history } && sequence < history.Count
        ? Describe(history, sequence, int.MaxValue)
        : null;

    /// <summary>A whole payload of an instance: input, output or customStatus; null when there is none.</summary>
    public string? Payload(string instanceId, string name) => engine.Queries.Find(instanceId, withPayloads: true) is not { } instance ? null : name switch
    {
        "input" => instance.Input,
        "output" => instance.Output,
        "customStatus" => instance.CustomStatus,
        _ => null,
    };

    /// <summary>Unfinished instances and what they wait for, the newest first.</summary>
    /// <exception cref="ArgumentException">The token is not one that a page gave.</exception>
    public WaitPage Waiting(int size, string? token)
    {
        var page = queries.List(new InstanceFilter(Unfinished, null, false), size, token);
        var items = new List<WaitingInstance>();
        foreach (var instance in page.Values)
        {
            if (queries.Find(instance.InstanceId) is not { Instance.IsFinished: false } snapshot)
                continue;
            var waits = waitReader.Read(snapshot, TimelineBuilder.Build(snapshot));
            items.Add(new WaitingInstance(Summarise(snapshot.Instance), waits, waitReader.StandsStillSince(snapshot, waits)));
        }

        return new WaitPage(Now, items, page.ContinuationToken);
    }

    private DateTime Now => engine.Time.GetUtcNow().UtcDateTime;

    private static InstanceSummary Summarise(InstanceRecord instance)
    {
        var error = HistoryJson.ReadFailure(instance.Failure)?.ErrorMessage;
        return new InstanceSummary(
            instance.InstanceId,
            instance.Name,
            instance.Version,
            instance.Status.ToString(),
            instance.CreatedAt,
            instance.UpdatedAt,
            error is { Length: > MaxErrorLength } ? error[..MaxErrorLength] + "…" : error,
            instance.Parent?.InstanceId);
    }

    private InstanceHeader Describe(InstanceSnapshot snapshot)
    {
        var instance = snapshot.Instance;
        return new InstanceHeader(
            instance.InstanceId,
            instance.Name,
            instance.Version,
            instance.Status.ToString(),
            instance.Execution,
            instance.CreatedAt,
            instance.UpdatedAt,
            instance.StartAt,
            instance.IsFinished ? instance.UpdatedAt : null,
            queries.Preview(instance.Input, PreviewLength),
            queries.Preview(instance.Output, PreviewLength),
            queries.Preview(instance.CustomStatus, PreviewLength),
            FailureView.Of(HistoryJson.ReadFailure(instance.Failure)),
            HistoryJson.ReadTags(instance.Tags),
            instance.Parent?.InstanceId);
    }

    private HistoryEntry Describe(IReadOnlyList<HistoryEvent> history, int sequence, int length)
    {
        var item = history[sequence];
        return new HistoryEntry(
            sequence,
            item.Kind.ToString(),
            item.Timestamp,
            item.EventId ?? item.TaskId,
            item.Name ?? (item.TaskId is { } call ? NameOf(history, sequence, call) : null),
            item.Version,
            item.InstanceId,
            item.FireAt,
            item.Tags,
            item.Status?.ToString(),
            item.Reason,
            queries.Preview(item.Input, length),
            queries.Preview(item.Result, length),
            FailureView.Of(item.Failure));
    }

    /// <summary>The name in the call that an event answers.</summary>
    private static string? NameOf(IReadOnlyList<HistoryEvent> history, int sequence, int call)
    {
        while (sequence-- > 0)
        {
            if (history[sequence].EventId == call)
                return history[sequence].Name;
        }

        return null;
    }
}
