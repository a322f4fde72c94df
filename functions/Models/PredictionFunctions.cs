using System.Globalization;
using System.Text.Json;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Models;

/// <summary>The prediction log of a model, to be taken elsewhere.</summary>
internal sealed class PredictionFunctions(CatalogStore catalog, TimeProvider time)
{
    private const int DefaultLimit = 10_000;
    private const int MaxLimit = 10_000_000;

    [Function("GetPredictions")]
    [Operation(
        "The logged predictions of a window of time, each with the outcome that came for it: one JSON object a line, streamed.",
        Query =
        [
            "from: the first moment, ISO 8601; an hour before the end by default", "to: the moment after the last; now by default",
            "limit: most predictions, 10000 by default",
        ])]
    public async Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/models/{name}/predictions")] HttpRequest request, string name,
        CancellationToken cancellationToken)
    {
        if (!ResourceName.IsValid(name) || await catalog.Models.GetAsync(name, cancellationToken) is null)
            throw ApiException.NotFound("model", name);
        var to = Moment(request, "to") ?? time.GetUtcNow();
        var from = Moment(request, "from") ?? to.AddHours(-1);
        if (from >= to)
            throw ApiException.Invalid("from", "must be before 'to'");
        var limit = DefaultLimit;
        if (request.Query["limit"].ToString() is { Length: > 0 } text
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
            throw ApiException.Invalid("limit", $"must be a number from 1 to {MaxLimit}");
        return new LinesResult(catalog.Joined.ReadAsync(name, from, to, ct: cancellationToken).Take(limit));
    }

    private static DateTimeOffset? Moment(HttpRequest request, string name)
    {
        if (request.Query[name].ToString() is not { Length: > 0 } text)
            return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            && moment.UtcDateTime.Year is >= 1970 and < 9999
            ? moment
            : throw ApiException.Invalid(name, "must be an ISO 8601 time such as 2026-01-05T08:00:00Z");
    }

    private sealed class LinesResult(IAsyncEnumerable<JoinedPrediction> lines) : IResult
    {
        private const int FlushedAt = 64 * 1024;

        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = "application/x-ndjson";
            var body = httpContext.Response.BodyWriter;
            await using var json = new Utf8JsonWriter(body);
            await foreach (var line in lines.WithCancellation(httpContext.RequestAborted))
            {
                JsonSerializer.Serialize(json, line, CatalogJson.Options);
                json.Flush();
                json.Reset();
                body.GetSpan(1)[0] = (byte)'\n';
                body.Advance(1);
                if (body.UnflushedBytes > FlushedAt)
                    await body.FlushAsync(httpContext.RequestAborted);
            }

            await body.FlushAsync(httpContext.RequestAborted);
        }
    }
}
