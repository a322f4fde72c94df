using Iml4e.LocalRuntime.Durable.History;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>All that one batch of operations changes; it is written as a whole or not at all.</summary>
/// <param name="Entity">The entity as the batch leaves it.</param>
/// <param name="Now">The time of the change.</param>
internal sealed record EntityCommit(EntityRecord Entity, DateTime Now)
{
    /// <summary>Rows of the inbox that the batch has dealt with.</summary>
    public required IReadOnlyList<long> Consumed { get; init; }

    public List<(CallerLink Caller, HistoryEvent Event)> Answers { get; } = [];

    /// <summary>Signals for entities.</summary>
    public IReadOnlyList<EntityMessage> Signals { get; init; } = [];

    public IReadOnlyList<OrchestrationStart> Starts { get; init; } = [];

    /// <summary>The request that locks the entity after the batch, unless it has been withdrawn; its row is among the consumed ones.</summary>
    public EntityMessage? LockRequest { get; init; }
}
