using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Http;

namespace Iml4e.Functions.Jobs;

/// <summary>Starts jobs, exactly one for an id.</summary>
internal sealed class JobService(CatalogStore catalog, JobKinds kinds)
{
    /// <summary>Instance id of a job's orchestration.</summary>
    public static string InstanceId(string jobId) => "job-" + jobId;

    /// <summary>Validates a request and starts its job; a job of the same id and request that is there already counts as started.</summary>
    public async Task<JobStart> StartAsync(
        DurableTaskClient client, string kind, JsonNode? request, string jobId, string? pipeline, CancellationToken cancellationToken)
    {
        if (jobId.Length is 0 or > 100 || !jobId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw ApiException.Invalid("id", "must be 1 to 100 letters, digits, dots, dashes or underscores");
        var normal = kinds.Get(kind).Normalise(request);
        var artefact = await catalog.Artefacts.PutAsync(
            JsonSerializer.SerializeToUtf8Bytes(normal, DocumentJson.Options), "application/json", cancellationToken);
        var start = new JobStart(jobId, kind, artefact.Digest, pipeline);
        if (!await client.StartOnceAsync(nameof(JobOrchestrator), start, InstanceId(jobId), cancellationToken))
        {
            var there = await client.GetInstanceAsync(InstanceId(jobId), getInputsAndOutputs: true, cancellationToken);
            if (there?.ReadInputAs<JobStart>() is { } other && (other.Kind != kind || other.RequestDigest != start.RequestDigest))
                throw new ApiException(409, "job.conflict", $"A job with the id '{jobId}' and another request is there already.");
        }

        return start;
    }
}
