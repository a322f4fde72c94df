using System.Text.Json;
using Iml4e.Assessment.Pipelines;
using Iml4e.Assessment.Validation;
using Iml4e.Catalog;

namespace Iml4e.Functions.Retraining;

/// <summary>The document of a pipeline as it was when a run began.</summary>
internal static class FrozenPipeline
{
    /// <summary>Reads it.</summary>
    public static async Task<PipelineDefinition> ReadAsync(CatalogStore catalog, string runId, CancellationToken cancellationToken)
    {
        var run = await catalog.Runs.GetAsync(runId, cancellationToken) ?? throw new InvalidOperationException($"The record of run {runId} is missing.");
        var snapshot = run.Inputs.First(i => i.Role == "pipeline");
        return JsonSerializer.Deserialize<PipelineDefinition>(await catalog.Artefacts.ReadAsync(snapshot.Digest, cancellationToken), DocumentJson.Options)!;
    }
}
