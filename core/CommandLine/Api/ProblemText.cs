using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Iml4e.CommandLine.Api;

/// <summary>Turns an error answer into a text for a person: RFC 9457 problem details, the <c>{"error": …}</c> of Open Inference, or plain text.</summary>
internal static class ProblemText
{
    private const int LongestText = 400;

    /// <summary>One or more lines that say what was asked, what the app answered and, field by field, what would be right.</summary>
    public static string Describe(string method, string path, HttpStatusCode status, ReadOnlySpan<byte> body)
    {
        var head = FormattableString.Invariant($"{method} /{WithoutQuery(path)} answered {(int)status}");
        if (Parse(body) is not JsonObject problem)
        {
            var text = Encoding.UTF8.GetString(body).Trim();
            return text.Length == 0 ? head + "." : $"{head}: {(text.Length > LongestText ? text[..LongestText] + "…" : text)}";
        }
        var message = Text(problem["detail"]) ?? Text(problem["error"]) ?? Text(problem["title"]) ?? Text(problem["message"]);
        var lines = new StringBuilder(message is null ? head + "." : $"{head}: {message}");
        if (problem["errors"] is JsonArray errors)
        {
            foreach (var error in errors.OfType<JsonObject>())
                lines.Append("\n  ").Append(Text(error["path"]) is { Length: > 0 } field ? field + ": " : "")
                    .Append(Text(error["message"]) ?? error.ToJsonString());
        }
        return lines.ToString();
    }

    private static string WithoutQuery(string path) => path.Split('?')[0];

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static JsonNode? Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            return body.IsEmpty ? null : JsonNode.Parse(body);
        }
        catch (JsonException)
        {
            // Not JSON: the caller shows the text as it is.
            return null;
        }
    }
}
