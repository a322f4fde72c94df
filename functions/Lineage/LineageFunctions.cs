using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Pipelines;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Lineage;

/// <summary>Explains a prediction afterwards: what was asked and answered, by which model, made by which run, from which data, for which project.</summary>
internal sealed class LineageFunctions(CatalogStore catalog, PipelineStore pipelines)
{
    [Function("PredictionLineage")]
    [Operation("Explains a prediction: model, run, data, project.")]
    public async Task<IResult> Prediction(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/lineage/predictions/{id}")] HttpRequest request, string id,
        CancellationToken cancellationToken)
    {
        var records = await catalog.Predictions.FindAsync(id, cancellationToken);
        if (records.Count == 0)
            throw ApiException.NotFound("prediction", id.Length > 120 ? id[..120] : id);
        var prediction = records[0];
        var version = await catalog.Models.GetVersionAsync(prediction.Model, prediction.Version, cancellationToken);
        var run = version?.RunId is { } runId ? await catalog.Runs.GetAsync(runId, cancellationToken) : null;
        var training = run is null ? null : await catalog.Runs.GetAsync(run.RunId + ".train", cancellationToken);
        var pipeline = await pipelines.FindAsync(prediction.Model, cancellationToken);
        return ApiJson.Ok(new
        {
            prediction,
            shadow = records.Skip(1),
            model = version,
            run,
            training,
            dataset = await DatasetAsync(version, cancellationToken),
            pipeline = pipeline?.Name,
            project = pipeline?.Project ?? pipeline?.Name,
            tags = pipeline?.Tags,
        });
    }

    private async Task<DatasetVersion?> DatasetAsync(ModelVersion? version, CancellationToken cancellationToken)
    {
        if (version?.DatasetVersion?.Split('/') is not [var dataset, var number])
            return null;
        return await catalog.Datasets.GetVersionAsync(dataset, number, cancellationToken);
    }
}
