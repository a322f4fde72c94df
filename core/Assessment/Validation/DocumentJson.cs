using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Validation;

/// <summary>How documents that people write are read: camel case, unknown members refused with their path, numbers only as numbers.</summary>
public static class DocumentJson
{
    /// <summary>What is said of a field that is not there and must be.</summary>
    internal const string Required = "this field is required";

    // What a person writes must say every constructor parameter that has no default; what we write ourselves leaves out nulls.
    private static readonly JsonSerializerOptions Written = Create(requireParameters: true);

    /// <summary>Serializer options of all documents.</summary>
    public static JsonSerializerOptions Options { get; } = Create(requireParameters: false);

    /// <summary>Reads a document, turning every binding error into a <see cref="DocumentException"/> with the field's path.</summary>
    public static T Read<T>(JsonNode? node)
        where T : class
    {
        if (node is null)
            throw new DocumentException("", "The document is empty; an object is expected.");
        RefuseNullItems(node, "");
        try
        {
            return node.Deserialize<T>(Written) ?? throw new DocumentException("", "The document is null; an object is expected.");
        }
        catch (JsonException e) when (MissingFields(e) is { Count: > 0 } missing)
        {
            throw new DocumentException([.. missing.Select(field => new ConfigurationError(Join(PathOf(e), field), Required))]);
        }
        catch (JsonException e)
        {
            throw new DocumentException(PathOf(e), Describe(e));
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException or FormatException or ArgumentException)
        {
            // The serializer's message would name our types.
            throw new DocumentException("", "The document does not have the expected shape.");
        }
    }

    /// <summary>The field path of a JSON error without the leading <c>$.</c>.</summary>
    public static string PathOf(JsonException e)
    {
        var path = e.Path ?? "";
        return path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : path.TrimStart('$');
    }

    // Nullability of list items is not known to the serializer; no document has a use for a null in a list.
    private static void RefuseNullItems(JsonNode node, string path)
    {
        switch (node)
        {
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                    RefuseNullItems(list[i] ?? throw new DocumentException($"{path}[{i}]", "null is not a value; leave it out"), $"{path}[{i}]");
                break;
            case JsonObject map:
                foreach (var (name, value) in map)
                {
                    if (value is not null)
                        RefuseNullItems(value, Join(path, name));
                }

                break;
        }
    }

    private static IReadOnlyList<string> MissingFields(JsonException e)
    {
        const string Sign = "was missing required properties including: ";
        var at = e.Message.IndexOf(Sign, StringComparison.Ordinal);
        if (at < 0)
            return [];
        var list = e.Message[(at + Sign.Length)..];
        var end = list.IndexOf(" Path: ", StringComparison.Ordinal);
        return [.. (end < 0 ? list : list[..end]).Split(['\'', ',', ' ', '.', ';'], StringSplitOptions.RemoveEmptyEntries)];
    }

    private static string Join(string path, string field) => path.Length == 0 ? field : $"{path}.{field}";

    private static string Describe(JsonException e)
    {
        // The serializer's messages are for developers: keep what helps the caller, drop type names and positions.
        var text = e.Message;
        var cut = text.IndexOf(" Path: ", StringComparison.Ordinal);
        if (cut > 0)
            text = text[..cut];
        if (text.StartsWith("The JSON property '", StringComparison.Ordinal))
            return $"unknown field {text[18..text.IndexOf('\'', 19)]}'; remove it or correct its name";
        if (text.StartsWith("The JSON value could not be converted to ", StringComparison.Ordinal))
            return "the value has the wrong type; expected " + FriendlyType(text["The JSON value could not be converted to ".Length..].TrimEnd('.'));
        return text;
    }

    private static string FriendlyType(string type) => type switch
    {
        "System.String" => "a string",
        "System.Boolean" => "true or false",
        "System.Int32" or "System.Int64" => "a whole number",
        "System.Double" or "System.Single" => "a number",
        _ when type.StartsWith("System.Nullable`1[", StringComparison.Ordinal) => FriendlyType(type[18..].TrimEnd(']')),
        _ when type.Contains("Dictionary", StringComparison.Ordinal) => "an object",
        _ when type.Contains("List", StringComparison.Ordinal) || type.EndsWith("[]", StringComparison.Ordinal) => "a list",
        _ => "a valid " + type[(type.LastIndexOf('.') + 1)..],
    };

    private static JsonSerializerOptions Create(bool requireParameters)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            PropertyNameCaseInsensitive = false,
            NumberHandling = JsonNumberHandling.Strict,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            MaxDepth = 32,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = requireParameters,
        };
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
