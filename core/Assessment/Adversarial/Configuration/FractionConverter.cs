using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Adversarial.Configuration;

/// <summary>Numbers that may be written as fractions, such as <c>8/255</c>; written back as numbers.</summary>
internal sealed class FractionConverter : JsonConverter<double>
{
    /// <inheritdoc/>
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number)
            return reader.GetDouble();
        if (reader.TokenType == JsonTokenType.String && TryParse(reader.GetString()!, out var value))
            return value;
        throw new JsonException("a number or a fraction such as 8/255 is expected");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => writer.WriteNumberValue(value);

    /// <summary>Reads a number or a fraction of two.</summary>
    internal static bool TryParse(string text, out double value)
    {
        var parts = text.Split('/');
        value = 0;
        if (parts.Length > 2 || !Number(parts[0], out var above))
            return false;
        var below = 1.0;
        if (parts.Length == 2 && (!Number(parts[1], out below) || below == 0))
            return false;
        value = above / below;
        return double.IsFinite(value);
    }

    private static bool Number(string text, out double value) =>
        double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
}
