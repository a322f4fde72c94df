using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iml4e.Assessment;

/// <summary>Durations in JSON, in the forms of <see cref="DurationText"/>.</summary>
public sealed class DurationJsonConverter : JsonConverter<TimeSpan>
{
    /// <inheritdoc/>
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw new JsonException($"Expected {DurationText.Expected}.");
        return DurationText.TryParse(reader.GetString(), out var value) ? value : throw new JsonException($"Expected {DurationText.Expected}.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(DurationText.Format(value));
    }
}
