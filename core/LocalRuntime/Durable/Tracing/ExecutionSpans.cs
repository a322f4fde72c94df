using System.Diagnostics;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable.Tracing;

/// <summary>
/// The spans of one execution. Each is made when what it tells of is over and on the disk, so that neither replay nor a fall of the process makes one twice.
/// </summary>
internal sealed class ExecutionSpans
{
    private readonly InstanceRecord instance;
    private readonly OrchestrationTrace trace;
    private readonly ActivityContext parent;
    private readonly ActivityContext own;
    private readonly Dictionary<int, OpenCall> open = [];
    private DateTime? startedAt;

    /// <param name="instance">The instance, which has a trace.</param>
    /// <param name="parent">What started it.</param>
    /// <param name="history">What it has behind it: a list of events in JSON for each turn.</param>
    public ExecutionSpans(InstanceRecord instance, ActivityContext parent, IReadOnlyList<string> history)
    {
        this.instance = instance;
        this.parent = parent;
        trace = instance.Trace!;
        own = trace.OfOrchestration()!.Value;
        startedAt = trace.StartedAt;
        Ambient = SpanIdentity.Foreshadow(DurableTracer.TitleOf(instance), parent, own.SpanId);
        if (history.Count > 0)
            startedAt ??= HistoryJson.ReadEvents(history[0]).FirstOrDefault()?.Timestamp;
    }

    /// <summary>The orchestration's span as its code sees it.</summary>
    public Activity Ambient { get; }

    /// <summary>Notes what the execution has asked for.</summary>
    public void Note(HistoryEvent item)
    {
        switch (item.Kind)
        {
            case HistoryEventKind.ExecutionStarted:
                startedAt ??= item.Timestamp;
                break;
            case HistoryEventKind.TaskScheduled:
            case HistoryEventKind.SubOrchestrationInstanceCreated:
            case HistoryEventKind.TimerCreated:
            case HistoryEventKind.EventSent when item.Request == EntityRequestKind.Call:
                var id = item.EventId!.Value;
                open[id] = new OpenCall(id, item.Name ?? "", item.Version, item.Timestamp, item.FireAt, item.InstanceId);
                break;
            default:
                if (item.TaskId is { } answered && item.Kind != HistoryEventKind.ExecutionCompleted)
                    open.Remove(answered);
                break;
        }
    }

    /// <summary>Makes the spans of what a commit has brought to its end.</summary>
    public void Emit(WorkItemCommit commit)
    {
        foreach (var item in commit.History)
        {
            Emit(item, commit.Now);
            Note(item);
        }

        if (commit.Outcome is not { } outcome || outcome.Status == OrchestrationRuntimeStatus.ContinuedAsNew)
            return;
        if (DurableTracer.Orchestrate(instance, parent, own.SpanId, startedAt ?? commit.Now) is not { } span)
            return;
        foreach (var (name, value) in Ambient.TagObjects)
            span.SetTag(name, value);
        span.SetTag(SpanTags.Status, outcome.Status.ToString());
        if (outcome.Status == OrchestrationRuntimeStatus.Completed)
            span.SetStatus(ActivityStatusCode.Ok);
        DurableTracer.End(span, commit.Now, outcome.Failure?.ErrorMessage ?? (outcome.Status == OrchestrationRuntimeStatus.Terminated ? "Terminated" : null));
    }

    private void Emit(HistoryEvent item, DateTime now)
    {
        if (item.Kind == HistoryEventKind.EventSent)
        {
            DurableTracer.End(Sent(item, now), now);
            return;
        }

        if (item.TaskId is not { } task || !open.TryGetValue(task, out var call))
            return;
        var span = item.Kind switch
        {
            HistoryEventKind.TaskCompleted or HistoryEventKind.TaskFailed => DurableTracer.Call(instance, call, isActivity: true, own, CallId(task)),
            HistoryEventKind.SubOrchestrationInstanceCompleted or HistoryEventKind.SubOrchestrationInstanceFailed =>
                DurableTracer.Call(instance, call, isActivity: false, own, CallId(task)),
            HistoryEventKind.TimerFired => DurableTracer.Timer(instance, call, own),
            HistoryEventKind.EventRaised => DurableTracer.AskEntity(call.Target!, call.Name, isSignal: false, own, CallId(task), call.At),
            _ => null,
        };
        DurableTracer.End(span, now, item.Failure);
    }

    private Activity? Sent(HistoryEvent item, DateTime now) => item.Request switch
    {
        null => DurableTracer.SendEvent(instance, item.Name!, item.InstanceId!, own, now),
        EntityRequestKind.Signal => DurableTracer.AskEntity(item.InstanceId!, item.Name, isSignal: true, own, CallId(item.EventId!.Value), now),
        _ => null,
    };

    private ActivitySpanId CallId(int taskId) => trace.OfCall(instance.Execution, taskId)!.Value.SpanId;
}
