using System.Globalization;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Pipelines;
using Iml4e.Assessment.Triggers;
using Iml4e.Catalog;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.Monitoring;
using Iml4e.Functions.Pipelines;
using Iml4e.Functions.Telemetry;

namespace Iml4e.Functions.Retraining;

/// <summary>What became of a request to retrain.</summary>
internal sealed record Dispatched(string InstanceId, string RunId, bool Started);

/// <summary>
/// The triggers of all pipelines: time, new data, a fall in performance, and by hand (specification of the adaptive pipeline, section 4). A trigger is first
/// written down, then acted on; one retraining a pipeline at a time, what comes meanwhile is coalesced into one.
/// </summary>
internal sealed class TriggerService(CatalogStore catalog, PipelineStore pipelines, ModelMonitor monitor, AppMetrics metrics, TimeProvider time)
{
    private const int MaxWaiting = 200;

    /// <summary>Instance id of a pipeline's retraining, of which there is one at most.</summary>
    public static string InstanceId(string pipeline) => "retrain-" + pipeline;

    /// <summary>Notes that a data set has a new version.</summary>
    public async Task DataArrivedAsync(string dataset, DatasetVersion version, CancellationToken cancellationToken)
    {
        foreach (var pipeline in await pipelines.BoundToAsync(dataset, cancellationToken))
        {
            if (!pipeline.Train.Triggers.Contains(RetrainTrigger.Data))
                continue;
            var now = time.GetUtcNow();
            await UpdateAsync(
                pipeline.Name,
                d => d.TrainedDatasetVersion == version.Version || d.PendingDatasetVersion == version.Version
                    ? d
                    : d with { PendingDatasetVersion = version.Version, PendingSince = now },
                cancellationToken);
        }
    }

    /// <summary>Notes which data set version a training saw, so that only newer rows count as new.</summary>
    public Task TrainedAsync(string pipeline, string datasetVersion, CancellationToken cancellationToken) =>
        UpdateAsync(
            pipeline,
            d => d with
            {
                TrainedDatasetVersion = datasetVersion,
                PendingDatasetVersion = d.PendingDatasetVersion == datasetVersion ? null : d.PendingDatasetVersion,
                PendingSince = d.PendingDatasetVersion == datasetVersion ? null : d.PendingSince,
            },
            cancellationToken);

    /// <summary>Tells the performance trigger how the retraining ended: a failure lengthens the cool-down, a promotion re-arms it.</summary>
    public Task EndedAsync(string pipeline, string result, string triggerId, CancellationToken cancellationToken) =>
        UpdateAsync(
            pipeline,
            d => d.LastEnded == triggerId
                ? d
                : d with
                {
                    LastEnded = triggerId,
                    Performance = result switch
                    {
                        "Promoted" => HysteresisTrigger.Promoted(d.Performance),
                        "OfflineRejected" or "RolledBack" or "Failed" => HysteresisTrigger.RetrainingFailed(d.Performance),
                        _ => d.Performance,
                    },
                },
            cancellationToken);

    /// <summary>Asks for a retraining by hand.</summary>
    public async Task<Dispatched> RequestAsync(
        DurableTaskClient client, PipelineDefinition pipeline, string evidence, string triggerId, CancellationToken cancellationToken)
    {
        var request = new RetrainRequest
        {
            Pipeline = pipeline.Name, Reason = RetrainTrigger.Manual, TriggerId = triggerId, Evidence = evidence, At = time.GetUtcNow(),
        };
        if (await catalog.Runs.GetAsync(request.RunId, cancellationToken) is not null)
            return new Dispatched(InstanceId(pipeline.Name), request.RunId, Started: false);
        await UpdateAsync(pipeline.Name, d => d with { Outbox = Queue(d.Outbox, request) }, cancellationToken);
        return await DispatchAsync(client, pipeline.Name, cancellationToken) ?? new Dispatched(InstanceId(pipeline.Name), request.RunId, Started: false);
    }

    /// <summary>Looks at all triggers of a pipeline once, and starts what is due.</summary>
    public async Task TickAsync(DurableTaskClient client, PipelineDefinition pipeline, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var signal = pipeline.Train.Triggers.Contains(RetrainTrigger.Performance)
            ? await monitor.SignalAsync(pipeline, cancellationToken)
            : null;
        var document = await UpdateAsync(
            pipeline.Name,
            d =>
            {
                d = TickSchedule(pipeline, d, now);
                return signal is null ? d : TickPerformance(pipeline, d, signal, now);
            },
            cancellationToken);
        if (document.PendingDatasetVersion is not null)
            document = await TickDataAsync(pipeline, document, now, cancellationToken);
        if (document.Outbox.Count > 0)
            await DispatchAsync(client, pipeline.Name, cancellationToken);
    }

