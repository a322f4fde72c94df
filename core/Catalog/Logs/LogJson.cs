using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Iml4e.Catalog;

/// <summary>Generated serialisers of what the logs hold.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    Converters = [typeof(VariantConverter)])]
[JsonSerializable(typeof(PredictionRecord))]
[JsonSerializable(typeof(OutcomeRecord))]
internal sealed partial class LogJson : JsonSerializerContext
{
    private static readonly Lazy<LogJson> Relaxed = new(
        static () => new LogJson(new JsonSerializerOptions(Default!.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));

    private static readonly Lazy<JsonTypeInfo<PredictionRecord>> SlimRecord = new(CreateSlim);

    /// <summary>With the encoder that leaves what is not ASCII as it is; line breaks are escaped by every encoder.</summary>
    public static LogJson Compact => Relaxed.Value;

    /// <summary>Of predictions, without what went in and came out: readers that only count need not build it.</summary>
    public static JsonTypeInfo<PredictionRecord> Slim => SlimRecord.Value;

    private static JsonTypeInfo<PredictionRecord> CreateSlim()
    {
        var options = new JsonSerializerOptions(Default.Options) { TypeInfoResolver = Default.WithAddedModifier(WithoutTensors) };
        return (JsonTypeInfo<PredictionRecord>)options.GetTypeInfo(typeof(PredictionRecord));
    }

    private static void WithoutTensors(JsonTypeInfo type)
    {
        if (type.Type != typeof(PredictionRecord))
            return;
        foreach (var property in type.Properties.Where(p => p.Name is "inputs" or "outputs"))
            property.CustomConverter = new PassedOver();
    }

    private sealed class PassedOver : JsonConverter<JsonNode?>
    {
        public override JsonNode? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            reader.Skip();
            return null;
        }

        public override void Write(Utf8JsonWriter writer, JsonNode? value, JsonSerializerOptions options) => throw new NotSupportedException("read only");
    }

    internal sealed class VariantConverter() : JsonStringEnumConverter<PredictionVariant>(JsonNamingPolicy.CamelCase);
}
