using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.Models;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Validation;

/// <summary>Predictions beside data sets, over HTTP and from blobs that land in <c>inbox/predictions/{dataset}/</c>, which start a validation.</summary>
internal sealed class ValidationFunctions(
    CatalogStore catalog, PredictionUploads uploads, IOptions<AppOptions> options, ILogger<ValidationFunctions> logger)
{
    [Function("PutPredictions")]
    [Operation(
        "Puts predictions beside a data set, for the job kinds pose-validate and detection-validate: a list in COCO's result format. "
        + "With validate=true a validation is started.",
        BodyMediaType = "application/json", Query = ["validate: true starts a validation of them"], Headers = ["x-iml4e-actor: who is acting"], Status = 201)]
    public async Task<IResult> Put(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/datasets/{dataset}/predictions/{name}")] HttpRequest request, string dataset, string name,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var validate = request.Query["validate"].ToString() switch
        {
            "" or "false" => false,
            "true" => true,
            _ => throw ApiException.Invalid("validate", "must be true or false"),
        };
        await using var file = await UploadedFile.ReadAsync(request, options.Value.MaxDatasetBytes, cancellationToken);
        var stored = await uploads.PutAsync(dataset, name, file, ModelFunctions.Actor(request), cancellationToken);
        var job = validate ? await uploads.ValidateAsync(client, stored, file.Bytes, cancellationToken) : null;
        return ApiJson.Created(
            $"/api/datasets/{dataset}/predictions",
            new { stored.Dataset, stored.Name, stored.Digest, stored.Size, jobId = job?.JobId, statusUrl = job is null ? null : $"/api/jobs/{job.JobId}" });
    }

    [Function("ListPredictions")]
    [Operation("The predictions that were put beside a data set.")]
    public async Task<IResult> List(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/datasets/{dataset}/predictions")] HttpRequest request, string dataset,
        CancellationToken cancellationToken)
    {
        if (!ResourceName.IsValid(dataset) || await catalog.Datasets.GetAsync(dataset, cancellationToken) is null)
            throw ApiException.NotFound("data set", dataset);
        var all = new List<StoredPredictions>();
        await foreach (var document in catalog.Documents.ReadAllAsync<StoredPredictions>(StoredPredictions.FolderOf(dataset), cancellationToken))
            all.Add(document.Value);
        return ApiJson.Ok(new { predictions = all });
    }

    /// <summary>
    /// Predictions that land are put beside their data set and validated. Runs at least once for each content: the job's id is made of the content, so a second
    /// run finds it there.
    /// </summary>
    [Function("PredictionInbox")]
    public async Task Inbox(
        [BlobTrigger("inbox/predictions/{dataset}/{file}", Source = BlobTriggerSource.EventGrid)] Stream content, string dataset, string file,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        await using var arriving = content;
        try
        {
            await using var landed = await UploadedFile.ReadAsync(arriving, 0, options.Value.MaxDatasetBytes, cancellationToken);
            var stored = await uploads.PutAsync(dataset, Path.GetFileNameWithoutExtension(file), landed, "inbox", cancellationToken);
            await uploads.ValidateAsync(client, stored, landed.Bytes, cancellationToken);
        }
        catch (Exception e) when (e is DocumentException or CatalogArgumentException or ApiException { Status: >= 400 and < 500 })
        {
            // Trying again cannot help: the reason is kept where the sender looks for it.
            logger.LogWarning("Predictions {File} for data set {Dataset} were refused: {Reason}", file, dataset, e.Message);
            await catalog.Documents.UpdateAsync<PredictionRefusal>(
                $"inbox/predictions/{PredictionRefusal.NameOf(dataset, file)}.refused.json", _ => new PredictionRefusal(dataset, file, e.Message),
                cancellationToken);
        }
    }
}
