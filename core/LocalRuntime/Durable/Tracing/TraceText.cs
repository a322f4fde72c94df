using System.Diagnostics;

namespace Iml4e.LocalRuntime.Durable.Tracing;

/// <summary>A place in a trace as the store keeps it: the traceparent of W3C Trace Context, then, if there is one, a semicolon and the tracestate.</summary>
internal static class TraceText
{
    // W3C asks that at least as much be handed on; a longer one is dropped as a whole.
    private const int MaxStateChars = 512;
    private const int ParentChars = 55;

    public static string Write(ActivityContext context) =>
        context.TraceState is { Length: > 0 and <= MaxStateChars } state ? $"{Parent(context)};{state}" : Parent(context);

    /// <summary>The place that a text tells of; null when it tells of none.</summary>
    public static ActivityContext? Read(string? text)
    {
        if (text is not { Length: >= ParentChars })
            return null;
        var state = text.Length > ParentChars + 1 ? text[(ParentChars + 1)..] : null;
        return ActivityContext.TryParse(text[..ParentChars], state, isRemote: true, out var context) ? context : null;
    }

    /// <summary>The traceparent.</summary>
    public static string Parent(ActivityContext context) => $"00-{context.TraceId}-{context.SpanId}-{(byte)context.TraceFlags:x2}";
}
