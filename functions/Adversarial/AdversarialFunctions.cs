using System.Security.Cryptography;
using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Iml4e.Functions.Adversarial;

/// <summary>Adversarial jobs from blobs that land in <c>inbox/adversarial/requests/</c>, and the manifests of their samples.</summary>
internal sealed class AdversarialFunctions(CatalogStore catalog, JobService jobs, ILogger<AdversarialFunctions> logger)
{
    [Function("GetAdversarialManifest")]
    [Operation("The manifest of the samples that an adversarial job made.")]
    public async Task<IResult> Manifest(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/adversarial/{id}/manifest")] HttpRequest request, string id,
            CancellationToken cancellationToken)
    {
        if (id.Length > 100 || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw ApiException.NotFound("job", id);
        var run = await catalog.Runs.GetAsync(id, cancellationToken) ?? throw ApiException.NotFound("job", id);
        var manifest = run.Outputs.LastOrDefault(o => o.Role == "manifest")
            ?? throw new ApiException(404, "manifest.missing", $"Job '{id}' has made no samples, or not yet.");
        return Results.Bytes(await catalog.Artefacts.ReadAsync(manifest.Digest, cancellationToken), "application/json");
    }

    /// <summary>
    /// A request that lands becomes a job. Runs at least once for each content: the job's id is made of the content, so a second run finds it there.
    /// </summary>
    [Function("AdversarialRequests")]
    public async Task Requests(
        [BlobTrigger("inbox/adversarial/requests/{file}", Source = BlobTriggerSource.EventGrid)] Stream content, string file,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        await using var arriving = content;
        var digest = "";
        try
        {
            await using var landed = await UploadedFile.ReadAsync(arriving, 0, RequestBody.MaxDocumentBytes, cancellationToken);
            digest = Convert.ToHexStringLower(SHA256.HashData(landed.Bytes.Span));
            var json = file.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
            var document = RequestBody.Parse(landed.Bytes.Span, json ? "application/json" : "application/yaml");
            await jobs.StartAsync(client, "adversarial", document, "adversarial-" + digest[..32], null, cancellationToken);
        }
        catch (Exception e) when (e is DocumentException or ApiException { Status: >= 400 and < 500 })
        {
            // Trying again cannot help: the reason is kept where the sender looks for it.
            logger.LogWarning("Request {File} was refused: {Reason}", file, e.Message);
            var name = digest.Length > 0 ? digest[..16] : "too-large";
            await catalog.Documents.UpdateAsync<RequestRefusal>(
                $"inbox/adversarial/{name}.refused.json", _ => new RequestRefusal(file, e.Message), cancellationToken);
        }
    }
}
