using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Validation;

/// <summary>How documents that people write are read: camel case, unknown members refused with their path, numbers only as numbers.</summary>
public static class DocumentJson
{
    /// <summary>Serializer options of all documents.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>Reads a document, turning every binding error into a <see cref="DocumentException"/> with the field's path.</summary>
    public static T Read<T>(JsonNode? node)
        where T : class
    {
        if (node is null)
            throw new DocumentException("", "The document is empty; an object is expected.");
        try
        {
            return node.Deserialize<T>(Options) ?? throw new DocumentException("", "The document is null; an object is expected.");
        }
        catch (JsonException e)
        {
            throw new DocumentException(PathOf(e), Describe(e));
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new DocumentException("", "The document does not have the expected shape: " + e.Message);
        }
    }

    /// <summary>The field path of a JSON error without the leading <c>$.</c>.</summary>
    public static string PathOf(JsonException e)
    {
        var path = e.Path ?? "";
        return path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : path.TrimStart('$');
    }

    private static string Describe(JsonException e)
    {
        // The serializer's messages are for developers: keep what helps the caller, drop type names and positions.
        var text = e.Message;
        var cut = text.IndexOf(" Path: ", StringComparison.Ordinal);
        if (cut > 0)
            text = text[..cut];
        if (text.StartsWith("The JSON property '", StringComparison.Ordinal))
            return $"unknown field {text[18..text.IndexOf('\'', 19)]}'; remove it or correct its name";
        if (text.Contains("was missing required properties", StringComparison.Ordinal))
            return "required fields are missing: " + text[(text.LastIndexOf(':') + 1)..].Trim();
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

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            PropertyNameCaseInsensitive = false,
            NumberHandling = JsonNumberHandling.Strict,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            MaxDepth = 32,
            RespectNullableAnnotations = true,
        };
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
