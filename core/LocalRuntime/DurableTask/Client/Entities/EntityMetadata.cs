using System.Text.Json.Serialization;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.LocalRuntime.DurableTask.Client.Entities;

/// <summary>What is known of an entity, its state in serialised form.</summary>
[JsonConverter(typeof(EntityMetadataJson))]
public sealed class EntityMetadata(EntityInstanceId id, SerializedData? state = null) : EntityMetadata<SerializedData>(id, state)
{
}
