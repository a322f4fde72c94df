using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Iml4e.CommandLine.Api;

/// <summary>Reads single values out of answers, null when they are absent or of another kind.</summary>
internal static class Json
{
    /// <summary>A text; null when the node is anything else.</summary>
    public static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>A number; null when the node is anything else.</summary>
    public static double? Number(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.Number ? double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture) : null;

    /// <summary>A truth value; null when the node is anything else.</summary>
    public static bool? Truth(JsonNode? node) => node is JsonValue value && value.TryGetValue<bool>(out var truth) ? truth : null;
}
