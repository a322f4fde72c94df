using System.Text.Json.Serialization;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.LocalRuntime.DurableTask.Client.Entities;

/// <summary>What is known of an entity.</summary>
[JsonConverter(typeof(EntityMetadataJson))]
public class EntityMetadata<TState>
{
    private readonly TState? state;

    public EntityMetadata(EntityInstanceId id) => Id = id;

    public EntityMetadata(EntityInstanceId id, TState? state)
        : this(id)
    {
        IncludesState = state is not null;
        this.state = state;
    }

    public EntityInstanceId Id { get; }

    public DateTimeOffset LastModifiedTime { get; init; }

    public int BacklogQueueSize { get; init; }

    /// <summary>The orchestration that holds the entity's lock.</summary>
    public string? LockedBy { get; init; }

    public bool IncludesState { get; }

    /// <exception cref="InvalidOperationException">The entity has no state, or was read without it.</exception>
    public TState State => IncludesState ? state! : throw new InvalidOperationException($"The entity '{Id}' was read without a state, or has none.");
}
