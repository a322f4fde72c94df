using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iml4e.LocalRuntime.DurableTask.Entities;

/// <summary>The id of an entity: its name, lower-cased, and its key, which is case-sensitive; as text, and as JSON, @name@key.</summary>
[JsonConverter(typeof(JsonText))]
public readonly record struct EntityInstanceId
{
    /// <exception cref="ArgumentException">The name is empty or has an @.</exception>
    public EntityInstanceId(string name, string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Contains('@', StringComparison.Ordinal))
            throw new ArgumentException("entity names may not contain `@` characters.", nameof(name));
        ArgumentNullException.ThrowIfNull(key);
        Name = name.ToLowerInvariant();
        Key = key;
    }

    public string Name { get; }

    public string Key { get; }

    /// <exception cref="ArgumentException">The text is not of the form @name@key.</exception>
    public static EntityInstanceId FromString(string instanceId)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var second = instanceId[0] == '@' ? instanceId.IndexOf('@', 1) : -1;
        return second > 1
            ? new EntityInstanceId(instanceId[1..second], instanceId[(second + 1)..])
            : throw new ArgumentException($"Instance ID '{instanceId}' is not a valid entity ID.", nameof(instanceId));
    }

    public override string ToString() => $"@{Name}@{Key}";

    private sealed class JsonText : JsonConverter<EntityInstanceId>
    {
        public override EntityInstanceId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var text = reader.GetString();
            try
            {
                return FromString(text!);
            }
            catch (ArgumentException exception)
            {
                throw new JsonException($"'{text}' is not the id of an entity.", exception);
            }
        }

        public override void Write(Utf8JsonWriter writer, EntityInstanceId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
