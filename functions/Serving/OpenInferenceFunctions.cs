using System.Buffers;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.OpenApi;
using Iml4e.Inference;
using Iml4e.Inference.Admission;
using Iml4e.Inference.OpenInference;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Serving;

/// <summary>The Open Inference Protocol over REST (KServe V2, specification of the serving surface, section 3).</summary>
internal sealed class OpenInferenceFunctions(
    RoutingTable routing,
    ModelSessions sessions,
    PredictionService predictions,
    AdmissionControl admission,
    Readiness readiness,
    ServingErrors errors,
    IOptions<AppOptions> options,
    TimeProvider time)
{
    private static readonly string[] Extensions = ["binary_tensor_data", "model_repository", "statistics", "prediction_lineage"];

    [Function("OipLive")]
    [Operation("Whether the process can answer.")]
    public static IResult Live([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v2/health/live")] HttpRequest request) =>
        ApiJson.Ok(new { live = true });

    [Function("OipReady")]
    [Operation("Whether models can be served.")]
    public async Task<IResult> Ready(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v2/health/ready")] HttpRequest request, CancellationToken cancellationToken)
    {
        var ready = await readiness.IsReadyAsync(cancellationToken);
        return ApiJson.Ok(new { ready, live = true }, ready ? 200 : 503);
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
        RequestDeadline? deadline = null;
        AdmissionPass? pass = null;
        try
        {
            CheckContentType(http);
            if (readiness.IsStopping)
                throw new OpenInferenceException(503, "the server is about to stop");
            pass = AdmissionPass.Take(admission);
            deadline = RequestDeadline.Of(http, time, cancellationToken);
            var body = await InferenceBody.ReadAsync(http, options.Value.MaxInferenceBytes, deadline.Token);
            var answer = await predictions.PredictAsync(new PredictionCall(model, version, body, http.Headers, deadline));
            return new InferenceResult(answer, body, pass);
        }
        catch (Exception e)
        {
            // The body's memory is not given back: a run that was left may still read it.
            pass?.Dispose();
            if (e is OperationCanceledException && deadline is { IsExceeded: true })
                e = new OpenInferenceException(504, "the deadline was exceeded");
            if (e is OperationCanceledException && cancellationToken.IsCancellationRequested)
                throw;
            return errors.Answer(e);
        }
        finally
        {
            deadline?.Dispose();
        }
    }

    private async Task<IResult> MetadataAsync(string model, string? version, CancellationToken cancellationToken)
    {
        try
        {
            var (snapshot, details) = await FindAsync(model, version, cancellationToken);
            using var lease = await sessions.GetAsync(details, cancellationToken);
            var buffer = new ArrayBufferWriter<byte>(1024);
            InferenceJson.WriteModelMetadata(buffer, model, [.. snapshot.Model.Versions.Select(v => v.Version)], lease.Session.Metadata);
            return Results.Bytes(buffer.WrittenMemory.ToArray(), "application/json");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return errors.Answer(e);
        }
    }

    private async Task<IResult> ReadyAsync(string model, string? version, CancellationToken cancellationToken)
    {
        try
        {
            var (snapshot, details) = await FindAsync(model, version, cancellationToken);
            if (snapshot.IsUnloaded(details.Version))
                return ApiJson.Ok(new { name = model, ready = false }, 503);
            using var lease = await sessions.GetAsync(details, cancellationToken);
            return ApiJson.Ok(new { name = model, ready = true });
        }
        catch (InvalidModelException)
        {
            return ApiJson.Ok(new { name = model, ready = false }, 503);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return errors.Answer(e);
        }
    }

    private async Task<(RoutingSnapshot Snapshot, ModelVersion Version)> FindAsync(string model, string? version, CancellationToken cancellationToken)
    {
        var snapshot = await routing.FindAsync(model, cancellationToken) ?? throw new OpenInferenceException(404, $"model '{model}' is not known");
        var chosen = version ?? snapshot.Default ?? throw new OpenInferenceException(503, $"model '{model}' has no version to serve");
        if (snapshot.Model.Versions.All(v => v.Version != chosen))
            throw new OpenInferenceException(404, $"model '{model}' has no version '{chosen}'");
        return (snapshot, await routing.VersionAsync(snapshot, chosen, cancellationToken));
    }

    private static void CheckContentType(HttpRequest http)
    {
        if (http.ContentType is { } type && !type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
            && !type.StartsWith("application/octet-stream", StringComparison.OrdinalIgnoreCase))
            throw new OpenInferenceException(415, "the content type must be application/json or application/octet-stream");
    }
}
