using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Training;
using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Models;
using Iml4e.Functions.OpenApi;
using Iml4e.Inference;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Retraining.External;

/// <summary>What an external trainer calls back: addresses that were made for one attempt and expire, without function keys.</summary>
internal sealed class TrainingFunctions(CatalogStore catalog, TrainingLinks links, ModelVetting vetting, IOptions<AppOptions> options, TimeProvider time)
{
    private const string Expires = "expires: as in the address that the trainer was given";
    private const string Signature = "signature: the same";
    private const int MaxPredictionBytes = 64 << 20;
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    [Function("GetTrainingData")]
    [Operation("The rows that an external trainer is to train on, as CSV.", Query = [Expires, Signature])]
    public async Task<IResult> Data(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/trainings/{runId}/{attempt:int}/data")] HttpRequest request, string runId, int attempt,
        CancellationToken cancellationToken)
    {
        var document = await FindAsync(request, "data", runId, attempt, cancellationToken);
        return new StoredFile(Results.Stream(await catalog.Artefacts.OpenReadAsync(document.Data.Digest, cancellationToken), "text/csv"), "The training data");
    }

    [Function("PutTrainingPredictions")]
    [Operation(
        "What the external trainer predicts for 100 or more of its rows; sent before the model, which is then held against it.", Body = typeof(TrainerPredictions),
        Query = [Expires, Signature])]
    public async Task<IResult> Predictions(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/trainings/{runId}/{attempt:int}/predictions")] HttpRequest request, string runId, int attempt,
        CancellationToken cancellationToken)
    {
        var document = await FindAsync(request, "predictions", runId, attempt, cancellationToken);
        var bytes = await RequestBody.ReadBytesAsync(request, MaxPredictionBytes, cancellationToken);
        var predictions = DocumentJson.Read<TrainerPredictions>(RequestBody.Parse(bytes.Span, "application/json"));
        var pipeline = await FrozenPipeline.ReadAsync(catalog, runId, cancellationToken);
        var errors = new ValidationErrors();
        ExternalModelCheck.Check(predictions, pipeline.Task, document.Data.Rows, errors);
        errors.ThrowIfAny();
        var stored = await catalog.Artefacts.PutAsync(JsonSerializer.SerializeToUtf8Bytes(predictions, DocumentJson.Options), "application/json", cancellationToken);
        await ChangeAsync(runId, attempt, d => d with { PredictionsDigest = stored.Digest, LastSeen = time.GetUtcNow() }, cancellationToken);
        return ApiJson.Ok(new { runId, attempt, rows = predictions.Rows.Count });
    }

    [Function("PutTrainingModel")]
    [Operation(
        "The model of an external trainer: one ONNX file, once. It is tried in a process of its own; one that is refused ends the attempt.",
        BodyMediaType = "application/octet-stream", Query = [Expires, Signature], Status = 202)]
    public async Task<IResult> Model(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/trainings/{runId}/{attempt:int}/model")] HttpRequest request, string runId, int attempt,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var document = await FindAsync(request, "model", runId, attempt, cancellationToken);
        vetting.Prepare();
        await using var file = await UploadedFile.ReadAsync(request, options.Value.MaxModelBytes, cancellationToken);
        if (file.IsEmpty)
            throw ApiException.Invalid("body", "the body is empty; the bytes of an ONNX file are expected");
        try
        {
            await vetting.CheckAsync(file.Bytes, cancellationToken);
        }
        catch (InvalidModelException e)
        {
            await FailAsync(client, document, $"its model was refused: {e.Message}", cancellationToken);
            throw;
        }

        var artefact = await catalog.Artefacts.PutAsync(file.Bytes, "application/onnx", cancellationToken);
        await ChangeAsync(runId, attempt, d => d with { State = TrainingState.Delivered, ModelDigest = artefact.Digest, LastSeen = time.GetUtcNow() }, cancellationToken);
        await AuditAsync(document, "TrainerDelivered", new JsonObject { ["digest"] = artefact.Digest }, cancellationToken);
        await WakeAsync(client, document, cancellationToken);
        return ApiJson.Ok(new { runId, attempt, artefact.Digest }, 202);
    }

