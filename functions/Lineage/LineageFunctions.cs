using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Maintenance;
using Iml4e.Functions.Pipelines;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Lineage;

/// <summary>Explains a prediction afterwards: what was asked and answered, by which model, made by which run, from which data, for which project.</summary>
internal sealed class LineageFunctions(CatalogStore catalog, PipelineStore pipelines, CatalogInspection inspection)
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

    [Function("VerifyLineage")]
    [Operation(
        "Walks the catalogue and checks every digest, reference, order and hash chain; tells each fault with its path, the first 1000 of them.",
        Query = ["scope: what to walk, one or several of artefacts, models, datasets, runs, documents, audit, predictions; all by default"])]
    public async Task<IResult> Verify(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/lineage/verify")] HttpRequest request, CancellationToken cancellationToken)
    {
        var scope = VerificationScope.None;
        foreach (var name in request.Query["scope"].SelectMany(v => (v ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            if (!VerificationScopes.TryParse(name, out var part))
                throw ApiException.Invalid("scope", $"must be of {string.Join(", ", VerificationScopes.Names)}");
            scope |= part;
        }

        return ApiJson.Ok(await inspection.VerifyAsync(scope == VerificationScope.None ? VerificationScope.All : scope, cancellationToken));
    }

    private async Task<DatasetVersion?> DatasetAsync(ModelVersion? version, CancellationToken cancellationToken)
    {
        if (version?.DatasetVersion?.Split('/') is not [var dataset, var number])
            return null;
        return await catalog.Datasets.GetVersionAsync(dataset, number, cancellationToken);
    }
}
