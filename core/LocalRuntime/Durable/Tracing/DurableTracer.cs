using System.Diagnostics;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.LocalRuntime.Durable.Tracing;

/// <summary>Makes the spans of a hub, named and tagged as those of the Durable Task framework are; nothing when tracing is off or nobody listens.</summary>
/// <param name="isOn">Whether the hub is traced at all.</param>
internal sealed class DurableTracer(bool isOn)
{
    /// <summary>The name of the activity source.</summary>
    public const string SourceName = "Microsoft.DurableTask";

    private const string Orchestration = "orchestration";
    private const string Entity = "entity";

    private static readonly ActivitySource Source = new(SourceName);

    public bool IsListening => isOn && Source.HasListeners();

    /// <summary>The place in a trace at which the caller is; null when it is at none.</summary>
    public ActivityContext? Here => isOn && Activity.Current is { IdFormat: ActivityIdFormat.W3C } current ? current.Context : null;

    /// <summary>Follows an instance that is at work; null when its spans are of no interest.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="history">What it has behind it: a list of events in JSON for each turn.</param>
    public ExecutionSpans? Follow(InstanceRecord instance, IReadOnlyList<string> history) =>
        IsListening && instance.Trace?.OfParent() is { } parent ? new ExecutionSpans(instance, parent, history) : null;

    /// <summary>A client starts an orchestration.</summary>
    public Activity? StartOrchestration(string instanceId, string name, string? version, DateTime now)
    {
        if (!IsListening || Begin(Titled("create_orchestration", name, version), ActivityKind.Producer, Here ?? default, null, now) is not { } span)
            return null;
        return Describe(span, Orchestration, name, version).SetTag(SpanTags.InstanceId, instanceId);
    }

    /// <summary>A client raises an event.</summary>
    public Activity? RaiseEvent(string instanceId, string eventName, DateTime now)
    {
        if (!IsListening || Begin("orchestration_event:" + eventName, ActivityKind.Producer, Here ?? default, null, now) is not { } span)
            return null;
        return Describe(span, "event", eventName).SetTag(SpanTags.EventTarget, instanceId);
    }

    /// <summary>An activity is run, once.</summary>
    public Activity? RunActivity(ActivityWork work, DateTime now)
    {
        if (!IsListening || work.Trace?.OfCall(work.Execution, work.TaskId) is not { } call
            || Begin(Titled("activity", work.Name, work.Version), ActivityKind.Server, call, null, now) is not { } span)
        {
            return null;
        }

        return Describe(span, "activity", work.Name, work.Version).SetTag(SpanTags.InstanceId, work.InstanceId).SetTag(SpanTags.TaskId, work.TaskId);
    }

    /// <summary>An entity starts an orchestration.</summary>
    public Activity? StartOrchestration(string instanceId, EntityInstanceId starter, DateTime now)
    {
        if (!IsListening || Here is not { } here || Begin($"{starter.Name}:create_orchestration", ActivityKind.Producer, here, null, now) is not { } span)
            return null;
        return span.SetTag(SpanTags.Type, Entity).SetTag(SpanTags.EventTarget, instanceId).SetTag(SpanTags.InstanceId, starter.ToString());
    }

    /// <summary>A client, or an entity, signals an entity.</summary>
    public Activity? SignalEntity(EntityMessage signal, EntityInstanceId? sender, DateTime now)
    {
        if (!IsListening || AskEntity(signal.EntityId, signal.Operation, true, Here ?? default, null, now) is not { } span)
            return null;
        if (sender is { } from)
            span.SetTag(SpanTags.InstanceId, from.ToString());
        return signal.Due is { } due ? span.SetTag(SpanTags.ScheduledTime, FormattableString.Invariant($"{due:o}")) : span;
    }

    /// <summary>An entity carries out an operation.</summary>
    public Activity? CarryOut(EntityMessage message, EntityInstanceId entity, DateTime now)
    {
        var isSignal = message.Kind == EntityRequestKind.Signal;
        if (!IsListening || TraceText.Read(message.Trace) is not { } from
            || Begin(Titled(entity, message.Operation), isSignal ? ActivityKind.Consumer : ActivityKind.Server, from, null, now) is not { } span)
        {
            return null;
        }

        return DescribeOperation(span, isSignal).SetTag(SpanTags.InstanceId, entity.ToString());
    }

    /// <summary>Ends the span of an entity's operation, as a failure when there is an error.</summary>
    public static void EndOperation(Activity? span, DateTime now, string? error)
    {
        if (error is not null)
            span?.SetTag(SpanTags.EntityError, error);
        End(span, now, error);
    }

