using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Jobs;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Validation;

/// <summary>Takes predictions in, and validates them.</summary>
internal sealed class PredictionUploads(CatalogStore catalog, JobService jobs, IOptions<AppOptions> options, TimeProvider time)
{
    private const int Looked = 1 << 16;

    /// <summary>Puts predictions beside a data set.</summary>
    /// <exception cref="ApiException">There is no such data set, or the file is no list.</exception>
    public async Task<StoredPredictions> PutAsync(
        string dataset, string name, UploadedFile file, string actor, CancellationToken cancellationToken)
    {
        ResourceName.Check(name);
        if (!ResourceName.IsValid(dataset) || await catalog.Datasets.GetAsync(dataset, cancellationToken) is null)
            throw ApiException.NotFound("data set", dataset);
        // Read as a whole by the job, which tells each wrong record.
        if (file.Bytes.Span.IndexOfAnyExcept(" \t\r\n"u8) is var start && (start < 0 || file.Bytes.Span[start] != '['))
        {
            throw ApiException.Invalid(
                "body", "predictions are a JSON list of objects with image_id, category_id, score, and bbox or keypoints (COCO's result format)");
        }

        await using var content = file.OpenRead();
        var artefact = await catalog.Artefacts.PutAsync(content, "application/json", cancellationToken);
        var stored = await catalog.Documents.UpdateAsync<StoredPredictions>(
            StoredPredictions.PathOf(dataset, name),
            old => old?.Digest == artefact.Digest ? old : new StoredPredictions
            {
                Dataset = dataset, Name = name, Digest = artefact.Digest, Size = artefact.Size, ChangedAt = time.GetUtcNow(), ChangedBy = actor,
            },
            cancellationToken);
        return stored!.Value;
    }

    /// <summary>
    /// Starts the validation of predictions: of poses where they have keypoints, else of boxes. The same predictions on the same data start one job.
    /// </summary>
    public async Task<JobStart> ValidateAsync(
        DurableTaskClient client, StoredPredictions predictions, ReadOnlyMemory<byte> start, CancellationToken cancellationToken)
    {
        var version = (await catalog.Datasets.GetAsync(predictions.Dataset, cancellationToken))?.Versions.LastOrDefault()?.Version;
        var kind = HasKeypoints(start.Span) ? "pose-validate" : "detection-validate";
        var request = new JsonObject { ["dataset"] = predictions.Dataset, ["predictions"] = predictions.Digest };
        if (version is not null)
            request["datasetVersion"] = version;
        if (options.Value is { MlflowUrl.Length: > 0, MlflowExperiment.Length: > 0 } settings)
            request["mlflow"] = new JsonObject { ["experiment"] = settings.MlflowExperiment, ["runName"] = predictions.Name };
        var key = SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}|{predictions.Dataset}|{version}|{predictions.Digest}"));
        return await jobs.StartAsync(client, kind, request, $"{kind}-{Convert.ToHexStringLower(key)[..32]}", null, cancellationToken);
    }

    // Whether the first record has keypoints; what is not JSON is found out by the job.
    private static bool HasKeypoints(ReadOnlySpan<byte> file)
    {
        var reader = new Utf8JsonReader(file[..Math.Min(file.Length, Looked)], isFinalBlock: false, state: default);
        try
        {
            while (reader.Read() && !(reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == 1))
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 2 && reader.ValueTextEquals("keypoints"u8))
                    return true;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter of a name that is no text.
            return false;
        }

        return false;
    }
}
