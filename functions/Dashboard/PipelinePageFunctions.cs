using System.Text.Json.Nodes;
using Iml4e.Catalog;
using Iml4e.Functions.Audit;
using Iml4e.Functions.Experiments;
using Iml4e.Functions.Http;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.OpenApi;
using Iml4e.Functions.Pipelines;
using Iml4e.Functions.Retraining;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Dashboard;

/// <summary>The page of a pipeline, and what it shows beyond the pipeline's status, its audit log and the looks of its experiments.</summary>
internal sealed class PipelinePageFunctions(
    CatalogStore catalog, PipelineStore pipelines, ExperimentService experiments, AuditReadings audit, DashboardFiles files)
{
    private const int MaxRuns = 100;
    private const int UsualRuns = 20;

    [Function("PipelinePage")]
    [Operation("The page of a pipeline.")]
    public IResult Page([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "pipelines/{name}")] HttpRequest request, string name) =>
        files.Get(request, "pipeline.html");

    [Function("GetPipelineOverview")]
    [Operation(
        "A pipeline at a glance: champion, experiment with its limits, plan and traffic, and what can be done now.",
        Query = ["experiment: this experiment instead of the newest"], Headers = ["If-None-Match: 304 when nothing has changed"])]
    public async Task<IResult> Overview(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/pipelines/{name}/overview")] HttpRequest request, string name,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var pipeline = await pipelines.GetAsync(name, cancellationToken);
        var model = await catalog.Models.GetAsync(name, cancellationToken);
        var newest = await experiments.NewestAsync(name, cancellationToken);
        var shown = newest;
        if (request.Query["experiment"].ToString() is { Length: > 0 } id)
        {
            shown = await experiments.FindAsync(id, cancellationToken);
            if (shown?.Start.Model != name)
                throw ApiException.NotFound("experiment", id.Length > 100 ? id[..100] : id);
        }

        var retrain = await client.GetInstanceAsync(TriggerService.InstanceId(name), getInputsAndOutputs: false, cancellationToken);
        var champion = model?.Alias("champion");
        return new TaggedJson(new
        {
            pipeline = new
            {
                pipeline.Name,
                project = pipeline.Project ?? pipeline.Name,
                pipeline.Tags,
                pipeline.Task,
                pipeline.Data.Dataset,
                pipeline.Train.Trainer,
                accept = pipeline.Evaluate.Accept,
                monitor = new { pipeline.Monitor.High, pipeline.Monitor.Low, pipeline.Monitor.Window },
            },
            model = model is null ? null : new { champion, previous = model.Alias("previous"), versions = model.Versions.Count },
            state = newest is { State.IsFinal: false } ? newest.State.Phase.ToString() : champion is null ? "NoVersion" : "Serving",
            newest = newest?.Start.ExperimentId,
            experiment = shown is null ? null : PipelineOverview.Describe(shown),
            actions = PipelineOverview.Actions(name, model, newest, retrain is { IsCompleted: false }),
        });
    }

    [Function("ListPipelineTriggers")]
    [Operation(
        "Triggers of a pipeline that fired, newest first: when, on what evidence, and what came of each; from its audit log.",
        Query = ["before: next of the answer before", "limit: how many, 1 to 100; 20 when not given"], Headers = ["If-None-Match: 304 when nothing has changed"])]
    public async Task<IResult> Triggers(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/pipelines/{name}/triggers")] HttpRequest request, string name,
        CancellationToken cancellationToken)
    {
        await pipelines.GetAsync(name, cancellationToken);
        var limit = (int)QueryNumber.Read(request, "limit", UsualRuns, 1, MaxRuns);
        var before = QueryNumber.Read(request, "before", long.MaxValue, 1, long.MaxValue);
        // A firing has two or three entries as a rule.
        var page = await audit.BeforeAsync(name, before, 4 * limit, TriggerFiring.Tells, looks: false, cancellationToken);
        var all = TriggerFiring.Of(page.Entries);
        var shown = all.Take(limit).ToList();
        var firings = new List<TriggerFiring>();
        foreach (var firing in shown)
            firings.Add(await WithRunAsync(name, firing, cancellationToken));
        return new TaggedJson(new { firings, next = all.Count > limit ? shown[^1].Seq : page.Next });
    }

    [Function("ListPipelineRuns")]
    [Operation(
        "Retrainings of a pipeline, newest first, with where their training, report, experiment and orchestrations are.",
        Query = ["after: next of the answer before", "limit: how many, 1 to 100; 20 when not given"], Headers = ["If-None-Match: 304 when nothing has changed"])]
    public async Task<IResult> Runs(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/pipelines/{name}/runs")] HttpRequest request, string name,
        CancellationToken cancellationToken)
    {
        var pipeline = await pipelines.GetAsync(name, cancellationToken);
        var limit = (int)QueryNumber.Read(request, "limit", UsualRuns, 1, MaxRuns);
        var after = request.Query["after"].ToString() is { Length: > 0 } token ? token : null;
        var page = await catalog.Runs.ListAsync(new RunFilter { Kind = "retrain", Pipeline = pipeline.Name }, limit, after, cancellationToken);
        var gates = await audit.LookAsync(name, v => v.Decisions.Where(IsGate).ToLookup(e => Text(e, "runId")), cancellationToken);
        var described = new List<object>();
        foreach (var run in page.Runs)
            described.Add(await DescribeAsync(run, gates[run.RunId], cancellationToken));
        return new TaggedJson(new { runs = described, page.Next });
    }

    private static bool IsGate(AuditEntry entry) => entry.Event.EndsWith("Gate", StringComparison.Ordinal);

    private static string? Text(AuditEntry entry, string field) => entry.Fields[field] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private async Task<TriggerFiring> WithRunAsync(string pipeline, TriggerFiring firing, CancellationToken cancellationToken)
    {
        var runId = TriggerFiring.RunIdOf(pipeline, firing.Trigger);
        return await catalog.Runs.GetAsync(runId, cancellationToken) is { } run
            ? firing with { RunId = runId, Steps = [.. firing.Steps, new TriggerStep("Retraining", null, run.Result ?? run.Status.ToString())] }
            : firing;
    }

    private async Task<object> DescribeAsync(RunRecord run, IEnumerable<AuditEntry> gates, CancellationToken cancellationToken)
    {
        var jobId = run.RunId + ".train";
        var job = await catalog.Runs.GetAsync(jobId, cancellationToken);
        var version = run.Outputs.FirstOrDefault(o => o.Role == "modelVersion")?.Name is { } made ? made[(made.LastIndexOf('/') + 1)..] : null;
        var experiment = version is null ? null : await experiments.FindAsync(ExperimentService.IdOf(run.Pipeline!, version), cancellationToken);
        // The name of a first version's experiment is that of none.
        var took = experiment?.Start.RunId == run.RunId ? experiment : null;
        return new
        {
            run.RunId,
            run.Status,
            run.StartedAt,
            run.EndedAt,
            run.Reason,
            run.Result,
            run.Error,
            datasetVersion = run.Inputs.FirstOrDefault(i => i.Role == "datasetVersion")?.Name,
            version,
            gates = gates.Select(g => new
            {
                name = g.Event == "OfflineGate" ? null : Text(g, "job") ?? g.Event,
                accepted = g.Fields["accepted"],
                explanation = Text(g, "explanation"),
                challenger = g.Fields["challenger"] ?? g.Fields["metrics"],
                champion = g.Fields["champion"],
            }),
            training = job is null ? null : new
            {
                id = jobId,
                job.Status,
                job.StartedAt,
                job.EndedAt,
                job.Metrics,
                job.Error,
                report = job.Outputs.Any(o => o.Role == "report") ? $"/api/jobs/{jobId}/report.html" : null,
                instanceId = JobService.InstanceId(jobId),
            },
            experiment = took is null ? null : new { id = took.Start.ExperimentId, state = took.State.Phase, took.State.Reason, instanceId = ExperimentService.InstanceId(took.Start.ExperimentId) },
            instanceId = TriggerService.InstanceId(run.Pipeline!),
        };
    }
}
