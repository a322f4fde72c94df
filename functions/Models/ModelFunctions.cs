using System.Text.Json.Nodes;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Serving;
using Iml4e.Inference;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Models;

/// <summary>Register, list and look up models; promote and roll back by hand.</summary>
internal sealed class ModelFunctions(CatalogStore catalog, PromotionService promotion, RoutingTable routing, ModelVetting vetting, IOptions<AppOptions> options)
{
    private static readonly string[] Tasks = ["classification", "regression", "detection", "pose", "anomaly"];

    [Function("RegisterModelVersion")]
    [Operation(
        "Registers an ONNX file as a new version.",
        BodyMediaType = "application/octet-stream",
        Query =
        [
            "task: classification, regression, detection, pose or anomaly", "alias: champion or none; by default the first version becomes champion",
            "key: the same key gives the same version",
            "dataset: name/version of the data set that it was trained on; for its lineage, and so that its masks count for what is told of the data",
        ],
        Headers = ["x-iml4e-actor: who is acting, for the audit log"],
        Status = 201)]
    public async Task<IResult> Register(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/models/{name}/versions")] HttpRequest request, string name,
        CancellationToken cancellationToken)
    {
        ResourceName.Check(name);
        var task = request.Query["task"].ToString() is { Length: > 0 } given ? given : null;
        if (task is not null && !Tasks.Contains(task))
            throw ApiException.Invalid("task", $"must be one of {string.Join(", ", Tasks)}");
        var alias = request.Query["alias"].ToString();
        if (alias is not ("" or "champion" or "none"))
            throw ApiException.Invalid("alias", "must be champion or none");
        var dataset = await TrainedOnAsync(request.Query["dataset"].ToString(), cancellationToken);
        vetting.Prepare();
        await using var file = await UploadedFile.ReadAsync(request, options.Value.MaxModelBytes, cancellationToken);
        if (file.IsEmpty)
            throw ApiException.Invalid("body", "the body is empty; the bytes of an ONNX file are expected");

        var metadata = await vetting.CheckAsync(file.Bytes, cancellationToken);
        await using var content = file.OpenRead();
        var artefact = await catalog.Artefacts.PutAsync(content, "application/onnx", cancellationToken);
        var key = request.Query["key"].ToString() is { Length: > 0 } k ? k : artefact.Digest;
        var version = await catalog.Models.RegisterAsync(
            new ModelRegistration
            {
                Model = name,
                Key = key,
                Digest = artefact.Digest,
                Size = file.Bytes.Length,
                Task = task,
                DatasetVersion = dataset,
                Inputs = metadata.Inputs,
                Outputs = metadata.Outputs,
                Properties = metadata.Properties,
                ProbedWith = vetting.Mark,
            },
            cancellationToken);
        await catalog.Audit.AppendAsync(
            name, Actor(request), "ModelRegistered", new JsonObject { ["version"] = version.Version, ["digest"] = version.Digest },
            $"registered:{version.Version}", cancellationToken);

        var model = await catalog.Models.GetAsync(name, cancellationToken);
        if (alias == "champion" || (alias.Length == 0 && model!.Aliases.GetValueOrDefault("champion") is null))
            await promotion.PromoteAsync(name, version.Version, Actor(request), "registered", $"promote:{version.Version}:{key}", cancellationToken);
        routing.Invalidate(name);
        return ApiJson.Created(
            $"/api/models/{name}/versions/{version.Version}",
            new { model = name, version.Version, version.Digest, inputs = version.Inputs.Select(Describe), outputs = version.Outputs.Select(Describe) });
    }

