using System.Text.Json.Nodes;
using Iml4e.Catalog;
using Iml4e.Functions.Pipelines;

namespace Iml4e.Functions.Jobs;

/// <summary>Starts an <c>evaluate</c> job for every champion that a pipeline binds to a data set.</summary>
internal sealed class ChampionEvaluation(CatalogStore catalog, PipelineStore pipelines, JobService jobs)
{
    /// <summary>Starts the jobs for a data set version; a second call finds them there.</summary>
    public async Task<IReadOnlyList<string>> StartAsync(
        DurableTaskClient client, string dataset, DatasetVersion version, CancellationToken cancellationToken)
    {
        var started = new List<string>();
        foreach (var pipeline in await pipelines.BoundToAsync(dataset, cancellationToken))
        {
            var model = await catalog.Models.GetAsync(pipeline.Name, cancellationToken);
            if (model?.Aliases.GetValueOrDefault("champion") is not { } champion)
                continue;
            var request = new JsonObject
            {
                ["model"] = pipeline.Name,
                ["version"] = champion,
                ["dataset"] = dataset,
                ["datasetVersion"] = version.Version,
                ["label"] = pipeline.Data.Label,
                ["time"] = pipeline.Data.Time,
                ["task"] = pipeline.Task.ToString().ToLowerInvariant(),
                ["newestPart"] = true,
            };
            var id = $"evaluate-{pipeline.Name}-{champion}-{dataset}-{version.Version}";
            await jobs.StartAsync(client, "evaluate", request, id, pipeline.Name, cancellationToken);
            started.Add(id);
        }

        return started;
    }
}
