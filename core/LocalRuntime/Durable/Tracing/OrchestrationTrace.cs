using System.Diagnostics;
using System.Globalization;

namespace Iml4e.LocalRuntime.Durable.Tracing;

/// <summary>
/// The trace that an orchestration belongs to, and its own span there; kept with the instance through all of its executions. The spans of its calls have
/// ids that follow from it, so that nothing need be kept for each of them.
/// </summary>
/// <param name="Parent">What started the orchestration, as <see cref="TraceText"/> writes it.</param>
/// <param name="Span">The id of its span, 16 hexadecimal digits.</param>
/// <param name="StartedAt">When its first execution began, UTC; null until another one follows that.</param>
internal sealed record OrchestrationTrace(string Parent, string Span, DateTime? StartedAt = null)
{
    /// <summary>The trace of an orchestration that is started from a place in a trace; none from none.</summary>
    public static OrchestrationTrace? From(ActivityContext? origin) =>
        origin is { } place ? new OrchestrationTrace(TraceText.Write(place), ActivitySpanId.CreateRandom().ToHexString()) : null;

    /// <summary>The trace when the orchestration is rewound: what runs from then on has a span of its own.</summary>
    public OrchestrationTrace Again(DateTime now) => new(Parent, ActivitySpanId.CreateRandom().ToHexString(), now);

    /// <summary>The trace of a sub-orchestration.</summary>
    public OrchestrationTrace? OfChild(long execution, int taskId) => From(OfCall(execution, taskId));

    /// <summary>What started the orchestration; null when the kept text tells of nothing.</summary>
    public ActivityContext? OfParent() => TraceText.Read(Parent);

    /// <summary>The orchestration's span.</summary>
    public ActivityContext? OfOrchestration() => OfParent() is { } parent ? Beside(parent, SpanId) : null;

    /// <summary>The span of a call: of an activity, a sub-orchestration or an entity, from the call to the answer.</summary>
    public ActivityContext? OfCall(long execution, int taskId) => OfParent() is { } parent ? Beside(parent, CallId(execution, taskId)) : null;

    private ulong SpanId => ulong.TryParse(Span, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id) ? id : 0;

    private static ActivityContext Beside(ActivityContext parent, ulong id) => new(
        parent.TraceId,
        ActivitySpanId.CreateFromString(id.ToString("x16", CultureInfo.InvariantCulture)),
        parent.TraceFlags,
        parent.TraceState,
        isRemote: true);

    // One to one in each of its two numbers.
    private ulong CallId(long execution, int taskId) => Math.Max(1, Mix(Mix(SpanId + (ulong)execution) + (ulong)taskId));

    // The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
