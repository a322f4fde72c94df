using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Evaluation;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Pipelines;
using Iml4e.Assessment.Training;
using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Datasets;
using Iml4e.Functions.Jobs;
using Iml4e.Inference;
using Iml4e.Learning;
using Iml4e.Reporting;

namespace Iml4e.Functions.Retraining.External;

/// <summary>The activities of an external training. Each may run twice: the document of the run says what was done.</summary>
internal sealed class ExternalTrainActivities(
    CatalogStore catalog, DatasetReader datasets, TrainerClient trainer, SessionSettings settings, TimeProvider time)
{
    /// <summary>Freezes the rows to train on, without those that judge.</summary>
    [Function(nameof(FreezeData))]
    public async Task<ExternalData> FreezeData([ActivityTrigger] ExternalStart start, CancellationToken cancellationToken)
    {
        var pipeline = await FrozenPipeline.ReadAsync(catalog, start.RunId, cancellationToken);
        var frame = await ReadFrameAsync(pipeline, start, cancellationToken);
        if (frame.RowCount < pipeline.Train.MinRows)
            throw new JobInputException("data.dataset", $"{frame.RowCount} rows are too few; {pipeline.Train.MinRows} are needed");
        var split = HoldoutSplit.Of(frame, TrainRequest.For(pipeline, start.DatasetVersion).ToOptions());
        using var csv = new MemoryStream();
        frame.Take(split.Train).WriteCsv(csv);
        return new ExternalData(
            (await catalog.Artefacts.PutAsync(csv.GetBuffer().AsMemory(0, (int)csv.Length), "text/csv", cancellationToken)).Digest,
            await PutAsync(split.Train, cancellationToken), await PutAsync(split.Holdout, cancellationToken), split.Train.Length);
    }

    /// <summary>Begins an attempt and calls the trainer.</summary>
    [Function(nameof(CallTrainer))]
    public async Task<ExternalStanding> CallTrainer([ActivityTrigger] ExternalAttempt attempt, CancellationToken cancellationToken)
    {
        var start = attempt.Start;
        var pipeline = await FrozenPipeline.ReadAsync(catalog, start.RunId, cancellationToken);
        var document = await UpdateAsync(
            start.RunId,
            old => old is not null && old.Attempt >= start.Attempt
                ? old
                : new TrainingDocument { RunId = start.RunId, Pipeline = start.Pipeline, Attempt = start.Attempt, Data = start.Data!, LastSeen = attempt.At },
            cancellationToken);
        if (document.State != TrainingState.Waiting)
            return StandingOf(document);
        var failure = await trainer.CallAsync(pipeline, start, start.CalledAt!.Value + start.Timeout, cancellationToken);
        await AuditAsync(start, "TrainerCalled", new JsonObject { ["url"] = pipeline.Train.Url, ["failure"] = failure }, cancellationToken);
        return failure is null ? StandingOf(document) : await EndAttempt(attempt with { Failure = failure }, cancellationToken);
    }

    /// <summary>Where the attempt stands.</summary>
    [Function(nameof(LookAtTraining))]
    public async Task<ExternalStanding> LookAtTraining([ActivityTrigger] ExternalAttempt attempt, CancellationToken cancellationToken) =>
        StandingOf((await catalog.Documents.ReadAsync<TrainingDocument>(TrainingDocument.PathOf(attempt.Start.RunId), cancellationToken))!.Value);

    /// <summary>Ends the attempt, unless its model has come at the last moment: from now on nothing of it is taken.</summary>
    [Function(nameof(EndAttempt))]
    public async Task<ExternalStanding> EndAttempt([ActivityTrigger] ExternalAttempt attempt, CancellationToken cancellationToken)
    {
        var document = await UpdateAsync(
            attempt.Start.RunId,
            old => old is null || old.Attempt != attempt.Start.Attempt || old.State != TrainingState.Waiting
                ? old!
                : old with { State = TrainingState.Failed, Reason = attempt.Failure },
            cancellationToken);
        if (document.State == TrainingState.Failed)
            await AuditAsync(attempt.Start, "TrainerFailed", new JsonObject { ["reason"] = document.Reason }, cancellationToken);
        return StandingOf(document);
    }

    /// <summary>Holds the model against the trainer's predictions, measures it on the hold-out, and gives what a training of ours would give.</summary>
    [Function(nameof(TakeModel))]
    public async Task<JobSummary> TakeModel([ActivityTrigger] ExternalStart start, CancellationToken cancellationToken)
    {
        var pipeline = await FrozenPipeline.ReadAsync(catalog, start.RunId, cancellationToken);
        var document = (await catalog.Documents.ReadAsync<TrainingDocument>(TrainingDocument.PathOf(start.RunId), cancellationToken))!.Value;
        var frame = await ReadFrameAsync(pipeline, start, cancellationToken);
        var (train, holdout) = (await RowsAsync(document.Data.TrainRows, cancellationToken), await RowsAsync(document.Data.HoldoutRows, cancellationToken));
        using var session = ModelSession.Load(await catalog.Artefacts.ReadAsync(document.ModelDigest!, cancellationToken), settings);
        ParityReport? parity = null;
        if (document.PredictionsDigest is { } digest)
        {
            var predictions =
                JsonSerializer.Deserialize<TrainerPredictions>(await catalog.Artefacts.ReadAsync(digest, cancellationToken), DocumentJson.Options)!;
            parity = ExternalModelCheck.Parity(session, frame, pipeline.Data.Label, pipeline.Data.Time, train, predictions, cancellationToken);
            if (!parity.Ok)
            {
                throw new JobInputException("train", string.Create(
                    CultureInfo.InvariantCulture,
                    $"the delivered model differs from the trainer's own predictions by {parity.MaxRelativeError:G3} on {parity.Rows} rows; at most {parity.Tolerance:G3} is allowed"));
            }
        }

        var evaluation = ModelEvaluation.Evaluate(session, frame, pipeline.Data.Label, pipeline.Task, holdout, pipeline.Data.Time, cancellationToken);
        var run = (await catalog.Runs.GetAsync(start.RunId, cancellationToken))!;
        var report = ExternalModelCheck.Report(
            pipeline.Name, $"{pipeline.Data.Dataset}/{start.DatasetVersion}", document.ModelDigest!, evaluation, train.Length, parity, run.StartedAt);
        var stored = await catalog.Artefacts.PutAsync(ReportJson.Write(report), "application/json", cancellationToken);
        await catalog.Runs.UpdateAsync(
            start.RunId,
            r => r with { Outputs = [.. r.Outputs.Union([new RunArtefact("model", document.ModelDigest!), new RunArtefact("report", stored.Digest)])] },
            cancellationToken);
        return new JobSummary
        {
            JobId = start.RunId,
            Kind = "train",
            Metrics = evaluation.Metrics,
            Output = JsonSerializer.SerializeToElement(
                new TrainOutput { ModelDigest = document.ModelDigest!, HoldoutDigest = document.Data.HoldoutRows, WindowUsed = train.Length + holdout.Length },
                DocumentJson.Options),
            ReportDigest = stored.Digest,
        };
    }

    private static ExternalStanding StandingOf(TrainingDocument document) => new(document.State, document.LastSeen, document.Reason);

    private async Task<DataFrame> ReadFrameAsync(PipelineDefinition pipeline, ExternalStart start, CancellationToken cancellationToken) =>
        await datasets.ReadAsync((await catalog.Datasets.GetVersionAsync(pipeline.Data.Dataset, start.DatasetVersion, cancellationToken))!, cancellationToken);

    private async Task<string> PutAsync(int[] rows, CancellationToken cancellationToken) =>
        (await catalog.Artefacts.PutAsync(JsonSerializer.SerializeToUtf8Bytes(rows), "application/json", cancellationToken)).Digest;

    private async Task<int[]> RowsAsync(string digest, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize<int[]>(await catalog.Artefacts.ReadAsync(digest, cancellationToken))!;

    private Task AuditAsync(ExternalStart start, string name, JsonObject fields, CancellationToken cancellationToken)
    {
        fields["runId"] = start.RunId;
        fields["attempt"] = start.Attempt;
        fields["seenAt"] = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
        return catalog.Audit.AppendAsync(start.Pipeline, "pipeline", name, fields, $"{start.RunId}:{name}:{start.Attempt}", cancellationToken);
    }

    private async Task<TrainingDocument> UpdateAsync(string runId, Func<TrainingDocument?, TrainingDocument> change, CancellationToken cancellationToken) =>
        (await catalog.Documents.UpdateAsync<TrainingDocument>(TrainingDocument.PathOf(runId), change, cancellationToken))!.Value;
}
