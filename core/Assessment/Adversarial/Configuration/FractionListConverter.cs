using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Adversarial.Configuration;

/// <summary>Lists of numbers that may be written as fractions.</summary>
internal sealed class FractionListConverter : JsonConverter<IReadOnlyList<double>>
{
    private static readonly FractionConverter Item = new();

    /// <inheritdoc/>
    public override IReadOnlyList<double> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("a list of numbers or fractions is expected");
        var result = new List<double>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            result.Add(Item.Read(ref reader, typeof(double), options));
        return result;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IReadOnlyList<double> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var v in value)
            writer.WriteNumberValue(v);
        writer.WriteEndArray();
    }
}
