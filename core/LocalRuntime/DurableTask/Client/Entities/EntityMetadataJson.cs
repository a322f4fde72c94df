using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iml4e.LocalRuntime.DurableTask.Client.Entities;

/// <summary>Writes what is known of an entity as JSON, the state only when it was read; nothing is read back.</summary>
internal sealed class EntityMetadataJson : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert == typeof(EntityMetadata)
        || (typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(EntityMetadata<>));

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) => typeToConvert == typeof(EntityMetadata)
        ? new Writer<EntityMetadata, SerializedData>()
        : (JsonConverter)Activator.CreateInstance(typeof(Writer<,>).MakeGenericType(typeToConvert, typeToConvert.GetGenericArguments()[0]))!;

    private sealed class Writer<TMetadata, TState> : JsonConverter<TMetadata>
        where TMetadata : EntityMetadata<TState>
    {
        public override TMetadata Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("What is known of an entity cannot be read from JSON.");

        public override void Write(Utf8JsonWriter writer, TMetadata value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WriteString(Name(nameof(value.Id)), value.Id.ToString());
            writer.WriteString(Name(nameof(value.LastModifiedTime)), value.LastModifiedTime);
            if (value.BacklogQueueSize > 0)
                writer.WriteNumber(Name(nameof(value.BacklogQueueSize)), value.BacklogQueueSize);
            if (value.LockedBy is not null)
                writer.WriteString(Name(nameof(value.LockedBy)), value.LockedBy);
            if (value.IncludesState)
            {
                writer.WritePropertyName(Name(nameof(value.State)));
                if (value.State is SerializedData serialized)
                    writer.WriteStringValue(serialized.Value);
                else
                    JsonSerializer.Serialize(writer, value.State, options);
            }

            writer.WriteEndObject();

            string Name(string property) => options.PropertyNamingPolicy?.ConvertName(property) ?? property;
        }
    }
}
