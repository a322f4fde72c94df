using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Adversarial.Configuration;

/// <summary>Classes by their number, by their names, or as a known list.</summary>
internal sealed class ClassListConverter : JsonConverter<ClassList>
{
    /// <inheritdoc/>
    public override ClassList Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetInt32(out var count):
                return new ClassList(count, []);
            case JsonTokenType.String when ClassList.Known.TryGetValue(reader.GetString()!, out var known):
                return known;
            case JsonTokenType.StartArray:
                var names = new List<string>();
                while (reader.Read() && reader.TokenType == JsonTokenType.String)
                    names.Add(reader.GetString()!);
                if (reader.TokenType == JsonTokenType.EndArray && names.Count > 0)
                    return new ClassList(names.Count, names);
                break;
        }

        throw new JsonException($"the number of classes, their names, or one of {string.Join(", ", ClassList.Known.Keys)} is expected");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ClassList value, JsonSerializerOptions options)
    {
        if (value.Names.Count == 0)
        {
            writer.WriteNumberValue(value.Count);
            return;
        }

        writer.WriteStartArray();
        foreach (var name in value.Names)
            writer.WriteStringValue(name);
        writer.WriteEndArray();
    }
}
