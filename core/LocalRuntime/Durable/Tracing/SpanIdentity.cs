using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Iml4e.LocalRuntime.Durable.Tracing;

/// <summary>
/// Gives an activity a span id that was fixed before it, which the framework has no public way for: the span of what takes long is made when it is over,
/// perhaps by another process than that in which it began, and those below it refer to it all the while.
/// </summary>
internal static class SpanIdentity
{
    public static void Set(Activity activity, ActivitySpanId spanId)
    {
        SpanIdOf(activity) = spanId.ToHexString();
        IdOf(activity) = null;
    }

    /// <summary>What a span that is yet to be made looks like to those below it; it is given to no listener.</summary>
    public static Activity Foreshadow(string name, ActivityContext parent, ActivitySpanId spanId)
    {
        var activity = new Activity(name) { TraceStateString = parent.TraceState };
        activity.SetIdFormat(ActivityIdFormat.W3C);
        activity.SetParentId(parent.TraceId, parent.SpanId, parent.TraceFlags);
        Set(activity, spanId);
        return activity;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_spanId")]
    private static extern ref string? SpanIdOf(Activity activity);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_id")]
    private static extern ref string? IdOf(Activity activity);
}