    /// <summary>The pipeline's trigger state.</summary>
    public async Task<TriggerDocument> GetAsync(string pipeline, CancellationToken cancellationToken) =>
        (await catalog.Documents.ReadAsync<TriggerDocument>(TriggerDocument.PathOf(pipeline), cancellationToken))?.Value
        ?? new TriggerDocument { Pipeline = pipeline };

    private static TriggerDocument TickSchedule(PipelineDefinition pipeline, TriggerDocument d, DateTimeOffset now)
    {
        var wanted = pipeline.Train.Triggers.Contains(RetrainTrigger.Schedule) ? pipeline.Train.Schedule : null;
        if (wanted is null || PipelineValidator.Schedule.TryParse(wanted) is not { } schedule)
            return d.Schedule is null ? d : d with { Schedule = null, ScheduleNext = null };
        if (d.Schedule != wanted || d.ScheduleNext is not { } due)
            return d with { Schedule = wanted, ScheduleNext = PipelineValidator.Schedule.Next(schedule, now) };
        if (now < due)
            return d;
        var request = new RetrainRequest
        {
            Pipeline = pipeline.Name,
            Reason = RetrainTrigger.Schedule,
            TriggerId = "schedule:" + due.ToString("O", CultureInfo.InvariantCulture),
            Evidence = $"schedule {wanted} was due at {due:u}",
            At = now,
        };
        return d with { ScheduleNext = PipelineValidator.Schedule.Next(schedule, now), Outbox = Queue(d.Outbox, request) };
    }

    private static TriggerDocument TickPerformance(PipelineDefinition pipeline, TriggerDocument d, PerformanceScores reading, DateTimeOffset now)
    {
        if (d.WatchedVersion != reading.Version)
            d = d with { WatchedVersion = reading.Version, ScoredOutcomes = 0, Score = null, Performance = HysteresisTrigger.Promoted(d.Performance) };
        // Outcomes are numbered from the first that the log has: once its oldest days are deleted, the numbers of a new process are smaller.
        if (reading.Scores is [.., var newest] && newest.Outcomes + pipeline.Monitor.Window < d.ScoredOutcomes)
            d = d with { ScoredOutcomes = newest.Outcomes };
        foreach (var score in reading.ScoresAfter(d.ScoredOutcomes))
        {
            var (state, outcome) = HysteresisTrigger.Score(Settings(pipeline), d.Performance, score.Value, now);
            d = d with { Performance = state, ScoredOutcomes = score.Outcomes, Score = score.Value };
            if (outcome != TriggerOutcome.Triggered)
                continue;
            var request = new RetrainRequest
            {
                Pipeline = pipeline.Name,
                Reason = RetrainTrigger.Performance,
                TriggerId = string.Create(CultureInfo.InvariantCulture, $"performance:{reading.Version}:{score.Outcomes}"),
                Evidence = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{pipeline.Monitor.Signal} {score.Value:G4} over the newest {pipeline.Monitor.Window} outcomes of version {reading.Version}, limit {pipeline.Monitor.High:G4}"),
                At = now,
            };
            d = d with { Outbox = Queue(d.Outbox, request) };
        }

        return d;
    }

    private async Task<TriggerDocument> TickDataAsync(
        PipelineDefinition pipeline, TriggerDocument document, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (now - document.PendingSince < pipeline.Train.Debounce || now - document.DataTriggeredAt < pipeline.Train.Cooldown)
            return document;
        var pending = document.PendingDatasetVersion!;
        var rows = await NewRowsAsync(pipeline.Data.Dataset, document.TrainedDatasetVersion, pending, cancellationToken);
        if (rows < pipeline.Train.MinNewRows)
            return document;
        return await UpdateAsync(
            pipeline.Name,
            d => d.PendingDatasetVersion != pending
                ? d
                : d with
                {
                    PendingDatasetVersion = null,
                    PendingSince = null,
                    DataTriggeredAt = now,
                    Outbox = Queue(
                        d.Outbox,
                        new RetrainRequest
                        {
                            Pipeline = pipeline.Name,
                            Reason = RetrainTrigger.Data,
                            TriggerId = $"data:{pipeline.Data.Dataset}:{pending}",
                            Evidence = $"{rows} new rows in data set {pipeline.Data.Dataset} version {pending}",
                            At = now,
                        }),
                },
            cancellationToken);
    }

