using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Adversarial.Configuration;

/// <summary>A field that is written as an object, or in short as one text.</summary>
/// <typeparam name="T">The object.</typeparam>
/// <param name="field">Name of the field, for the paths of errors.</param>
internal abstract class TextOrObjectConverter<T>(string field) : JsonConverter<T>
    where T : class
{
    /// <inheritdoc/>
    public sealed override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return Of(reader.GetString()!);
        try
        {
            return JsonSerializer.Deserialize<T>(ref reader, options);
        }
        catch (JsonException e)
        {
            // Inside, paths begin anew.
            throw new JsonException(e.Message, "$." + field + (e.Path is { Length: > 1 } path ? path[1..] : ""), e.LineNumber, e.BytePositionInLine);
        }
    }

    /// <inheritdoc/>
    public sealed override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => JsonSerializer.Serialize(writer, value, options);

    /// <summary>The object that the text stands for.</summary>
    protected abstract T Of(string text);
}