    /// <summary>The span of what an orchestration asks of an entity: a call until it is answered, a signal as it is sent.</summary>
    public static Activity? AskEntity(string entityId, string? operation, bool isSignal, ActivityContext parent, ActivitySpanId? spanId, DateTime start)
    {
        var title = Titled(EntityInstanceId.FromString(entityId), operation);
        if (Begin(title, isSignal ? ActivityKind.Producer : ActivityKind.Client, parent, spanId, start) is not { } span)
            return null;
        return DescribeOperation(span, isSignal).SetTag(SpanTags.EventTarget, entityId);
    }

    /// <summary>The span of an orchestration.</summary>
    public static Activity? Orchestrate(InstanceRecord instance, ActivityContext parent, ActivitySpanId spanId, DateTime start)
    {
        if (Begin(TitleOf(instance), ActivityKind.Server, parent, spanId, start) is not { } span)
            return null;
        return Describe(span, Orchestration, instance.Name, instance.Version)
            .SetTag(SpanTags.InstanceId, instance.InstanceId)
            .SetTag(SpanTags.ExecutionId, FormattableString.Invariant($"{instance.Execution}"));
    }

    /// <summary>The span of an orchestration's call of an activity or of a sub-orchestration, from the call to the answer.</summary>
    public static Activity? Call(InstanceRecord caller, OpenCall call, bool isActivity, ActivityContext parent, ActivitySpanId spanId)
    {
        var type = isActivity ? "activity" : Orchestration;
        if (Begin(Titled(type, call.Name, call.Version), ActivityKind.Client, parent, spanId, call.At) is not { } span)
            return null;
        return Describe(span, type, call.Name, call.Version).SetTag(SpanTags.InstanceId, caller.InstanceId).SetTag(SpanTags.TaskId, call.TaskId);
    }

    /// <summary>The span of a timer that has fired.</summary>
    public static Activity? Timer(InstanceRecord instance, OpenCall timer, ActivityContext parent)
    {
        if (Begin($"{Orchestration}:{instance.Name}:timer", ActivityKind.Internal, parent, null, timer.At) is not { } span)
            return null;
        return Describe(span, "timer", instance.Name)
            .SetTag(SpanTags.InstanceId, instance.InstanceId)
            .SetTag(SpanTags.FireAt, FormattableString.Invariant($"{timer.FireAt:o}"))
            .SetTag(SpanTags.TaskId, timer.TaskId);
    }

    /// <summary>The span of an event that an orchestration sends to another.</summary>
    public static Activity? SendEvent(InstanceRecord sender, string eventName, string target, ActivityContext parent, DateTime now)
    {
        if (Begin("orchestration_event:" + eventName, ActivityKind.Producer, parent, null, now) is not { } span)
            return null;
        return Describe(span, "event", eventName)
            .SetTag(SpanTags.InstanceId, sender.InstanceId)
            .SetTag(SpanTags.ExecutionId, FormattableString.Invariant($"{sender.Execution}"))
            .SetTag(SpanTags.EventTarget, target);
    }

    /// <summary>The name of an orchestration's span.</summary>
    public static string TitleOf(InstanceRecord instance) => Titled(Orchestration, instance.Name, instance.Version);

    /// <summary>Ends a span, as a failure when there is one.</summary>
    public static void End(Activity? span, DateTime now, TaskFailureDetails? failure) => End(span, now, failure?.ErrorMessage);

    /// <summary>Ends a span, as a failure when there is an error.</summary>
    public static void End(Activity? span, DateTime now, string? error = null)
    {
        if (span is null)
            return;
        if (error is not null)
            span.SetStatus(ActivityStatusCode.Error, error);
        span.SetEndTime(now);
        span.Dispose();
    }

    private static Activity? Begin(string name, ActivityKind kind, ActivityContext parent, ActivitySpanId? spanId, DateTime start)
    {
        var span = Source.StartActivity(name, kind, parent, tags: null, links: null, startTime: start);
        if (span is not null && spanId is { } fixedId)
            SpanIdentity.Set(span, fixedId);
        return span;
    }

    private static Activity Describe(Activity span, string type, string name, string? version = null)
    {
        span.SetTag(SpanTags.Type, type).SetTag(SpanTags.Name, name);
        return string.IsNullOrEmpty(version) ? span : span.SetTag(SpanTags.Version, version);
    }

    private static Activity DescribeOperation(Activity span, bool isSignal) =>
        span.SetTag(SpanTags.Type, Entity).SetTag(SpanTags.Operation, isSignal ? "signal_entity" : "call_entity");

    private static string Titled(EntityInstanceId entity, string? operation) => $"{Entity}:{entity.Name}:{operation}";

    private static string Titled(string what, string name, string? version) =>
        string.IsNullOrEmpty(version) ? $"{what}:{name}" : $"{what}:{name}@({version})";
}
