using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

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

    /// <summary>With the encoder that leaves what is not ASCII as it is; line breaks are escaped by every encoder.</summary>
    public static LogJson Compact => Relaxed.Value;

    internal sealed class VariantConverter() : JsonStringEnumConverter<PredictionVariant>(JsonNamingPolicy.CamelCase);
}
