using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Functions.Http;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Feedback;

/// <summary>Labels that arrive later, by prediction id.</summary>
internal sealed class FeedbackFunctions(FeedbackService feedback)
{
    private const int MaxItems = 1000;
    private const long MaxBytes = 16L << 20;

    [Function("PostFeedback")]
    [Operation("Labels that arrive later, by prediction id: an object, a list, or one object a line; at most 1000.", BodyMediaType = "application/x-ndjson")]
    public async Task<IResult> Post(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/feedback")] HttpRequest request, CancellationToken cancellationToken)
    {
        var bytes = await RequestBody.ReadBytesAsync(request, MaxBytes, cancellationToken);
        var items = Parse(bytes.Span, request.ContentType);
        if (items.Count == 0)
            throw ApiException.Invalid("", "no outcome was given; expected {\"predictionId\", \"value\"}, a list of them, or one a line");
        if (items.Count > MaxItems)
            throw ApiException.Invalid("", $"at most {MaxItems} outcomes in a request");
        var rejected = new List<RejectedOutcome>();
        var accepted = 0;
        var results = await feedback.AddAsync([.. items.Select((node, i) => Read(node, i))], cancellationToken);
        for (var i = 0; i < results.Count; i++)
        {
            if (results[i] is { } problem)
                rejected.Add(problem);
            else
                accepted++;
        }

        return ApiJson.Ok(new { accepted, rejected }, accepted == 0 ? 400 : rejected.Count == 0 ? 200 : 207);
    }

    private static List<JsonNode?> Parse(ReadOnlySpan<byte> utf8, string? contentType)
    {
        var lines = contentType?.Contains("ndjson", StringComparison.OrdinalIgnoreCase) == true;
        utf8 = utf8.TrimStart("\uFEFF"u8).Trim(" \t\r\n"u8);
        if (!lines && !utf8.IsEmpty && utf8[0] == '{' && utf8.IndexOf((byte)'\n') > 0)
        {
            // An object a line without its content type: the first line alone is a whole document.
            var end = utf8.IndexOf((byte)'\n');
            lines = IsWhole(utf8[..end]);
        }

        if (!lines)
            return RequestBody.Parse(utf8, "application/json") switch { null => [], JsonArray list => [.. list], var single => [single] };
        var items = new List<JsonNode?>();
        while (!utf8.IsEmpty && items.Count <= MaxItems)
        {
            var end = utf8.IndexOf((byte)'\n');
            var line = (end < 0 ? utf8 : utf8[..end]).Trim(" \t\r"u8);
            if (!line.IsEmpty)
                items.Add(RequestBody.Parse(line, "application/json"));
            utf8 = end < 0 ? default : utf8[(end + 1)..];
        }

        return items;
    }

    private static bool IsWhole(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            reader.Read();
            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static Outcome Read(JsonNode? node, int index)
    {
        if (node is not JsonObject item)
            return Outcome.Wrong(index, null, "must be an object with predictionId and value");
        foreach (var (key, _) in item)
        {
            if (key is not ("predictionId" or "value" or "observedAt"))
                return Outcome.Wrong(index, null, $"unknown field '{(key.Length > 40 ? key[..40] : key)}'; known are predictionId, value, observedAt");
        }

        if (item["predictionId"] is not JsonValue idNode || !idNode.TryGetValue<string>(out var id))
            return Outcome.Wrong(index, null, "predictionId must be a text");
        DateTimeOffset? observed = null;
        if (item["observedAt"] is { } at)
        {
            if (at is not JsonValue atValue || !atValue.TryGetValue<string>(out var text)
                || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
                return Outcome.Wrong(index, id, "observedAt must be an ISO 8601 time");
            observed = parsed;
        }

        var values = new List<string>();
        if (item["value"] is JsonArray list)
        {
            foreach (var element in list)
            {
                if (Text(element) is not { } text)
                    return Outcome.Wrong(index, id, "value must hold numbers or texts");
                values.Add(text);
            }
        }
        else if (Text(item["value"]) is { } single)
        {
            values.Add(single);
        }

        return values.Count == 0
            ? Outcome.Wrong(index, id, "value must be a number, a text, or a list of them, one a predicted row")
            : new Outcome(index, id, values, observed, null);
    }

    private static string? Text(JsonNode? node) => node is not JsonValue value ? null : value.GetValueKind() switch
    {
        JsonValueKind.String => value.GetValue<string>(),
        JsonValueKind.Number when double.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) =>
            value.ToJsonString(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };
}
