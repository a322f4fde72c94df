using Iml4e.LocalRuntime.Durable.Entities;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Client.Entities;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>The client of the local engine's entities.</summary>
internal sealed class LocalEntityClient(OrchestrationEngine engine) : DurableEntityClient(engine.Settings.HubName)
{
    private const int CleaningPage = 500;

    /// <exception cref="ArgumentException">The id or the input cannot be taken.</exception>
    public override Task SignalEntityAsync(
        EntityInstanceId id, string operationName, object? input = null, SignalEntityOptions? options = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return SignalJsonAsync(id, operationName, engine.Converter.Serialize(input), options);
    }

    /// <summary>Signals an entity with an input that is JSON already.</summary>
    /// <exception cref="ArgumentException">The id or the input cannot be taken.</exception>
    public async Task SignalJsonAsync(EntityInstanceId id, string operationName, string? json, SignalEntityOptions? options = null)
    {
        var entityId = InstanceIds.Check(id);
        ArgumentNullException.ThrowIfNull(operationName);
        var now = engine.Time.GetUtcNow().UtcDateTime;
        var signal = new EntityMessage(entityId, EntityRequestKind.Signal)
        {
            Operation = operationName,
            Input = engine.Payloads.Check(json, $"input of operation '{operationName}' of entity '{entityId}'"),
            Due = SignalTimes.Due(options, now),
        };
        var span = engine.Tracer.SignalEntity(signal, sender: null, now);
        try
        {
            await engine.Store.Entities.SignalAsync(signal with { Trace = engine.Tracer.Here is { } place ? TraceText.Write(place) : null });
        }
        finally
        {
            DurableTracer.End(span, engine.Time.GetUtcNow().UtcDateTime);
        }
    }

    /// <summary>What is known of an entity; null when it has no state.</summary>
    public override Task<EntityMetadata?> GetEntityAsync(EntityInstanceId id, bool includeState = true, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(engine.EntityQueries.Find(InstanceIds.Check(id), includeState) is { } entity ? Describe(entity) : null);
    }

    /// <summary>What is known of an entity; null when it has no state.</summary>
    public override Task<EntityMetadata<T>?> GetEntityAsync<T>(EntityInstanceId id, bool includeState = true, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(engine.EntityQueries.Find(InstanceIds.Check(id), includeState) is { } entity ? Describe<T>(entity) : null);
    }

    public override AsyncPageable<EntityMetadata> GetAllEntitiesAsync(EntityQuery? filter = null) => List(filter, Describe);

    public override AsyncPageable<EntityMetadata<T>> GetAllEntitiesAsync<T>(EntityQuery? filter = null) => List(filter, Describe<T>);

    public override async Task<CleanEntityStorageResult> CleanEntityStorageAsync(
        CleanEntityStorageRequest? request = null, bool continueUntilComplete = true, CancellationToken cancellation = default)
    {
        var page = request ?? CleanEntityStorageRequest.Default;
        var now = engine.Time.GetUtcNow().UtcDateTime;
        int removed = 0, released = 0;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            var cleaned = await engine.Store.Entities.CleanAsync(page, now, CleaningPage);
            removed += cleaned.EmptyEntitiesRemoved;
            released += cleaned.OrphanedLocksReleased;
            page = page with { ContinuationToken = cleaned.ContinuationToken };
        }
        while (continueUntilComplete && page.ContinuationToken is not null);
        return new CleanEntityStorageResult
        {
            EmptyEntitiesRemoved = removed, OrphanedLocksReleased = released, ContinuationToken = page.ContinuationToken,
        };
    }

    private AsyncPageable<T> List<T>(EntityQuery? filter, Func<EntitySummary, T> describe)
        where T : notnull
    {
        var query = filter ?? new EntityQuery();
        return Pageable.Create((token, size, cancellation) =>
        {
            cancellation.ThrowIfCancellationRequested();
            var page = engine.EntityQueries.List(query with { ContinuationToken = token ?? query.ContinuationToken, PageSize = size ?? query.PageSize });
            return Task.FromResult(new Page<T>([.. page.Values.Select(describe)], page.ContinuationToken));
        });
    }

    private EntityMetadata Describe(EntitySummary entity) =>
        new(EntityInstanceId.FromString(entity.EntityId), entity.State is { } json ? new SerializedData(json, engine.Converter) : null)
        {
            LastModifiedTime = entity.UpdatedAt, BacklogQueueSize = entity.Backlog, LockedBy = entity.LockedBy,
        };

    private EntityMetadata<T> Describe<T>(EntitySummary entity)
    {
        var id = EntityInstanceId.FromString(entity.EntityId);
        return entity.State is { } json
            ? new EntityMetadata<T>(id, engine.Converter.Deserialize<T>(json))
            {
                LastModifiedTime = entity.UpdatedAt, BacklogQueueSize = entity.Backlog, LockedBy = entity.LockedBy,
            }
            : new EntityMetadata<T>(id)
            {
                LastModifiedTime = entity.UpdatedAt, BacklogQueueSize = entity.Backlog, LockedBy = entity.LockedBy,
            };
    }
}
