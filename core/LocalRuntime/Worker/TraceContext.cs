using System.Collections.Immutable;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>The W3C trace context of an invocation.</summary>
public abstract class TraceContext
{
    /// <summary>The traceparent; empty when there is none.</summary>
    public abstract string TraceParent { get; }

    /// <summary>The tracestate; empty when there is none.</summary>
    public abstract string TraceState { get; }

    /// <summary>Attributes that came with the trace.</summary>
    public virtual IReadOnlyDictionary<string, string> Attributes => ImmutableDictionary<string, string>.Empty;

    /// <summary>Baggage that came with the trace.</summary>
    public virtual IReadOnlyDictionary<string, string> Baggage => ImmutableDictionary<string, string>.Empty;
}
