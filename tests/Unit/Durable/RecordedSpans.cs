using System.Collections.Concurrent;
using System.Diagnostics;
using Iml4e.LocalRuntime.Durable.Tracing;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>The spans of durable tasks that belong to one trace, which a caller of its own begins; other tests' traces are not seen.</summary>
internal sealed class RecordedSpans : IDisposable
{
    private readonly ConcurrentQueue<Activity> spans = new();
    private readonly ActivityListener listener;
    private readonly Activity? before = Activity.Current;

    public RecordedSpans()
    {
        Caller = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C);
        Caller.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        Caller.TraceStateString = "vendor=1";
        Caller.Start();
        listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == DurableTracer.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == Caller.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                if (span.TraceId == Caller.TraceId)
                    spans.Enqueue(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
    }

    /// <summary>The span under which everything is started.</summary>
    public Activity Caller { get; }

    public IReadOnlyList<Activity> All => [.. spans];

    /// <summary>The spans in order of their start as a tree, a line each: depth, kind, name and, of a failure, its description.</summary>
    public string Tree => string.Join('\n', Lines(Caller.SpanId, ""));

    public Activity Single(string name, ActivityKind kind) => Assert.Single(spans, span => span.OperationName == name && span.Kind == kind);

    /// <summary>Waits until there are so many spans.</summary>
    public Task UntilAsync(int count) => TestHub.UntilAsync(() => Task.FromResult(spans.Count >= count));

    public void Dispose()
    {
        listener.Dispose();
        Caller.Stop();
        Activity.Current = before;
    }

    private IEnumerable<string> Lines(ActivitySpanId parent, string indent)
    {
        foreach (var span in spans.Where(span => span.ParentSpanId == parent).OrderBy(span => span.StartTimeUtc).ThenBy(span => span.OperationName))
        {
            yield return $"{indent}{span.Kind} {span.OperationName}{(span.Status == ActivityStatusCode.Error ? " ! " + span.StatusDescription : "")}";
            foreach (var line in Lines(span.SpanId, indent + "  "))
                yield return line;
        }
    }
}
