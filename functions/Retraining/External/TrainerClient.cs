using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Pipelines;
using Iml4e.Functions.Http;

namespace Iml4e.Functions.Retraining.External;

/// <summary>Calls an external trainer: a signed request to an allowed origin, no redirects followed, no answer read but its status.</summary>
internal sealed class TrainerClient(TrainingLinks links, TimeProvider time) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseProxy = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>Asks for a training; null when the trainer took it on, else why not.</summary>
    /// <exception cref="JobInputException">The trainer may not be called.</exception>
    public async Task<string?> CallAsync(PipelineDefinition pipeline, ExternalStart start, DateTimeOffset expires, CancellationToken cancellationToken)
    {
        if (links.Missing is { } missing)
            throw new JobInputException("train.trainer", missing);
        if (!links.IsAllowed(pipeline.Train.Url))
            throw new JobInputException("train.url", "its origin is not among those of the setting Iml4e__ExternalTrainers");
        var body = Body(pipeline, start, expires).ToJsonString(ApiJson.Options);
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds();
        using var request = new HttpRequestMessage(HttpMethod.Post, pipeline.Train.Url)
        {
            Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        request.Headers.Add("X-Iml4e-Timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("X-Iml4e-Signature", links.Sign(timestamp, body));
        request.Headers.Add("Idempotency-Key", string.Create(CultureInfo.InvariantCulture, $"{start.RunId}-{start.Attempt}"));
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return answer.IsSuccessStatusCode ? null : $"the trainer answered {(int)answer.StatusCode}";
        }
        catch (HttpRequestException e)
        {
            return $"the trainer could not be reached ({e.HttpRequestError})";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "the trainer did not answer within 30 s";
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private JsonObject Body(PipelineDefinition pipeline, ExternalStart start, DateTimeOffset expires) => new()
    {
        ["runId"] = start.RunId,
        ["attempt"] = start.Attempt,
        ["pipeline"] = pipeline.Name,
        ["task"] = pipeline.Task.ToString().ToLowerInvariant(),
        ["parameters"] = JsonSerializer.SerializeToNode(pipeline.Train.Parameters),
        ["seed"] = pipeline.Train.Seed,
        ["data"] = new JsonObject
        {
            ["url"] = links.Make("data", start.RunId, start.Attempt, expires),
            ["digest"] = start.Data!.Digest,
            ["mediaType"] = "text/csv",
            ["rows"] = start.Data.Rows,
            ["dataset"] = $"{pipeline.Data.Dataset}/{start.DatasetVersion}",
            ["label"] = pipeline.Data.Label,
            ["time"] = pipeline.Data.Time,
            ["features"] = JsonSerializer.SerializeToNode(pipeline.Data.Features),
        },
        ["callbacks"] = new JsonObject
        {
            ["model"] = links.Make("model", start.RunId, start.Attempt, expires),
            ["predictions"] = links.Make("predictions", start.RunId, start.Attempt, expires),
            ["heartbeat"] = links.Make("heartbeat", start.RunId, start.Attempt, expires),
            ["failure"] = links.Make("failure", start.RunId, start.Attempt, expires),
        },
        ["expires"] = expires.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        ["heartbeatSeconds"] = start.Heartbeat.TotalSeconds,
    };
}
