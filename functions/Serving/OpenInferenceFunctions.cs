using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Inference;
using Iml4e.Inference.OpenInference;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Serving;

/// <summary>The Open Inference Protocol over REST (KServe V2, specification of the serving surface, section 3).</summary>
internal sealed class OpenInferenceFunctions(
    CatalogStore catalog,
    RoutingTable routing,
    ModelSessions sessions,
    PredictionService predictions,
    IOptions<AppOptions> options,
    ILogger<OpenInferenceFunctions> logger)
{
    private static readonly string[] Extensions = ["prediction_lineage"];

    [Function("OipLive")]
    [Operation("Whether the process can answer.")]
    public static IResult Live([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v2/health/live")] HttpRequest request) =>
        ApiJson.Ok(new { live = true });

    [Function("OipReady")]
    [Operation("Whether models can be served.")]
    public async Task<IResult> Ready(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v2/health/ready")] HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await catalog.Models.ListAsync(cancellationToken);
            return ApiJson.Ok(new { ready = true, live = true });
        }
        catch (Azure.RequestFailedException e)
        {
            logger.LogWarning(e, "Not ready: the catalogue does not answer.");
            return ApiJson.Ok(new { ready = false, live = true }, 503);
        }
    }

    [Function("OipServer")]
    [Operation("Server metadata of the Open Inference Protocol.")]
    public static IResult Server([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v2")] HttpRequest request) =>
        ApiJson.Ok(new { name = "iml4e-serverless", version = AppVersion.Text, extensions = Extensions });

    [Function("OipModel")]
    [Operation("Inputs and outputs of a model.")]
    public Task<IResult> Model(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v2/models/{model}")] HttpRequest request, string model,
        CancellationToken cancellationToken) => MetadataAsync(model, null, cancellationToken);

    [Function("OipModelVersion")]
    [Operation("Inputs and outputs of a model version.")]
    public Task<IResult> ModelVersion(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v2/models/{model}/versions/{version}")] HttpRequest request, string model, string version,
        CancellationToken cancellationToken) => MetadataAsync(model, version, cancellationToken);

    [Function("OipModelReady")]
    [Operation("Whether a model can be served.")]
    public Task<IResult> ModelReady(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v2/models/{model}/ready")] HttpRequest request, string model,
        CancellationToken cancellationToken) => ReadyAsync(model, null, cancellationToken);

    [Function("OipModelVersionReady")]
    [Operation("Whether a model version can be served.")]
    public Task<IResult> ModelVersionReady(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v2/models/{model}/versions/{version}/ready")] HttpRequest request, string model,
        string version, CancellationToken cancellationToken) => ReadyAsync(model, version, cancellationToken);

    [Function("OipInfer")]
    [Operation("Predicts with the version that routing chooses for the unit.", BodyMediaType = "application/json", Headers = ["x-iml4e-unit: the unit of the experiment, such as a building or a user", "timeout-ms: deadline in milliseconds"])]
    public Task<IResult> Infer(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v2/models/{model}/infer")] HttpRequest request, string model,
        CancellationToken cancellationToken) => InferAsync(request, model, null, cancellationToken);

    [Function("OipInferVersion")]
    [Operation("Predicts with a version by number.", BodyMediaType = "application/json", Headers = ["timeout-ms: deadline in milliseconds"])]
    public Task<IResult> InferVersion(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v2/models/{model}/versions/{version}/infer")] HttpRequest request, string model,
        string version, CancellationToken cancellationToken) => InferAsync(request, model, version, cancellationToken);

    private async Task<IResult> InferAsync(HttpRequest http, string model, string? version, CancellationToken cancellationToken)
    {
        try
        {
            if (http.ContentType is { } type && !type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
                && !type.StartsWith("application/octet-stream", StringComparison.OrdinalIgnoreCase))
                throw new OpenInferenceException(415, "the content type must be application/json");
            var deadline = Deadline(http);
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (deadline is { } after)
                timeout.CancelAfter(after);
            try
            {
                var body = await RequestBody.ReadBytesAsync(http, options.Value.MaxInferenceBytes, timeout.Token);
                var answer = await predictions.PredictAsync(
                    model, version, body, name => http.Headers.TryGetValue(name, out var value) ? value.ToString() : null, timeout.Token);
                return new InferenceResult(model, answer);
            }
            catch (OperationCanceledException) when (deadline is not null && !cancellationToken.IsCancellationRequested)
            {
                throw new OpenInferenceException(504, "the deadline was exceeded");
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return Error(e);
        }
    }

    private async Task<IResult> MetadataAsync(string model, string? version, CancellationToken cancellationToken)
    {
        try
        {
            var (snapshot, details) = await FindAsync(model, version, cancellationToken);
            using var lease = await sessions.GetAsync(details, cancellationToken);
            var metadata = lease.Session.Metadata;
            var buffer = new ArrayBufferWriter<byte>(1024);
            InferenceJson.WriteModelMetadata(buffer, model, [.. snapshot.Model.Versions.Select(v => v.Version)], metadata);
            return Results.Bytes(buffer.WrittenMemory.ToArray(), "application/json");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return Error(e);
        }
    }

    private async Task<IResult> ReadyAsync(string model, string? version, CancellationToken cancellationToken)
    {
        try
        {
            var (_, details) = await FindAsync(model, version, cancellationToken);
            using var lease = await sessions.GetAsync(details, cancellationToken);
            return ApiJson.Ok(new { name = model, ready = true });
        }
        catch (InvalidModelException)
        {
            return ApiJson.Ok(new { name = model, ready = false }, 503);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return Error(e);
        }
    }

    private async Task<(RoutingSnapshot Snapshot, ModelVersion Version)> FindAsync(string model, string? version, CancellationToken cancellationToken)
    {
        var snapshot = await routing.FindAsync(model, cancellationToken) ?? throw new OpenInferenceException(404, $"model '{model}' is not known");
        var chosen = version ?? snapshot.Champion ?? snapshot.Model.Versions.LastOrDefault()?.Version
            ?? throw new OpenInferenceException(503, $"model '{model}' has no version to serve");
        if (snapshot.Model.Versions.All(v => v.Version != chosen))
            throw new OpenInferenceException(404, $"model '{model}' has no version '{chosen}'");
        return (snapshot, await routing.VersionAsync(snapshot, chosen, cancellationToken));
    }

    // Header timeout-ms is in milliseconds; the body's parameter, in microseconds, is read with the request.
    private static TimeSpan? Deadline(HttpRequest http)
    {
        if (!http.Headers.TryGetValue("timeout-ms", out var text))
            return null;
        if (!double.TryParse(text.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds)
            || milliseconds is not (> 0 and <= 86_400_000))
            throw new OpenInferenceException(400, "header timeout-ms must be a number of milliseconds between 0 and 86400000");
        return TimeSpan.FromMilliseconds(milliseconds);
    }

    private IResult Error(Exception e)
    {
        var (status, message) = e switch
        {
            OpenInferenceException oip => (oip.Status, oip.Message),
            ApiException api => (api.Status, api.Message),
            BadHttpRequestException bad => (bad.StatusCode, "the HTTP request is not valid"),
            InvalidModelException => (503, "the model cannot be loaded"),
            _ => (500, "the inference failed"),
        };
        if (status >= 500)
            logger.LogError(e, "An inference request failed.");
        return new ErrorResult(status, message);
    }

    private sealed class ErrorResult(int status, string message) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            if (status is 503 or 429)
                httpContext.Response.Headers.RetryAfter = "1";
            return httpContext.Response.WriteAsJsonAsync(new { error = message }, ApiJson.Options, "application/json", httpContext.RequestAborted);
        }
    }

    private sealed class InferenceResult(string model, PredictionAnswer answer) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = new InferenceResponse(model, answer.Version, answer.Request.Id, answer.Outputs)
            {
                Parameters = new Dictionary<string, object> { ["prediction_id"] = answer.PredictionId, ["variant"] = answer.Variant.ToWire() },
            };
            httpContext.Response.ContentType = "application/json";
            httpContext.Response.Headers["x-prediction-id"] = answer.PredictionId;
            InferenceJson.Write(httpContext.Response.BodyWriter, response, answer.Request.Nested);
            await httpContext.Response.BodyWriter.FlushAsync(httpContext.RequestAborted);
        }
    }
}
