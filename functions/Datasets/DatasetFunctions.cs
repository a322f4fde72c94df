using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Pose.Json;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.OpenApi;
using Iml4e.Learning;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Datasets;

/// <summary>Data sets over HTTP, and from blobs that land in <c>inbox/datasets/{name}/</c>.</summary>
internal sealed class DatasetFunctions(
    CatalogStore catalog, DatasetService datasets, FaceRemoval faces, MaskedColumns masks, ChampionEvaluation evaluation, IOptions<AppOptions> options,
    ILogger<DatasetFunctions> logger)
{
    [Function("PutDataset")]
    [Operation(
        "Uploads a data set version: CSV with a header line, or NDJSON (an object a line), plain or gzip; or a zip of JPEG and PNG images with their annotations, "
        + "or a COCO document alone, for the job kinds adversarial, pose-validate and detection-validate. "
        + "Which, is told by the content's first bytes, not by its type or name. "
        + "What each column was taken for, and why, stands in the answer and in the version.",
        BodyMediaType = "text/csv, application/x-ndjson, application/gzip, application/zip, application/json",
        Query =
        [
            "mode: replace (default) or append; appended rows have the columns and kinds that are there",
            "file: name of the part",
            "anonymise: MODEL or MODEL/VERSION, a face detector: of a zip of images only what it makes unrecognisable is stored",
            "family: how that detector is read, such as ultraface or yunet",
            "method: pixelate (default) or blur",
            "type: column:kind with the kind number, category or timestamp, instead of the inferred one; may be given for each column",
        ],
        Headers = ["Idempotency-Key: the same key gives the same version"],
        Status = 201)]
    public async Task<IResult> Put(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/datasets/{name}")] HttpRequest request, string name,
        CancellationToken cancellationToken)
    {
        ResourceName.Check(name);
        var mode = request.Query["mode"].ToString() switch
        {
            "" or "replace" => DatasetMode.Replace,
            "append" => DatasetMode.Append,
            _ => throw ApiException.Invalid("mode", "must be replace or append"),
        };
        var kinds = DatasetColumns.Declared(request.Query["type"]);
        var file = request.Query["file"].ToString();
        if (file.Length > 200 || file.Any(c => char.IsControl(c) || c is '/' or '\\'))
            throw ApiException.Invalid("file", "must be a plain file name of at most 200 characters");
        var removal = FaceRemoval.Read(request.Query);
        await using var upload = await UploadedFile.ReadAsync(request, options.Value.MaxDatasetBytes, cancellationToken);
        if (upload.IsEmpty)
            throw ApiException.Invalid("body", "the body is empty; CSV with a header line, or NDJSON, is expected");
        if (file.Length == 0)
            file = NameOf(upload.Bytes.Span);
        var key = request.Headers["Idempotency-Key"].ToString() is { Length: > 0 } k ? k : null;
        await using var sent = upload.OpenRead();
        var (content, removed) = removal is null ? (sent, null) : await faces.ApplyAsync(sent, removal, cancellationToken);
        await using var kept = content;
        var added = await datasets.AddAsync(name, kept, file, mode, key, kinds, cancellationToken);
        return ApiJson.Created(
            $"/api/datasets/{name}/versions/{added.Version.Version}",
            new
            {
                dataset = name, added.Version.Version, rows = added.Rows, newRows = added.NewRows, parts = added.Version.Parts.Count,
                columns = added.Version.Columns, anonymised = removed,
            });
    }

    [Function("ListDatasets")]
    [Operation("All data sets.")]
    public async Task<IResult> List(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/datasets")] HttpRequest request, CancellationToken cancellationToken) =>
        ApiJson.Ok(new { datasets = await catalog.Datasets.ListAsync(cancellationToken) });

    [Function("GetDataset")]
    [Operation("A data set with its versions.")]
    public async Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/datasets/{name}")] HttpRequest request, string name,
        CancellationToken cancellationToken) => ApiJson.Ok(await FindAsync(name, cancellationToken));

    [Function("ListDatasetVersions")]
    [Operation("The versions of a data set.")]
    public async Task<IResult> Versions(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/datasets/{name}/versions")] HttpRequest request, string name,
        CancellationToken cancellationToken) => ApiJson.Ok(new { versions = (await FindAsync(name, cancellationToken)).Versions });

    [Function("GetDatasetVersion")]
    [Operation("A data set version with its parts, and its columns with what was assumed of them.")]
    public async Task<IResult> GetVersion(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/datasets/{name}/versions/{version}")] HttpRequest request, string name,
        string version, CancellationToken cancellationToken)
    {
        await FindAsync(name, cancellationToken);
        var found = await catalog.Datasets.GetVersionAsync(name, version, cancellationToken) ?? throw ApiException.NotFound(
            "data set version", $"{name}/{version}");
        // Whatever was masked since it was stored is masked from then on.
        return ApiJson.Ok(found with { Columns = DatasetColumns.Withhold(found.Columns, await masks.OfAsync(name, cancellationToken)) });
    }

    /// <summary>
    /// A blob that lands becomes a version of the data set (appended), and every champion bound to the data set is evaluated on it. Runs at least once for
    /// each content: version and jobs are keyed by the content, so a second run finds them there.
    /// </summary>
    [Function("DatasetInbox")]
    public async Task Inbox(
        [BlobTrigger("inbox/datasets/{name}/{file}", Source = BlobTriggerSource.EventGrid)] Stream content, string name, string file,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        if (!ResourceName.IsValid(name))
        {
            logger.LogWarning("A blob was left in the inbox: its folder is not a valid data set name.");
            return;
        }

        DatasetUpload upload;
        try
        {
            await using var arriving = content;
            await using var landed = await TakeAsync(arriving, cancellationToken);
            await using var bytes = landed.OpenRead();
            upload = await datasets.AddAsync(name, bytes, file.Replace('/', '_'), DatasetMode.Append, null, DatasetColumns.Declared([]), cancellationToken);
        }
        catch (TrainingDataException e)
        {
            // Trying again cannot help: the reason is kept where the uploader looks for it.
            logger.LogWarning("Blob {File} for data set {Dataset} was refused: {Reason}", file, name, e.Message);
            await catalog.Documents.UpdateAsync<InboxRefusal>(
                $"inbox/{name}/{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(file)))[..16]}.refused.json", _ => new InboxRefusal(name, file, e.Path, e.Detail), cancellationToken);
            return;
        }

        await evaluation.StartAsync(client, name, upload.Version, cancellationToken);
    }

    private static string NameOf(ReadOnlySpan<byte> content) =>
        ImageArchive.IsZip(content) ? "upload.zip"
        : CocoDocument.Begins(content) ? "upload.coco.json"
        : DataFrame.MediaType(content) switch { "application/x-ndjson" => "upload.ndjson", "application/gzip" => "upload.gz", _ => "upload.csv" };

    // Nobody waits for an answer here: what is too large is refused as any other table that is.
    private static async Task<UploadedFile> TakeAsync(Stream content, CancellationToken cancellationToken)
    {
        var limit = new TableReadOptions().MaxBytes;
        try
        {
            return await UploadedFile.ReadAsync(content, 0, limit, cancellationToken);
        }
        catch (ApiException e) when (e.Status == 413)
        {
            throw new TrainingDataException("data", $"the file holds more than {limit} bytes");
        }
    }

    private async Task<Dataset> FindAsync(string name, CancellationToken cancellationToken) =>
        (ResourceName.IsValid(name) ? await catalog.Datasets.GetAsync(name, cancellationToken) : null) ?? throw ApiException.NotFound("data set", name);
}

/// <summary>Why a blob of the inbox was not taken in.</summary>
internal sealed record InboxRefusal(string Dataset, string File, string Path, string Message);