    [Function("PostTrainingHeartbeat")]
    [Operation(
        "A sign of life of an external trainer, with its progress.", Body = typeof(HeartbeatRequest),
        Query = [Expires, Signature])]
    public async Task<IResult> Heartbeat(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/trainings/{runId}/{attempt:int}/heartbeat")] HttpRequest request, string runId, int attempt,
        CancellationToken cancellationToken)
    {
        var document = await FindAsync(request, "heartbeat", runId, attempt, cancellationToken);
        var body = await RequestBody.ReadOrDefaultAsync<HeartbeatRequest>(request, cancellationToken);
        var errors = new ValidationErrors();
        errors.Require(body.Progress is null or (>= 0 and <= 1), "progress", "from 0 to 1");
        errors.Require(body.Message is null or { Length: <= 200 }, "message", "at most 200 characters");
        errors.ThrowIfAny();
        var now = time.GetUtcNow();
        // A trainer that beats all the time is believed once a second.
        if (now - document.LastSeen >= Least)
            await ChangeAsync(runId, attempt, d => d with { LastSeen = now, Progress = body.Progress ?? d.Progress, Message = body.Message ?? d.Message }, cancellationToken);
        return ApiJson.Ok(new { runId, attempt, seenAt = now });
    }

    [Function("PostTrainingFailure")]
    [Operation(
        "An external trainer gives up; the attempt ends.", Body = typeof(FailureRequest),
        Query = [Expires, Signature])]
    public async Task<IResult> Failure(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/trainings/{runId}/{attempt:int}/failure")] HttpRequest request, string runId, int attempt,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var document = await FindAsync(request, "failure", runId, attempt, cancellationToken);
        var body = await RequestBody.ReadAsync<FailureRequest>(request, cancellationToken);
        if (body.Reason.Length is 0 or > 500)
            throw ApiException.Invalid("reason", "1 to 500 characters");
        await FailAsync(client, document, $"it says: {body.Reason}", cancellationToken);
        return ApiJson.Ok(new { runId, attempt });
    }

    private async Task<TrainingDocument> FindAsync(HttpRequest request, string purpose, string runId, int attempt, CancellationToken cancellationToken)
    {
        links.Check(request, purpose, runId, attempt);
        var document = (await catalog.Documents.ReadAsync<TrainingDocument>(TrainingDocument.PathOf(runId), cancellationToken))?.Value
            ?? throw ApiException.NotFound("training", runId);
        return Open(document, attempt);
    }

    // The signature says that the address was ours; whether it is still of use the document says.
    private static TrainingDocument Open(TrainingDocument document, int attempt) =>
        document.Attempt == attempt && document.State == TrainingState.Waiting
            ? document
            : throw new ApiException(409, "training.over", document.Attempt == attempt && document.State == TrainingState.Delivered
                ? "The model of this attempt has come already; an address for it is good for one."
                : $"This attempt is over{(document.Reason is null ? "" : ": " + document.Reason)}.");

    private async Task FailAsync(DurableTaskClient client, TrainingDocument document, string reason, CancellationToken cancellationToken)
    {
        await ChangeAsync(document.RunId, document.Attempt, d => d with { State = TrainingState.Failed, Reason = reason }, cancellationToken);
        await AuditAsync(document, "TrainerFailed", new JsonObject { ["reason"] = reason }, cancellationToken);
        await WakeAsync(client, document, cancellationToken);
    }

    private Task ChangeAsync(string runId, int attempt, Func<TrainingDocument, TrainingDocument> change, CancellationToken cancellationToken) =>
        catalog.Documents.UpdateAsync<TrainingDocument>(
            TrainingDocument.PathOf(runId), old => change(Open(old ?? throw ApiException.NotFound("training", runId), attempt)), cancellationToken);

    private Task AuditAsync(TrainingDocument document, string name, JsonObject fields, CancellationToken cancellationToken)
    {
        fields["runId"] = document.RunId;
        fields["attempt"] = document.Attempt;
        return catalog.Audit.AppendAsync(document.Pipeline, "trainer", name, fields, $"{document.RunId}:{name}:{document.Attempt}", cancellationToken);
    }

    private static Task WakeAsync(DurableTaskClient client, TrainingDocument document, CancellationToken cancellationToken) => client.RaiseEventAsync(
        ExternalTrainOrchestrator.InstanceId(document.RunId), ExternalTrainOrchestrator.EventOf(document.Attempt), true, cancellationToken);
}

/// <summary>Body of a sign of life.</summary>
internal sealed record HeartbeatRequest
{
    /// <summary>How far the training is, 0 to 1.</summary>
    public double? Progress { get; init; }

    /// <summary>What it does, at most 200 characters.</summary>
    public string? Message { get; init; }
}

/// <summary>Body of giving up.</summary>
internal sealed record FailureRequest
{
    /// <summary>Why, 1 to 500 characters.</summary>
    public required string Reason { get; init; }
}
