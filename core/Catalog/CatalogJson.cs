using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Iml4e.Inference;

namespace Iml4e.Catalog;

/// <summary>How the catalogue writes JSON: camelCase, enumerations as camelCase text, null members left out, element types by their wire names.</summary>
public static class CatalogJson
{
    /// <summary>The options of every document in the catalogue; read-only.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
            Converters = { new JsonStringEnumConverter<TensorDatatype>(UpperCase.Policy), new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        };
        options.MakeReadOnly();
        return options;
    }

    private sealed class UpperCase : JsonNamingPolicy
    {
        public static readonly UpperCase Policy = new();

        public override string ConvertName(string name) => name.ToUpperInvariant();
    }
}