    [Function("ListModels")]
    [Operation("All models.")]
    public async Task<IResult> List(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/models")] HttpRequest request, CancellationToken cancellationToken)
    {
        var models = await catalog.Models.ListAsync(cancellationToken);
        return ApiJson.Ok(new { models = models.Select(m => new { m.Name, m.Task, m.Tags, m.Aliases, versions = m.Versions.Count }) });
    }

    [Function("GetModel")]
    [Operation("A model with its versions and aliases.")]
    public async Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/models/{name}")] HttpRequest request, string name, CancellationToken cancellationToken) =>
        ApiJson.Ok(await FindAsync(name, cancellationToken));

    [Function("ListModelVersions")]
    [Operation("The versions of a model.")]
    public async Task<IResult> Versions(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/models/{name}/versions")] HttpRequest request, string name,
        CancellationToken cancellationToken) => ApiJson.Ok(new { versions = (await FindAsync(name, cancellationToken)).Versions });

    [Function("GetModelVersion")]
    [Operation("A version in full.")]
    public async Task<IResult> GetVersion(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/models/{name}/versions/{version}")] HttpRequest request, string name, string version,
        CancellationToken cancellationToken)
    {
        var model = await FindAsync(name, cancellationToken);
        if (model.Versions.All(v => v.Version != version))
            throw ApiException.NotFound("model version", $"{name}/{version}");
        return ApiJson.Ok((await catalog.Models.GetVersionAsync(name, version, cancellationToken))!);
    }

    [Function("PromoteModel")]
    [Operation("Makes a version the champion by hand.", Body = typeof(PromoteRequest), Headers = ["x-iml4e-actor: who is acting, for the audit log"])]
    public async Task<IResult> Promote(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/models/{name}/promote")] HttpRequest request, string name,
        CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync<PromoteRequest>(request, cancellationToken);
        var model = await FindAsync(name, cancellationToken);
        if (model.Versions.All(v => v.Version != body.Version))
            throw ApiException.Invalid("version", $"model '{name}' has no version '{body.Version}'");
        var change = await promotion.PromoteAsync(name, body.Version, Actor(request), body.Reason ?? "by hand", null, cancellationToken);
        return ApiJson.Ok(change);
    }

    [Function("RollbackModel")]
    [Operation("Goes back to the previous champion by hand.", Body = typeof(RollbackRequest), Headers = ["x-iml4e-actor: who is acting, for the audit log"])]
    public async Task<IResult> Rollback(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/models/{name}/rollback")] HttpRequest request, string name,
        CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadOrDefaultAsync<RollbackRequest>(request, cancellationToken);
        await FindAsync(name, cancellationToken);
        return ApiJson.Ok(await promotion.RollbackAsync(name, Actor(request), body.Reason ?? "by hand", cancellationToken));
    }

    private async Task<string?> TrainedOnAsync(string dataset, CancellationToken cancellationToken)
    {
        if (dataset.Length == 0)
            return null;
        return dataset.Split('/') is [var name, var version] && ResourceName.IsValid(name)
            && await catalog.Datasets.GetVersionAsync(name, version, cancellationToken) is { } found
                ? $"{name}/{found.Version}"
                : throw ApiException.Invalid("dataset", "must be the name and the version of a data set that is there, such as meters/3");
    }

    private static object Describe(TensorMetadata tensor) => new { tensor.Name, tensor.Datatype, tensor.Shape };

    /// <summary>Who is acting, as the caller says; recorded, not trusted.</summary>
    internal static string Actor(HttpRequest request)
    {
        var actor = request.Headers["x-iml4e-actor"].ToString();
        return actor.Length is 0 or > 128 || actor.Any(char.IsControl) ? "api" : actor;
    }

    private async Task<Model> FindAsync(string name, CancellationToken cancellationToken) =>
        (ResourceName.IsValid(name) ? await catalog.Models.GetAsync(name, cancellationToken) : null) ?? throw ApiException.NotFound("model", name);
}

/// <summary>Body of a promotion by hand.</summary>
internal sealed record PromoteRequest
{
    /// <summary>Version to promote.</summary>
    public required string Version { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }
}

/// <summary>Body of a rollback by hand.</summary>
internal sealed record RollbackRequest
{
    /// <summary>Why.</summary>
    public string? Reason { get; init; }
}
