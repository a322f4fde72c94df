using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Tracing;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Something that is asked of an entity and that it has not done yet.</summary>
internal sealed record EntityMessage(string EntityId, EntityRequestKind Kind)
{
    /// <summary>Its row in the entity's inbox, which grows with the time of arrival; 0 before it has one.</summary>
    public long Number { get; init; }

    public string? Operation { get; init; }

    /// <summary>The operation's input as JSON, or a reference to it when it is large and has been kept; null for none.</summary>
    public string? Input { get; init; }

    /// <summary>When a signal arrives; null once it has.</summary>
    public DateTime? Due { get; init; }

    /// <summary>Whom a call or a lock request is answered, and who locks or unlocks; null for signals.</summary>
    public CallerLink? Caller { get; init; }

    /// <summary>The place in a trace that it comes from, as <see cref="TraceText"/> writes it; null for none.</summary>
    public string? Trace { get; init; }

    /// <summary>Falls of the process in a row in which the operation was running.</summary>
    public int Crashes { get; init; }

    /// <summary>The entities that a lock request is about, in the order in which they are locked.</summary>
    public IReadOnlyList<string>? LockSet { get; init; }
}
