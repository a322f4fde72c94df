using System.Diagnostics.CodeAnalysis;
using Iml4e.LocalRuntime.Durable.Entities;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>Entities as an orchestrator of the local runtime uses them.</summary>
internal sealed class OrchestrationEntities(LocalOrchestrationContext context) : TaskOrchestrationEntityFeature
{
    private CriticalSection? section;

    /// <exception cref="EntityOperationFailedException">The operation failed.</exception>
    /// <exception cref="InvalidOperationException">The call breaks the rules of the critical section.</exception>
    public override async Task<TResult> CallEntityAsync<TResult>(
        EntityInstanceId id, string operationName, object? input = null, CallEntityOptions? options = null)
    {
        var (entityId, json) = Check(id, operationName, input);
        var inside = section;
        inside?.BeginCall(id);
        var number = context.NextId();
        context.Record(new CallEntityAction(number, entityId, operationName, json));
        var answer = context.Open(new OpenTask<TResult>(
            number, operationName, failure => new EntityOperationFailedException(id, operationName, failure) { TaskId = number }));
        try
        {
            return await answer;
        }
        finally
        {
            inside?.EndCall(id);
        }
    }

    /// <exception cref="EntityOperationFailedException">The operation failed.</exception>
    /// <exception cref="InvalidOperationException">The call breaks the rules of the critical section.</exception>
    public override Task CallEntityAsync(EntityInstanceId id, string operationName, object? input = null, CallEntityOptions? options = null) =>
        CallEntityAsync<object?>(id, operationName, input, options);

    /// <exception cref="InvalidOperationException">The entity is locked here.</exception>
    public override Task SignalEntityAsync(EntityInstanceId id, string operationName, object? input = null, SignalEntityOptions? options = null)
    {
        var (entityId, json) = Check(id, operationName, input);
        section?.CheckSignal(id);
        context.Record(new SignalEntityAction(
            context.NextId(), entityId, operationName, json, SignalTimes.Due(options, context.CurrentUtcDateTime)));
        return Task.CompletedTask;
    }

    /// <exception cref="ArgumentException">There is nothing to lock, or an id is that of no entity.</exception>
    /// <exception cref="InvalidOperationException">The orchestration is in a critical section already.</exception>
    public override async Task<IAsyncDisposable> LockEntitiesAsync(IEnumerable<EntityInstanceId> entityIds)
    {
        context.EnsureThread();
        ArgumentNullException.ThrowIfNull(entityIds);

        // All orchestrations lock in the same order, so that no two of them wait for each other.
        List<EntityInstanceId> entities = [.. entityIds.DistinctBy(InstanceIds.Check).OrderBy(entity => entity.ToString(), StringComparer.Ordinal)];
        if (entities.Count == 0)
            throw new ArgumentException("The list of entities to lock must not be empty.", nameof(entityIds));
        if (section is not null)
            throw new InvalidOperationException("Must not enter another critical section from within a critical section.");
        var number = context.NextId();
        var requested = new CriticalSection(number, entities);
        section = requested;
        context.Record(new LockEntitiesAction(number, requested.LockSet));
        await context.Open(new OpenTask<object?>(number, "lock"));
        requested.IsEntered = true;
        return new Release(this, requested);
    }

    public override bool InCriticalSection([NotNullWhen(true)] out IReadOnlyList<EntityInstanceId>? entityIds)
    {
        context.EnsureThread();
        entityIds = section is { IsEntered: true } entered ? entered.Available : [];
        return section is { IsEntered: true };
    }

    /// <exception cref="InvalidOperationException">The orchestration holds locks, or waits for them.</exception>
    public void CheckSubOrchestration()
    {
        if (section is not null)
            throw new InvalidOperationException("While holding locks, cannot call suborchestrators.");
    }

    private (string EntityId, string? Json) Check(EntityInstanceId id, string operationName, object? input)
    {
        context.EnsureThread();
        var entityId = InstanceIds.Check(id);
        ArgumentNullException.ThrowIfNull(operationName);
        return (entityId, context.Payload(input, $"input of operation '{operationName}' of entity '{entityId}'"));
    }

    private void Leave(CriticalSection left)
    {
        context.EnsureThread();
        if (section != left)
            return;
        section = null;
        context.Record(new UnlockEntitiesAction(context.NextId(), left.LockId, left.LockSet));
    }

    /// <summary>Gives the locks back; once, and without leaving the orchestrator's thread.</summary>
    private sealed class Release(OrchestrationEntities entities, CriticalSection section) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            entities.Leave(section);
            return ValueTask.CompletedTask;
        }
    }
}
