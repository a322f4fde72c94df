using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Evaluation;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Metrics;
using Iml4e.Assessment.Pipelines;
using Iml4e.Assessment.Training;
using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Datasets;
using Iml4e.Functions.Experiments;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.Models;
using Iml4e.Functions.Monitoring;
using Iml4e.Functions.Pipelines;
using Iml4e.Functions.Retraining.External;
using Iml4e.Functions.Serving;
using Iml4e.Functions.Telemetry;
using Iml4e.Inference;

namespace Iml4e.Functions.Retraining;

/// <summary>The activities of a retraining. Each may run twice: versions, artefacts and audit entries are keyed by the run.</summary>
internal sealed class RetrainActivities(
    CatalogStore catalog,
    PipelineStore pipelines,
    DatasetService datasets,
    TriggerService triggers,
    PromotionService promotion,
    ModelMonitor monitor,
    ExperimentService experiments,
    ModelSessions sessions,
    ModelVetting vetting,
    SessionSettings settings,
    JobKinds kinds,
    AppMetrics metrics,
    TimeProvider time)
{
    [Function(nameof(PrepareRetraining))]
    public async Task<RetrainPlan> PrepareRetraining([ActivityTrigger] RetrainRequest request, CancellationToken cancellationToken)
    {
        var pipeline = await FindAsync(request.Pipeline, cancellationToken);
        var dataset = await catalog.Datasets.GetAsync(pipeline.Data.Dataset, cancellationToken)
            ?? throw new JobInputException("data.dataset", $"there is no data set '{pipeline.Data.Dataset}' yet");
        // A second run of this step must freeze the same version: what the first one wrote down counts.
        var earlier = await catalog.Runs.GetAsync(request.RunId, cancellationToken);
        var version = earlier?.Inputs.FirstOrDefault(i => i.Role == "datasetVersion")?.Name
            ?? dataset.Versions.LastOrDefault()?.Version
            ?? throw new JobInputException("data.dataset", $"data set '{pipeline.Data.Dataset}' has no version yet");
        var model = await catalog.Models.GetAsync(pipeline.Name, cancellationToken);
        var champion = model?.Aliases.GetValueOrDefault("champion");
        var definition = JsonSerializer.SerializeToUtf8Bytes(pipeline, DocumentJson.Options);
        var snapshot = await catalog.Artefacts.PutAsync(definition, "application/json", cancellationToken);
        await catalog.Runs.SaveAsync(
            new RunRecord
            {
                RunId = request.RunId,
                Kind = "retrain",
                Pipeline = pipeline.Name,
                Model = pipeline.Name,
                Status = RunStatus.Running,
                StartedAt = earlier?.StartedAt ?? time.GetUtcNow(),
                Reason = $"{request.Reason.ToString().ToLowerInvariant()}: {request.Evidence}",
                Parameters = JsonNode.Parse(definition)!.AsObject(),
                Inputs =
                [
                    new RunArtefact("pipeline", snapshot.Digest, pipeline.Name),
                    new RunArtefact("datasetVersion", "", version),
                ],
            },
            cancellationToken);
        await triggers.TrainedAsync(pipeline.Name, version, cancellationToken);
        await AuditAsync(request, "RetrainStarted", new JsonObject
        {
            ["reason"] = request.Reason.ToString().ToLowerInvariant(),
            ["evidence"] = request.Evidence,
            ["datasetVersion"] = version,
            ["champion"] = champion,
            ["coalesced"] = request.Coalesced,
        }, cancellationToken);

        var training = JsonSerializer.SerializeToNode(TrainRequest.For(pipeline, version), DocumentJson.Options);
        var train = pipeline.Train.IsExternal ? JsonSerializer.SerializeToElement(training) : kinds.Get("train").Normalise(training);
        var artefact = await catalog.Artefacts.PutAsync(
            JsonSerializer.SerializeToUtf8Bytes(train, DocumentJson.Options), "application/json", cancellationToken);
        return new RetrainPlan
        {
            RunId = request.RunId,
            DatasetVersion = version,
            Champion = champion,
            TrainJob = new JobStart(request.RunId + ".train", "train", artefact.Digest, pipeline.Name),
            Gates = pipeline.Gates.Count,
            External = pipeline.Train.IsExternal
                ? new ExternalStart
                {
                    RunId = request.RunId, Pipeline = pipeline.Name, DatasetVersion = version, Heartbeat = pipeline.Train.Heartbeat, Timeout = pipeline.Train.Timeout,
                }
                : null,
        };
    }

    [Function(nameof(PassOfflineGate))]
    public async Task<GateResult> PassOfflineGate([ActivityTrigger] GateRequest gate, CancellationToken cancellationToken)
    {
        var pipeline = await FindAsync(gate.Request.Pipeline, cancellationToken);
        var output = gate.Training.Output!.Value.Deserialize<TrainOutput>(DocumentJson.Options)!;
        var version = (await catalog.Datasets.GetVersionAsync(pipeline.Data.Dataset, gate.Plan.DatasetVersion, cancellationToken))!;
        var frame = await datasets.ReadAsync(version, cancellationToken);
        var rows = JsonSerializer.Deserialize<int[]>(await catalog.Artefacts.ReadAsync(output.HoldoutDigest, cancellationToken))!;

        // Both on the same fresh rows: the champion's figures of the day that it was trained say nothing about today.
        IReadOnlyDictionary<string, double?> challenger;
        using (var session = ModelSession.Load(await catalog.Artefacts.ReadAsync(output.ModelDigest, cancellationToken), settings))
            challenger = ModelEvaluation.Evaluate(session, frame, pipeline.Data.Label, pipeline.Task, rows, pipeline.Data.Time, cancellationToken).Metrics;
        IReadOnlyDictionary<string, double?>? champion = null;
        if (gate.Plan.Champion is { } current)
        {
            var details = (await catalog.Models.GetVersionAsync(pipeline.Name, current, cancellationToken))!;
            using var lease = await sessions.GetAsync(details, cancellationToken);
            champion = ModelEvaluation.Evaluate(lease.Session, frame, pipeline.Data.Label, pipeline.Task, rows, pipeline.Data.Time, cancellationToken).Metrics;
        }

        var (accepted, explanation) = champion is null
            ? (true, "there is no champion to compare with")
            : Judge(PipelineValidator.AcceptOf(pipeline), challenger, champion);
        await AuditAsync(gate.Request, "OfflineGate", new JsonObject
        {
            ["accepted"] = accepted,
            ["explanation"] = explanation,
            ["rows"] = rows.Length,
            ["challenger"] = JsonSerializer.SerializeToNode(challenger),
            ["champion"] = JsonSerializer.SerializeToNode(champion),
            ["championVersion"] = gate.Plan.Champion,
        }, cancellationToken);
        return new GateResult(accepted, explanation, challenger, champion, rows.Length);
    }

    [Function(nameof(RegisterChallenger))]
    public async Task<Registered> RegisterChallenger([ActivityTrigger] RegisterRequest register, CancellationToken cancellationToken)
    {
        var (request, plan) = (register.Request, register.Plan);
        var pipeline = await FindAsync(request.Pipeline, cancellationToken);
        var output = register.Training.Output!.Value.Deserialize<TrainOutput>(DocumentJson.Options)!;
        var bytes = await catalog.Artefacts.ReadAsync(output.ModelDigest, cancellationToken);
        ModelMetadata metadata;
        using (var session = ModelSession.Load(bytes, settings))
            metadata = session.Metadata;
        var version = await catalog.Models.RegisterAsync(
            new ModelRegistration
            {
                Model = pipeline.Name,
                Key = request.RunId,
                Digest = output.ModelDigest,
                Size = bytes.Length,
                Task = pipeline.Task.ToString().ToLowerInvariant(),
                Inputs = metadata.Inputs,
                Outputs = metadata.Outputs,
                RunId = request.RunId,
                ProbedWith = plan.External is null ? null : vetting.Mark,
                DatasetVersion = $"{pipeline.Data.Dataset}/{plan.DatasetVersion}",
                Metrics = JobActivities.Known(register.Gate.Challenger),
                Tags = pipeline.Tags,
                Properties = new Dictionary<string, string>
                {
                    [DriftMonitor.RowsProperty] = output.WindowUsed.ToString(System.Globalization.CultureInfo.InvariantCulture),
                },
            },
            cancellationToken);
        await AuditAsync(request, "ModelRegistered", new JsonObject
        {
            ["version"] = version.Version, ["digest"] = version.Digest, ["datasetVersion"] = plan.DatasetVersion,
        }, cancellationToken);

        var current = (await catalog.Models.GetAsync(pipeline.Name, cancellationToken))!.Aliases.GetValueOrDefault("champion");
        if (current is null || current == version.Version)
        {
            await promotion.PromoteAsync(pipeline.Name, version.Version, "pipeline", "first version", $"{request.RunId}:first", cancellationToken);
            await AuditAsync(request, "Promoted", new JsonObject { ["version"] = version.Version, ["reason"] = "first version" }, cancellationToken);
            return new Registered(version.Version, null);
        }

        return await StartOfAsync(pipeline, request, version.Version, current, cancellationToken);
    }

    /// <summary>Whether the experiment that a challenger waits for has ended; then the challenger stands against whoever is champion now.</summary>
    [Function(nameof(TakeTurn))]
    public async Task<Registered> TakeTurn([ActivityTrigger] NextChallenger next, CancellationToken cancellationToken)
    {
        var pipeline = await FindAsync(next.Request.Pipeline, cancellationToken);
        var champion = (await catalog.Models.GetAsync(pipeline.Name, cancellationToken))!.Aliases.GetValueOrDefault("champion")!;
        return await StartOfAsync(pipeline, next.Request, next.Registered.Version, champion, cancellationToken);
    }

    /// <summary>A challenger gives way to a newer one.</summary>
    [Function(nameof(ArchiveChallenger))]
    public Task ArchiveChallenger([ActivityTrigger] NextChallenger next, CancellationToken cancellationToken) =>
        AuditAsync(
            next.Request, "Superseded", new JsonObject { ["version"] = next.Registered.Version, ["waitedFor"] = next.Registered.WaitsFor }, cancellationToken);

    [Function(nameof(EndRetraining))]
    public async Task EndRetraining([ActivityTrigger] RetrainEnd end, CancellationToken cancellationToken)
    {
        var (request, outcome) = (end.Request, end.Outcome);
        var failed = outcome.Result == "Failed";
        // A retraining that failed in its first step has no record yet.
        if (await catalog.Runs.GetAsync(request.RunId, cancellationToken) is null)
        {
            await catalog.Runs.SaveAsync(
                new RunRecord
                {
                    RunId = request.RunId,
                    Kind = "retrain",
                    Pipeline = request.Pipeline,
                    Model = request.Pipeline,
                    Status = RunStatus.Running,
                    StartedAt = request.At,
                    Reason = $"{request.Reason.ToString().ToLowerInvariant()}: {request.Evidence}",
                },
                cancellationToken);
        }

        // Known until the triggers are told of the end, below; a second run of this step finds what the first one wrote.
        var merged = (await triggers.GetAsync(request.Pipeline, cancellationToken)).Running is { } known && known.TriggerId == request.TriggerId ? known : null;
        await catalog.Runs.UpdateAsync(
            request.RunId,
            run => run with
            {
                Coalesced = merged?.Coalesced ?? run.Coalesced,
                Evidence = merged?.Evidence ?? run.Evidence,
                Status = failed ? RunStatus.Failed : RunStatus.Completed,
                EndedAt = run.EndedAt ?? time.GetUtcNow(),
                Error = failed ? outcome.Reason : null,
                Result = outcome.Result,
                Outputs = outcome.Version is null
                    ? run.Outputs
                    : [.. run.Outputs.Union([new RunArtefact("modelVersion", "", $"{request.Pipeline}/{outcome.Version}")])],
            },
            cancellationToken);
        await AuditAsync(request, "RetrainEnded", new JsonObject
        {
            ["result"] = outcome.Result, ["reason"] = outcome.Reason, ["version"] = outcome.Version, ["experiment"] = outcome.Experiment,
        }, cancellationToken);
        await triggers.EndedAsync(request.Pipeline, outcome.Result, request.TriggerId, cancellationToken);
        metrics.Trigger(request.Pipeline, request.Reason.ToString().ToLowerInvariant(), outcome.Result);
    }

    private async Task<Registered> StartOfAsync(
        PipelineDefinition pipeline, RetrainRequest request, string version, string champion, CancellationToken cancellationToken)
    {
        var start = new ExperimentStart
        {
            ExperimentId = ExperimentService.IdOf(pipeline.Name, version),
            Model = pipeline.Name,
            Champion = champion,
            Challenger = version,
            RunId = request.RunId,
            Configuration = pipeline.Experiment,
            Caps = await monitor.CapsAsync(pipeline.Name, champion, pipeline.Experiment.Primary, cancellationToken),
        };
        return new Registered(version, start, await ActiveAsync(pipeline.Name, start.ExperimentId, cancellationToken));
    }

    /// <summary>Another experiment of the model that runs; null when none does. One that nobody has looked at for long has died without an end.</summary>
    private async Task<string?> ActiveAsync(string model, string own, CancellationToken cancellationToken)
    {
        foreach (var other in await experiments.ListAsync(model, cancellationToken))
        {
            var interval = other.Start.Configuration.EvaluationInterval;
            var lastLook = other.Look?.Now ?? other.CreatedAt;
            if (!other.State.IsFinal && other.Start.ExperimentId != own && time.GetUtcNow() - lastLook < (3 * interval) + TimeSpan.FromMinutes(30))
                return other.Start.ExperimentId;
        }

        return null;
    }

    private static (bool Accepted, string Explanation) Judge(
        string accept, IReadOnlyDictionary<string, double?> challenger, IReadOnlyDictionary<string, double?> champion)
    {
        var verdict = GateJobRequest.Judge(accept, challenger, champion);
        return (verdict.Accepted, verdict.Explanation);
    }

    private Task AuditAsync(RetrainRequest request, string name, JsonObject fields, CancellationToken cancellationToken)
    {
        fields["runId"] = request.RunId;
        return catalog.Audit.AppendAsync(request.Pipeline, "pipeline", name, fields, $"{request.RunId}:{name}", cancellationToken);
    }

    private async Task<PipelineDefinition> FindAsync(string name, CancellationToken cancellationToken) =>
        await pipelines.FindAsync(name, cancellationToken) ?? throw new JobInputException("pipeline", $"pipeline '{name}' was removed");
}
