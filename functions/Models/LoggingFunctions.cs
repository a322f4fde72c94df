using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.OpenApi;
using Iml4e.Functions.Serving;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Models;

/// <summary>What the prediction log keeps of a model's predictions.</summary>
internal sealed class LoggingFunctions(CatalogStore catalog, LoggingPlans plans, RoutingTable routing)
{
    [Function("GetLogging")]
    [Operation("What the prediction log keeps of a model's predictions: its own policy, and what holds where that says nothing.")]
    public async Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/models/{name}/logging")] HttpRequest request, string name,
        CancellationToken cancellationToken)
    {
        var model = await FindAsync(name, cancellationToken);
        return Answer(model.Logging);
    }

    [Function("PutLogging")]
    [Operation(
        "Sets what the prediction log keeps: durable or buffered (of which a crash may lose what was answered within the newest second); inputs and outputs all, "
        + "sampled by a hash of the prediction id, or by digest; personal fields dropped or replaced by a digest, keyed ones where values are few; days kept.",
        Body = typeof(LoggingPolicy), Headers = ["x-iml4e-actor: who is acting, for the audit log"])]
    public async Task<IResult> Put(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/models/{name}/logging")] HttpRequest request, string name,
        CancellationToken cancellationToken)
    {
        var policy = await RequestBody.ReadAsync<LoggingPolicy>(request, cancellationToken);
        var model = await FindAsync(name, cancellationToken);
        var newest = await catalog.Models.GetVersionAsync(name, model.Versions[^1].Version, cancellationToken);
        var errors = new ValidationErrors();
        foreach (var (path, message) in policy.Problems(newest is { Inputs.Count: > 0 } ? [.. newest.Inputs.Select(i => i.Name)] : null, plans.HasKey))
            errors.Add(path, message);
        errors.ThrowIfAny();
        await SetAsync(request, name, policy, cancellationToken);
        return Answer(policy);
    }

    [Function("DeleteLogging")]
    [Operation("Logs a model's predictions as the app is set.", Headers = ["x-iml4e-actor: who is acting, for the audit log"], Status = 204)]
    public async Task<IResult> Delete(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "api/models/{name}/logging")] HttpRequest request, string name,
        CancellationToken cancellationToken)
    {
        await FindAsync(name, cancellationToken);
        await SetAsync(request, name, null, cancellationToken);
        return Results.NoContent();
    }

    private IResult Answer(LoggingPolicy? policy) => ApiJson.Ok(new
    {
        policy,
        defaults = new { plans.Defaults.Durability, maxElements = plans.Defaults.MaxElements, keyedDigests = plans.HasKey },
    });

    private async Task SetAsync(HttpRequest request, string name, LoggingPolicy? policy, CancellationToken cancellationToken)
    {
        if (!await catalog.Models.SetLoggingAsync(name, policy, cancellationToken))
            return;
        await catalog.Audit.AppendAsync(
            name, ModelFunctions.Actor(request), "LoggingChanged", new JsonObject { ["policy"] = JsonSerializer.SerializeToNode(policy, CatalogJson.Options) },
            null,
            cancellationToken);
        routing.Invalidate(name);
    }

    private async Task<Model> FindAsync(string name, CancellationToken cancellationToken) =>
        (ResourceName.IsValid(name) ? await catalog.Models.GetAsync(name, cancellationToken) : null) ?? throw ApiException.NotFound("model", name);
}
