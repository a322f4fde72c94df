using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>What an orchestration may do with entities from the request for their locks on until it gives them back.</summary>
/// <param name="lockId">The sequence number of the lock request.</param>
/// <param name="entities">The entities, each once, in the order in which all orchestrations lock them.</param>
internal sealed class CriticalSection(int lockId, IReadOnlyList<EntityInstanceId> entities)
{
    private readonly HashSet<EntityInstanceId> called = [];

    public int LockId => lockId;

    public IReadOnlyList<string> LockSet { get; } = [.. entities.Select(entity => entity.ToString())];

    /// <summary>Whether all the locks are held.</summary>
    public bool IsEntered { get; set; }

    /// <summary>The entities that may be called now.</summary>
    public IReadOnlyList<EntityInstanceId> Available => [.. entities.Where(entity => !called.Contains(entity))];

    /// <exception cref="InvalidOperationException">The entity is not locked here, or is being called already.</exception>
    public void BeginCall(EntityInstanceId entity)
    {
        if (!IsEntered)
            throw new InvalidOperationException("Must await the completion of the lock request prior to calling any entity.");
        if (!entities.Contains(entity))
            throw new InvalidOperationException("Must not call an entity from a critical section if it is not one of the locked entities.");
        if (!called.Add(entity))
            throw new InvalidOperationException("Must not call an entity from a critical section while a prior call to the same entity is still pending.");
    }

    public void EndCall(EntityInstanceId entity) => called.Remove(entity);

    /// <exception cref="InvalidOperationException">The entity is locked here.</exception>
    public void CheckSignal(EntityInstanceId entity)
    {
        if (entities.Contains(entity))
            throw new InvalidOperationException("Must not signal a locked entity from a critical section.");
    }
}
