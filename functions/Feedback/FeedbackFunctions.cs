using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Functions.Http;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Feedback;

/// <summary>Labels that arrive later, by prediction id.</summary>
internal sealed class FeedbackFunctions(FeedbackService feedback, WaitingFeedback waiting, FeedbackWatch watch)
{
    private const int MaxItems = 1000;
    private const long MaxBytes = 16L << 20;
    private const int MostRequests = 100;
    private const int RetrySeconds = 60;

    [Function("PostFeedback")]
    [Operation(
        "Labels that arrive later, by prediction id: an object, a list, or one object a line; at most 1000. 200: all are stored, or were before (accepted). 202: some of them "
        + "(waiting) name a prediction that is not known yet; they wait for it for an hour. 207: some are refused (rejected). 409: the prediction has another value, and "
        + "the revision is not higher. 429: too many wait already.",
        Body = typeof(FeedbackItem), BodyMediaType = "application/x-ndjson")]
    public async Task<IResult> Post(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/feedback")] HttpRequest request, CancellationToken cancellationToken)
    {
        var bytes = await RequestBody.ReadBytesAsync(request, MaxBytes, cancellationToken);
        var items = Parse(bytes.Span, request.ContentType);
        if (items.Count == 0)
            throw ApiException.Invalid("", "no outcome was given; expected {\"predictionId\", \"value\"}, a list of them, or one a line");
        if (items.Count > MaxItems)
            throw ApiException.Invalid("", $"at most {MaxItems} outcomes in a request");
        var receipts = await feedback.AddAsync([.. items.Select((node, i) => Read(node, i))], cancellationToken);
        var rejected = receipts.Where(r => r.Problem is not null).Select(r => r.Problem!).ToList();
        var accepted = receipts.Count - rejected.Count;
        if (accepted == 0)
            return FeedbackProblem.Of(rejected, RetrySeconds);
        var waits = receipts.Count(r => r.IsWaiting);
        return ApiJson.Ok(new { accepted, waiting = waits, rejected }, rejected.Count > 0 ? 207 : waits > 0 ? 202 : 200);
    }

    [Function("ListDeadLetters")]
    [Operation(
        "Outcomes that were accepted before their predictions were known and came to nothing: no prediction came within the hour, or it did not fit. Kept for 30 days.",
        Query = ["limit: feedback requests whose letters to tell at most, 1 to 100; 50 by default", "after: the answer before's next"])]
    public async Task<IResult> DeadLetters(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/feedback/dead-letters")] HttpRequest request, CancellationToken cancellationToken)
    {
        var limit = (int)QueryNumber.Read(request, "limit", MostRequests / 2, 1, MostRequests);
        var (letters, next) = await waiting.DeadLettersAsync(limit, request.Query["after"].ToString(), cancellationToken);
        var (outcomes, _) = await waiting.CountAsync(cancellationToken);
        return ApiJson.Ok(new { deadLetters = letters, waiting = outcomes, next });
    }

    [Function("FeedbackWatch")]
    public Task Watch([TimerTrigger("%FeedbackWatchSchedule%")] TimerInfo timer, CancellationToken cancellationToken) => watch.LookAsync(cancellationToken);

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
            if (key is not ("predictionId" or "value" or "observedAt" or "revision"))
                return Outcome.Wrong(index, null, $"unknown field '{(key.Length > 40 ? key[..40] : key)}'; known are predictionId, value, observedAt, revision");
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

        var revision = 0;
        if (item["revision"] is { } told && (told is not JsonValue number || !number.TryGetValue(out revision) || revision < 0))
            return Outcome.Wrong(index, id, "revision must be a whole number from 0 to 2147483647");
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
            : new Outcome(index, id, values, observed, revision, null);
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
