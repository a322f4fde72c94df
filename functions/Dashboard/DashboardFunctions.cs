using System.Text.Json.Nodes;
using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;
using Iml4e.Functions.Experiments;
using Iml4e.Functions.Http;
using Iml4e.Functions.Monitoring;
using Iml4e.Functions.Pipelines;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Dashboard;

/// <summary>The page at the root, and the two snapshots that it polls.</summary>
internal sealed class DashboardFunctions(
    CatalogStore catalog, PipelineStore pipelines, ExperimentService experiments, ModelMonitor monitor, DashboardFiles files)
{
    private const int MaxModels = 50;

    [Function("Dashboard")]
    [Operation("The dashboard.")]
    public IResult Page([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "/")] HttpRequest request) => files.Get(request, "index.html");

    [Function("DashboardFile")]
    [Operation("A file of the dashboard.")]
    public IResult File([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "ui/{*path}")] HttpRequest request, string? path) => files.Get(request, path ?? "");

    [Function("Overview")]
    [Operation("Snapshot of all models for the dashboard.")]
    public async Task<IResult> Overview(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/overview")] HttpRequest request, [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken)
    {
        var models = new List<object>();
        foreach (var model in (await catalog.Models.ListAsync(cancellationToken)).Take(MaxModels))
            models.Add(await DescribeAsync(model, cancellationToken));
        var runs = new List<object>();
        var query = new OrchestrationQuery { Statuses = [OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Pending], PageSize = 50 };
        await foreach (var instance in client.GetAllInstancesAsync(query).WithCancellation(cancellationToken))
        {
            runs.Add(new
            {
                id = instance.InstanceId, name = instance.Name, status = instance.RuntimeStatus, since = instance.CreatedAt,
                detail = instance.SerializedCustomStatus,
            });
            if (runs.Count >= 50)
                break;
        }

        return ApiJson.Ok(new { version = AppVersion.Text, models, runs });
    }

    [Function("Events")]
    [Operation("Newest audit entries of all models.", Query = ["after: token of the answer before"])]
    public async Task<IResult> Events(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/events")] HttpRequest request, CancellationToken cancellationToken)
    {
        var after = request.Query["after"].ToString() is { Length: > 0 } token ? token : null;
        var page = await catalog.Audit.ReadRecentAsync(after, 200, cancellationToken);
        return ApiJson.Ok(new
        {
            events = page.Events.Select(e => new { e.At, e.Model, e.Seq, e.Event, e.Actor, detail = Brief(e) }),
            next = page.Next,
        });
    }

    // A look carries everything that a replay needs; a list of events needs where it stands.
    private static JsonObject Brief(AuditEntry entry)
    {
        var brief = new JsonObject();
        foreach (var (name, value) in entry.Fields)
        {
            if (value is JsonValue)
                brief[name] = value.DeepClone();
        }

        return brief;
    }

    private async Task<object> DescribeAsync(Model model, CancellationToken cancellationToken)
    {
        var series = await monitor.SeriesAsync(model.Name, cancellationToken);
        var pipeline = await pipelines.FindAsync(model.Name, cancellationToken);
        var champion = model.Aliases.GetValueOrDefault("champion");
        var version = champion is null ? null : await catalog.Models.GetVersionAsync(model.Name, champion, cancellationToken);
        var newest = pipeline is null ? null : await experiments.NewestAsync(model.Name, cancellationToken);
        var running = newest is { State.IsFinal: false } ? newest : null;
        var routing = running is null ? null : ExperimentDecider.Routing(running.Start.Configuration, running.State);
        // After the promotion the new version is the champion, and a small slice is held back on the one before it.
        var promoted = routing?.Promoted == true;
        var share = routing is null ? 0 : promoted ? routing.HoldbackShare : routing.ChallengerShare;
        return new
        {
            name = model.Name,
            pipeline = pipeline is not null,
            champion,
            challenger = promoted ? null : running?.Start.Challenger,
            heldBack = promoted && share > 0 ? running!.Start.Champion : null,
            experiment = newest?.Start.ExperimentId,
            split = new { champion = 1 - share, challenger = share, shadow = routing?.Shadow ?? false },
            state = running?.State.Phase.ToString() ?? (champion is null ? "No version" : "Serving"),
            versions = model.Versions.Count,
            error = new
            {
                metric = pipeline?.Experiment.Primary.Name ?? "loss",
                points = series.Points.Select(p => new[] { p.At.ToUnixTimeMilliseconds(), p.Loss }),
                recent = series.Recent,
                outcomes = series.Outcomes,
                reference = pipeline is null || version is null ? null : ModelMonitor.ReferenceLoss(pipeline.Task, version),
            },
        };
    }
}
