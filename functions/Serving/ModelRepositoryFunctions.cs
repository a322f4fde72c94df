using System.Buffers;
using System.Text.Json;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Models;
using Iml4e.Functions.OpenApi;
using Iml4e.Inference;
using Iml4e.Inference.OpenInference;
using Iml4e.Inference.Statistics;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Serving;

/// <summary>
/// The extensions model_repository and statistics of the Open Inference Protocol. What load and unload say is kept with the model, so that every process
/// follows it; sessions and statistics are those of this process.
/// </summary>
internal sealed class ModelRepositoryFunctions(
    CatalogStore catalog, RoutingTable routing, ModelSessions sessions, ServedVersions versions, ModelServing serving, ServingErrors errors)
{
    [Function("OipRepositoryIndex")]
    [Operation("All versions of all models and whether they are served.", BodyMediaType = "application/json")]
    public Task<IResult> Index(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v2/repository/index")] HttpRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(async () =>
        {
            var parameters = await RepositoryRequest.ReadAsync(request, cancellationToken);
            var index = new List<object>();
            var documents = new Dictionary<string, ServingDocument>(StringComparer.Ordinal);
            await foreach (var document in catalog.Documents.ReadAllAsync<ServingDocument>("serving/", cancellationToken))
                documents[document.Value.Model] = document.Value;
            foreach (var model in await catalog.Models.ListAsync(cancellationToken))
            {
                foreach (var version in model.Versions)
                {
                    var (state, reason) = StateOf(version, documents.GetValueOrDefault(model.Name));
                    if (!parameters.ReadyOnly || state == "READY")
                        index.Add(new { name = model.Name, version = version.Version, state, reason });
                }
            }

            return ApiJson.Ok(index);
        });

    [Function("OipRepositoryLoad")]
    [Operation(
        "Loads a model, anew if it is loaded: the old session serves until the new one has run once. Parameter config sets how the model is served.",
        BodyMediaType = "application/json", Headers = ["x-iml4e-actor: who is acting, for the audit log"])]
    public Task<IResult> Load(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v2/repository/models/{model}/load")] HttpRequest request, string model,
        CancellationToken cancellationToken) => AnswerAsync(async () =>
        {
            var parameters = await RepositoryRequest.ReadAsync(request, cancellationToken);
            if (parameters.HasFiles)
                throw new OpenInferenceException(501, "files are not loaded this way: register the ONNX file with PUT /api/models/{name}/versions, then load the model");
            await serving.LoadAsync(model, parameters.Version, parameters.Configuration, ModelFunctions.Actor(request), cancellationToken);
            return Results.StatusCode(200);
        });

    [Function("OipRepositoryUnload")]
    [Operation("Takes a model, or one version of it (parameter version), out of service.", BodyMediaType = "application/json", Headers = ["x-iml4e-actor: who is acting, for the audit log"])]
    public Task<IResult> Unload(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v2/repository/models/{model}/unload")] HttpRequest request, string model,
        CancellationToken cancellationToken) => AnswerAsync(async () =>
        {
            var parameters = await RepositoryRequest.ReadAsync(request, cancellationToken);
            await serving.UnloadAsync(model, parameters.Version, ModelFunctions.Actor(request), cancellationToken);
            return Results.StatusCode(200);
        });

    [Function("OipStatistics")]
    [Operation("What this process has served, by model and version.")]
    public IResult Statistics([HttpTrigger(AuthorizationLevel.Function, "get", Route = "v2/models/stats")] HttpRequest request) =>
        Told(versions.All.Select(served => (served.Key.Model, served.Key.Version, served.Value.Statistics)));

    [Function("OipModelStatistics")]
    [Operation("What this process has served of a model, by version.")]
    public Task<IResult> ModelStatistics(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v2/models/{model}/stats")] HttpRequest request, string model,
        CancellationToken cancellationToken) => StatisticsAsync(model, null, cancellationToken);

    [Function("OipModelVersionStatistics")]
    [Operation("What this process has served of a model version.")]
    public Task<IResult> ModelVersionStatistics(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v2/models/{model}/versions/{version}/stats")] HttpRequest request, string model, string version,
        CancellationToken cancellationToken) => StatisticsAsync(model, version, cancellationToken);

    private Task<IResult> StatisticsAsync(string model, string? version, CancellationToken cancellationToken) => AnswerAsync(async () =>
    {
        var snapshot = await routing.FindAsync(model, cancellationToken) ?? throw new OpenInferenceException(404, $"model '{model}' is not known");
        if (version is not null && snapshot.Model.Versions.All(v => v.Version != version))
            throw new OpenInferenceException(404, $"model '{model}' has no version '{version}'");
        return Told(snapshot.Model.Versions.Where(v => version is null || v.Version == version)
            .Select(v => (model, v.Version, versions.Statistics(model, v.Version) ?? new ModelStatistics())));
    });

    private static IResult Told(IEnumerable<(string Model, string Version, ModelStatistics Statistics)> statistics)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        StatisticsJson.Write(buffer, statistics);
        return Results.Bytes(buffer.WrittenMemory.ToArray(), "application/json");
    }

    private (string State, string Reason) StateOf(ModelVersionSummary version, ServingDocument? document)
    {
        if (document?.IsUnloaded(version.Version) == true)
            return ("UNAVAILABLE", "unloaded");
        return sessions.IsLoaded(version.Digest) switch
        {
            true => ("READY", ""),
            false => ("LOADING", "being loaded"),
            _ => ("READY", "loaded at the first request"),
        };
    }

    private async Task<IResult> AnswerAsync(Func<Task<IResult>> answer)
    {
        try
        {
            return await answer();
        }
        catch (InvalidModelException e)
        {
            return errors.Answer(new OpenInferenceException(400, "the model cannot be loaded: " + e.Message));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return errors.Answer(e);
        }
    }
}
