using Iml4e.Assessment.Pipelines;
using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Experiments;
using Iml4e.Functions.Http;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.Models;
using Iml4e.Functions.Monitoring;
using Iml4e.Functions.Retraining;
using Iml4e.Functions.Retraining.External;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Pipelines;

/// <summary>Pipelines over HTTP: the document, a run now, the state of the loop.</summary>
internal sealed class PipelineFunctions(
    CatalogStore catalog, PipelineStore pipelines, TriggerService triggers, ExperimentService experiments, JobKinds kinds, TrainingLinks links, TimeProvider time)
{
    [Function("PutPipeline")]
    [Operation("Creates or changes a pipeline; JSON or YAML.", Body = typeof(PipelineDefinition), BodyMediaType = "application/yaml", Headers = ["x-iml4e-actor: who is acting"])]
    public async Task<IResult> Put(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/pipelines/{name}")] HttpRequest request, string name,
        CancellationToken cancellationToken)
    {
        ResourceName.Check(name);
        var pipeline = await RequestBody.ReadAsync<PipelineDefinition>(request, cancellationToken);
        var errors = new ValidationErrors();
        errors.Require(pipeline.Name == name, "name", $"must be '{name}', as in the address");
        if (!ResourceName.IsValid(pipeline.Data.Dataset))
            errors.Add("data.dataset", "must be a data set name: small letters, digits, dashes and underscores");
        PipelineValidator.Check(pipeline, errors, kinds.All);
        if (pipeline.Train.IsExternal)
        {
            errors.Require(links.Missing is null, "train.trainer", $"external trainers are off: {links.Missing}");
            errors.Require(links.IsAllowed(pipeline.Train.Url), "train.url", "its origin is not among those of the setting Iml4e__ExternalTrainers");
        }

        errors.Require(
            OutcomeLoss.Names.Contains(pipeline.Experiment.Primary?.Name ?? ""), "experiment.primary.name", $"must be one of {string.Join(", ", OutcomeLoss.Names)}");
        errors.ThrowIfAny();
        var created = await pipelines.PutAsync(pipeline, ModelFunctions.Actor(request), cancellationToken);
        return created ? ApiJson.Created($"/api/pipelines/{name}", pipeline) : ApiJson.Ok(pipeline);
    }

    [Function("GetPipelineSchema")]
    [Operation("The JSON Schema of the pipeline document, for editors.")]
    public IResult Schema([HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/pipelines/schema.json")] HttpRequest request) =>
        Results.Text(PipelineSchema.Build(kinds.All).ToJsonString(), "application/schema+json");

    [Function("ListPipelines")]
    [Operation("All pipelines.")]
    public async Task<IResult> List(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/pipelines")] HttpRequest request, CancellationToken cancellationToken) =>
        ApiJson.Ok(new { pipelines = await pipelines.ListAsync(cancellationToken) });

    [Function("GetPipeline")]
    [Operation("A pipeline.")]
    public async Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/pipelines/{name}")] HttpRequest request, string name,
        CancellationToken cancellationToken) => ApiJson.Ok(await pipelines.GetAsync(name, cancellationToken));

    [Function("DeletePipeline")]
    [Operation("Removes a pipeline; its model stays.", Status = 204)]
    public async Task<IResult> Delete(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "api/pipelines/{name}")] HttpRequest request, string name,
        CancellationToken cancellationToken) =>
        await pipelines.DeleteAsync(name, cancellationToken) ? Results.NoContent() : throw ApiException.NotFound("pipeline", name);

    [Function("RunPipeline")]
    [Operation("Retrains now.", Body = typeof(RunRequest), Headers = ["Idempotency-Key: the same key never starts two runs"], Status = 202)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/pipelines/{name}/runs")] HttpRequest request, string name,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadOrDefaultAsync<RunRequest>(request, cancellationToken);
        var pipeline = await pipelines.GetAsync(name, cancellationToken);
        var key = request.Headers["Idempotency-Key"].ToString() is { Length: > 0 } given ? given : Guid.NewGuid().ToString("N");
        if (key.Length > 200 || key.Any(char.IsControl))
            throw ApiException.Invalid("Idempotency-Key", "must have 1 to 200 characters, none of them a control character");
        var actor = ModelFunctions.Actor(request);
        var dispatched = await triggers.RequestAsync(
            client, pipeline, $"asked for by {actor}{(body.Reason is null ? "" : ": " + body.Reason)}", $"manual:{key}", cancellationToken);
        return ApiJson.Accepted(
            $"/api/pipelines/{name}/status",
            new { instanceId = dispatched.InstanceId, runId = dispatched.RunId, started = dispatched.Started, coalesced = dispatched.Coalesced, statusUrl = $"/api/pipelines/{name}/status" });
    }

    [Function("GetPipelineStatus")]
    [Operation("Where the loop of a pipeline stands.")]
    public async Task<IResult> Status(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/pipelines/{name}/status")] HttpRequest request, string name,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var pipeline = await pipelines.GetAsync(name, cancellationToken);
        // The triggers before the instance: a request leaves the queue when its retraining has started, and must be seen in one place at least.
        var state = await triggers.GetAsync(name, cancellationToken);
        var instance = await client.GetInstanceAsync(TriggerService.InstanceId(name), getInputsAndOutputs: true, cancellationToken);
        var model = await catalog.Models.GetAsync(name, cancellationToken);
        var running = await experiments.NewestAsync(name, cancellationToken) is { State.IsFinal: false } newest ? newest : null;
        var runs = await catalog.Runs.ListAsync(new RunFilter { Kind = "retrain", Pipeline = name }, 20, null, cancellationToken);
        var training = pipeline.Train.IsExternal && state.Running is { } current
            ? (await catalog.Documents.ReadAsync<TrainingDocument>(TrainingDocument.PathOf(current.RunId), cancellationToken))?.Value
            : null;
        return ApiJson.Ok(new
        {
            pipeline = name,
            model = model is null ? null : new { model.Name, model.Aliases, versions = model.Versions.Count },
            champion = model?.Aliases.GetValueOrDefault("champion"),
            retrain = instance is null ? null : new
            {
                state = instance.RuntimeStatus,
                instanceId = instance.InstanceId,
                step = instance.SerializedCustomStatus is null ? null : instance.ReadCustomStatusAs<string>(),
                reason = instance.ReadInputAs<RetrainRequest>()?.Reason,
                outcome = instance.RuntimeStatus == OrchestrationRuntimeStatus.Completed ? instance.ReadOutputAs<RetrainOutcome>() : null,
                since = instance.CreatedAt,
                coalesced = state.Running?.Coalesced,
                evidence = state.Running?.Evidence,
                training = training is null ? null : new { training.Attempt, training.State, training.Progress, training.Message, training.LastSeen },
            },
            next = state.Outbox.Count == 0 ? null : new { state.Outbox[^1].Reason, state.Outbox[^1].Evidence, state.Outbox[^1].At, coalesced = state.Outbox.Count - 1 },
            experiment = running is null ? null : ExperimentFunctions.Describe(running, withLooks: false),
            triggers = Triggers(pipeline, state, time.GetUtcNow()),
            lastRuns = runs.Runs,
        });
    }

    private static object[] Triggers(PipelineDefinition pipeline, TriggerDocument state, DateTimeOffset now)
    {
        var wanted = PipelineTriggers.Of(pipeline);
        var list = new List<object>();
        if (wanted.Schedule is not null)
            list.Add(new { kind = RetrainTrigger.Schedule, expression = wanted.Schedule, next = state.ScheduleNext });
        if (wanted.Data is not null)
        {
            list.Add(new
            {
                kind = RetrainTrigger.Data, trained = state.TrainedDatasetVersion, pending = state.PendingDatasetVersion, tag = state.PendingTag,
                rows = state.PendingRows, due = state.PendingSince + wanted.Data.Debounce, last = state.DataTriggeredAt,
            });
        }

        foreach (var signal in wanted.Signals)
        {
            var known = state.Signals.GetValueOrDefault(signal.Signal) ?? new SignalState();
            list.Add(signal.Signal == MonitoringSignals.DriftShare
                ? new { kind = RetrainTrigger.Drift, signal = signal.Signal, score = known.Score, evidence = known.Evidence, version = known.Version, state = known.Trigger, now }
                : new
                {
                    kind = RetrainTrigger.Performance, signal = signal.Signal, score = known.Score, version = known.Version, outcomes = known.Scored, state = known.Trigger, now,
                });
        }

        if (wanted.Repository is { } repository)
            list.Add(new { kind = RetrainTrigger.Repository, repository.Branch, repository.Paths });
        return [.. list];
    }
}

/// <summary>Body of a run by hand.</summary>
internal sealed record RunRequest
{
    /// <summary>Why.</summary>
    public string? Reason { get; init; }
}