    private async Task<long> NewRowsAsync(string dataset, string? trained, string pending, CancellationToken cancellationToken)
    {
        if (await catalog.Datasets.GetVersionAsync(dataset, pending, cancellationToken) is not { } version)
            return 0;
        var seen = trained is null ? null : await catalog.Datasets.GetVersionAsync(dataset, trained, cancellationToken);
        var digests = seen?.Parts.Select(p => p.Digest).ToHashSet(StringComparer.Ordinal) ?? [];
        return version.Parts.Where(p => !digests.Contains(p.Digest)).Sum(p => p.Rows ?? 0);
    }

    /// <summary>Turns the waiting requests into one running retraining; null when there are none or one is running.</summary>
    private async Task<Dispatched?> DispatchAsync(DurableTaskClient client, string pipeline, CancellationToken cancellationToken)
    {
        var waiting = (await GetAsync(pipeline, cancellationToken)).Outbox;
        if (waiting.Count == 0)
            return null;
        foreach (var request in waiting)
        {
            await AuditAsync(request, "TriggerReceived", new JsonObject
            {
                ["reason"] = request.Reason.ToString().ToLowerInvariant(), ["evidence"] = request.Evidence,
            }, cancellationToken);
        }

        // The newest stands for all: its data is the newest.
        var chosen = waiting[^1] with { Coalesced = waiting.Count - 1 };
        var instanceId = InstanceId(pipeline);
        var started = false;
        if (await catalog.Runs.GetAsync(chosen.RunId, cancellationToken) is null)
        {
            started = await client.StartSingletonAsync(nameof(RetrainOrchestrator), chosen, instanceId, cancellationToken);
            if (!started)
            {
                var running = (await client.GetInstanceAsync(instanceId, getInputsAndOutputs: true, cancellationToken))?.ReadInputAs<RetrainRequest>();
                if (running?.TriggerId != chosen.TriggerId)
                {
                    foreach (var request in waiting)
                        await SuppressAsync(request, "a retraining is running; it follows when that has ended", cancellationToken);
                    return null;
                }
            }
        }

        foreach (var request in waiting.Take(waiting.Count - 1))
            await SuppressAsync(request, $"one retraining answers it and {chosen.TriggerId}", cancellationToken);
        var handled = waiting.Select(r => r.TriggerId).ToHashSet(StringComparer.Ordinal);
        await UpdateAsync(pipeline, d => d with { Outbox = [.. d.Outbox.Where(r => !handled.Contains(r.TriggerId))] }, cancellationToken);
        if (started)
            metrics.Trigger(pipeline, chosen.Reason.ToString().ToLowerInvariant(), "started");
        return new Dispatched(instanceId, chosen.RunId, started);
    }

    private Task SuppressAsync(RetrainRequest request, string reason, CancellationToken cancellationToken) =>
        AuditAsync(request, "TriggerSuppressed", new JsonObject { ["reason"] = reason }, cancellationToken);

    private Task AuditAsync(RetrainRequest request, string name, JsonObject fields, CancellationToken cancellationToken)
    {
        fields["trigger"] = request.TriggerId;
        var actor = request.Reason == RetrainTrigger.Manual ? "operator" : "trigger";
        return catalog.Audit.AppendAsync(request.Pipeline, actor, name, fields, $"{name}:{request.TriggerId}", cancellationToken);
    }

    // While a retraining runs for days, triggers go on: the oldest of very many says no more than the newest.
    private static IReadOnlyList<RetrainRequest> Queue(IReadOnlyList<RetrainRequest> waiting, RetrainRequest request) =>
        waiting.Any(r => r.TriggerId == request.TriggerId) ? waiting : [.. waiting.TakeLast(MaxWaiting - 1), request];

    private static HysteresisConfiguration Settings(PipelineDefinition pipeline) => new()
    {
        High = pipeline.Monitor.High,
        Low = pipeline.Monitor.Low,
        ConsecutiveHigh = pipeline.Monitor.ConsecutiveHigh,
        ConsecutiveLow = pipeline.Monitor.ConsecutiveLow,
        Cooldown = pipeline.Monitor.Cooldown ?? pipeline.Train.Cooldown,
        MaxPerDay = pipeline.Monitor.MaxPerDay,
        FailureBackoffFactor = pipeline.Monitor.FailureBackoffFactor,
        FailureBackoffCap = pipeline.Monitor.FailureBackoffCap,
    };

    private async Task<TriggerDocument> UpdateAsync(
        string pipeline, Func<TriggerDocument, TriggerDocument> change, CancellationToken cancellationToken)
    {
        var result = new TriggerDocument { Pipeline = pipeline };
        await catalog.Documents.UpdateAsync<TriggerDocument>(
            TriggerDocument.PathOf(pipeline), old => result = change(old ?? new TriggerDocument { Pipeline = pipeline }), cancellationToken);
        return result;
    }
}
