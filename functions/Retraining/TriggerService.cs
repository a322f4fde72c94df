using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Pipelines;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.Monitoring;
using Iml4e.Functions.Pipelines;
using Iml4e.Functions.Telemetry;

namespace Iml4e.Functions.Retraining;

/// <summary>A pipeline whose triggers are to be looked at.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="At">Not before.</param>
internal sealed record DuePipeline(PipelineDefinition Pipeline, DateTimeOffset At);

/// <summary>What became of a request to retrain.</summary>
/// <param name="InstanceId">The orchestration.</param>
/// <param name="RunId">The run that answers the request.</param>
/// <param name="Started">Whether it was started for it.</param>
/// <param name="Coalesced">Whether the request was merged into a retraining that runs.</param>
internal sealed record Dispatched(string InstanceId, string RunId, bool Started, bool Coalesced = false);

/// <summary>
/// The triggers of all pipelines: time, new data, signals of the monitoring, pushes, and by hand (specification of the adaptive pipeline, section 4). A trigger
/// is first written down, then acted on; one retraining a pipeline at a time, what comes meanwhile is merged into it.
/// </summary>
internal sealed class TriggerService(
    CatalogStore catalog, PipelineStore pipelines, ModelMonitor monitor, DriftMonitor drift, AppMetrics metrics, DamageReport damage, TimeProvider time)
    : IDisposable
{
    private const int MaxWatched = 64;

    private readonly DocumentMirror<TriggerDocument> _states = new(catalog.Documents, TriggerDocument.Folder, damage.Found);
    private readonly ConcurrentDictionary<string, TriggerDesk> _desks = new(StringComparer.Ordinal);
    private int _nextWatched;

    /// <summary>Instance id of a pipeline's retraining, of which there is one at most.</summary>
    public static string InstanceId(string pipeline) => "retrain-" + pipeline;

    /// <summary>Notes that a data set has a new version.</summary>
    public async Task DataArrivedAsync(string dataset, DatasetVersion version, CancellationToken cancellationToken)
    {
        foreach (var pipeline in await pipelines.BoundToAsync(dataset, cancellationToken))
        {
            if (PipelineTriggers.Of(pipeline).Data is null)
                continue;
            var now = time.GetUtcNow();
            await UpdateAsync(pipeline.Name, d => TriggerRules.Arrived(d, version, now), cancellationToken);
        }
    }

    /// <summary>Notes which data set version a training saw, so that only newer rows count as new.</summary>
    public Task TrainedAsync(string pipeline, string datasetVersion, CancellationToken cancellationToken) =>
        UpdateAsync(pipeline, d => TriggerRules.Trained(d, datasetVersion), cancellationToken);

    /// <summary>Tells the triggers how a retraining ended: a failure lengthens the cool-down, a promotion re-arms.</summary>
    public Task EndedAsync(string pipeline, string result, string triggerId, CancellationToken cancellationToken) =>
        UpdateAsync(pipeline, d => TriggerRules.Ended(d, result, triggerId), cancellationToken);

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
        return await FireAsync(client, request, cancellationToken);
    }

    /// <summary>Asks for a retraining because of a push; the same push asks once.</summary>
    public Task<Dispatched> PushedAsync(
        DurableTaskClient client, PipelineDefinition pipeline, string evidence, string triggerId, CancellationToken cancellationToken) =>
        FireAsync(
            client,
            new RetrainRequest
            {
                Pipeline = pipeline.Name, Reason = RetrainTrigger.Repository, TriggerId = triggerId, Evidence = evidence, At = time.GetUtcNow(),
            },
            cancellationToken);

    /// <summary>
    /// The pipelines of which <see cref="TickAsync"/> may have something to do, in the order of their times: a schedule falls due before <paramref name="until"/>,
    /// or is new; data or requests wait; signals are watched. Of very many with watched signals, which cost readings of their logs, some at a time, in turn.
    /// </summary>
    public async Task<IReadOnlyList<DuePipeline>> DueAsync(
        IReadOnlyList<PipelineDefinition> all, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var states = await _states.RefreshAsync(cancellationToken);
        var (due, watched) = (new List<DuePipeline>(), new List<DuePipeline>());
        foreach (var pipeline in all)
        {
            var wanted = PipelineTriggers.Of(pipeline);
            var state = states.GetValueOrDefault(TriggerDocument.PathOf(pipeline.Name))?.Value;
            if (state?.Schedule != wanted.Schedule || state is { PendingDatasetVersion: not null } or { Outbox.Count: > 0 })
                due.Add(new DuePipeline(pipeline, DateTimeOffset.MinValue));
            else if (wanted.Signals.Count > 0)
                watched.Add(new DuePipeline(pipeline, DateTimeOffset.MinValue));
            if (wanted.Schedule is not null && state?.ScheduleNext is { } at && at < until)
                due.Add(new DuePipeline(pipeline, at));
        }

        var first = watched.Count == 0 ? 0 : _nextWatched % watched.Count;
        var turn = Math.Min(MaxWatched, watched.Count);
        for (var i = 0; i < turn; i++)
            due.Add(watched[(first + i) % watched.Count]);
        _nextWatched = first + turn;
        due.Sort((a, b) => a.At.CompareTo(b.At));
        return due;
    }

    /// <summary>Looks at all triggers of a pipeline once, and starts what is due.</summary>
    /// <returns>When its schedule falls due next; null without one.</returns>
    public async Task<DateTimeOffset?> TickAsync(DurableTaskClient client, PipelineDefinition pipeline, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var wanted = PipelineTriggers.Of(pipeline);
        var known = wanted.Signals.Count == 0 ? new TriggerDocument { Pipeline = pipeline.Name } : await GetAsync(pipeline.Name, cancellationToken);
        var readings = new List<(WatchedSignal Signal, SignalReading Reading)>(wanted.Signals.Count);
        foreach (var signal in wanted.Signals)
        {
            if (await ReadAsync(pipeline, signal, known, cancellationToken) is { } reading)
                readings.Add((signal, reading));
        }

        var document = await UpdateAsync(
            pipeline.Name,
            d =>
            {
                d = TriggerRules.Tick(d, wanted.Schedule, now);
                foreach (var (signal, reading) in readings)
                    d = TriggerRules.Read(d, signal, reading, now);
                return d;
            },
            cancellationToken);
        if (document.PendingDatasetVersion is not null && wanted.Data is { } data)
            document = await TickDataAsync(client, pipeline, data, document, now, cancellationToken);
        if (document.Outbox.Count > 0)
            await DispatchAsync(client, pipeline.Name, cancellationToken);
        return document.ScheduleNext;
    }

    /// <inheritdoc/>
    public void Dispose() => _states.Dispose();

    /// <summary>The pipeline's trigger state.</summary>
    public async Task<TriggerDocument> GetAsync(string pipeline, CancellationToken cancellationToken) =>
        (await catalog.Documents.ReadAsync<TriggerDocument>(TriggerDocument.PathOf(pipeline), cancellationToken))?.Value
        ?? new TriggerDocument { Pipeline = pipeline };

    private async Task<SignalReading?> ReadAsync(
        PipelineDefinition pipeline, WatchedSignal signal, TriggerDocument known, CancellationToken cancellationToken) =>
        signal.Signal == MonitoringSignals.DriftShare
            ? await drift.ReadAsync(pipeline, signal.Window, Known(known, signal), cancellationToken)
            : await monitor.SignalAsync(pipeline, signal, cancellationToken);

    private static (string? Version, long Mark) Known(TriggerDocument known, WatchedSignal signal) =>
        known.Signals.GetValueOrDefault(signal.Signal) is { } state ? (state.Version, state.Scored) : (null, 0);

    // Of requests that come at the same moment one serves all that have come until its turn: a storm is written down in few steps.
    private async Task<Dispatched> FireAsync(DurableTaskClient client, RetrainRequest request, CancellationToken cancellationToken)
    {
        var desk = _desks.GetOrAdd(request.Pipeline, static _ => new TriggerDesk());
        var answer = desk.Ask(request);
        await desk.Gate.WaitAsync(cancellationToken);
        try
        {
            // The others must not suffer when this caller goes away.
            if (!answer.IsCompleted)
                await ServeAsync(client, request.Pipeline, desk.Take());
        }
        finally
        {
            desk.Gate.Release();
        }

        return await answer;
    }

    private async Task ServeAsync(DurableTaskClient client, string pipeline, IReadOnlyList<AskedRequest> asked)
    {
        try
        {
            await UpdateAsync(
                pipeline,
                d => d.Outbox.Count + asked.Count <= TriggerRules.MostWaiting
                    ? asked.Aggregate(d, (all, a) => TriggerRules.Fire(all, a.Request))
                    : throw new ApiException(429, "triggers.full", "Too many requests for this pipeline wait to be looked at.") { RetryAfter = 5 },
                CancellationToken.None);
            var dispatched = await DispatchAtDeskAsync(client, pipeline, CancellationToken.None);
            var started = dispatched is { Started: true } ? asked.FirstOrDefault(a => a.Request.RunId == dispatched.RunId) : null;
            foreach (var one in asked)
            {
                one.Answer.SetResult(dispatched is null
                    ? new Dispatched(InstanceId(pipeline), one.Request.RunId, Started: false)
                    : dispatched with { Started = ReferenceEquals(one, started), Coalesced = one.Request.RunId != dispatched.RunId });
            }
        }
        catch (Exception e)
        {
            // Each caller is told by its own answer.
            foreach (var one in asked)
                one.Answer.TrySetException(e);
        }
    }

    private async Task<TriggerDocument> TickDataAsync(
        DurableTaskClient client, PipelineDefinition pipeline, WatchedData limits, TriggerDocument document, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (now - document.PendingSince < limits.Debounce || now - document.DataTriggeredAt < limits.Cooldown)
            return document;
        // A retraining that runs has frozen its data already: these rows are for the next one.
        if (document.Running is not null && await client.IsAliveAsync(InstanceId(pipeline.Name), cancellationToken))
            return document;
        var pending = document.PendingDatasetVersion!;
        var rows = await NewRowsAsync(pipeline.Data.Dataset, document.TrainedDatasetVersion, pending, cancellationToken);
        if (rows < limits.MinNewRows)
            return document;
        return await UpdateAsync(
            pipeline.Name,
            d => d.PendingDatasetVersion != pending
                ? d
                : TriggerRules.Fire(
                    d with { PendingDatasetVersion = null, PendingSince = null, PendingTag = null, PendingRows = null, DataTriggeredAt = now },
                    new RetrainRequest
                    {
                        Pipeline = pipeline.Name,
                        Reason = RetrainTrigger.Data,
                        TriggerId = $"data:{pipeline.Data.Dataset}:{pending}",
                        Evidence = $"{rows} new rows in data set {pipeline.Data.Dataset} version {pending}, newest part {d.PendingTag} of {d.PendingRows} rows",
                        At = now,
                        DatasetVersion = pending,
                    }),
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

    /// <summary>Turns the waiting firings into one retraining, or merges them into the one that runs; null when nothing waited and nothing runs.</summary>
    private async Task<Dispatched?> DispatchAsync(DurableTaskClient client, string pipeline, CancellationToken cancellationToken)
    {
        var desk = _desks.GetOrAdd(pipeline, static _ => new TriggerDesk());
        await desk.Gate.WaitAsync(cancellationToken);
        try
        {
            return await DispatchAtDeskAsync(client, pipeline, cancellationToken);
        }
        finally
        {
            desk.Gate.Release();
        }
    }

    private async Task<Dispatched?> DispatchAtDeskAsync(DurableTaskClient client, string pipeline, CancellationToken cancellationToken)
    {
        var document = await GetAsync(pipeline, cancellationToken);
        var live = document.Outbox.Where(r => r.Suppressed is null).ToList();
        var silent = document.Outbox.Where(r => r.Suppressed is not null).ToList();
        foreach (var request in silent)
            await AuditAsync(request, "TriggerSuppressed", new JsonObject { ["suppressed"] = request.Suppressed }, cancellationToken);
        if (silent.Count > 0)
            await UpdateAsync(pipeline, d => TriggerRules.Without(d, silent), cancellationToken);
        if (live.Count > 0)
            return await ActAsync(client, pipeline, live, cancellationToken);
        return document.Running is { } running ? new Dispatched(InstanceId(pipeline), running.RunId, Started: false, Coalesced: true) : null;
    }

    private async Task<Dispatched?> ActAsync(DurableTaskClient client, string pipeline, List<RetrainRequest> waiting, CancellationToken cancellationToken)
    {
        var instanceId = InstanceId(pipeline);
        if (await RunningAsync(client, instanceId, cancellationToken) is { } running)
        {
            if (waiting.TrueForAll(r => r.TriggerId != running.TriggerId) && await SupersedeAsync(client, pipeline, cancellationToken))
                return null;
            return await JoinAsync(pipeline, running, waiting, cancellationToken);
        }

        // The newest stands for all: its data is the newest.
        var chosen = waiting[^1] with { Coalesced = waiting.Count - 1 };
        await AuditAsync(chosen, "TriggerReceived", [], cancellationToken);
        foreach (var request in waiting.SkipLast(1))
            await CoalesceAsync(request, chosen, cancellationToken);
        var started = await catalog.Runs.GetAsync(chosen.RunId, cancellationToken) is null
            && await client.StartSingletonAsync(nameof(RetrainOrchestrator), chosen, instanceId, cancellationToken);
        // Another process was faster: the next look finds what runs.
        if (!started && await RunningAsync(client, instanceId, cancellationToken) is { } other && other.TriggerId != chosen.TriggerId)
            return null;
        await UpdateAsync(pipeline, d => TriggerRules.Started(d, waiting), cancellationToken);
        if (started)
            metrics.Trigger(pipeline, chosen.Reason.ToString().ToLowerInvariant(), "started");
        return new Dispatched(instanceId, chosen.RunId, started);
    }

    private static async Task<RetrainRequest?> RunningAsync(DurableTaskClient client, string instanceId, CancellationToken cancellationToken) =>
        await client.IsAliveAsync(instanceId, cancellationToken)
            ? (await client.GetInstanceAsync(instanceId, getInputsAndOutputs: true, cancellationToken))?.ReadInputAs<RetrainRequest>()
            : null;

    // A challenger that only waits for its experiment gives way: what triggers now makes a newer one, as soon as the retraining of the other has ended.
    private static async Task<bool> SupersedeAsync(DurableTaskClient client, string pipeline, CancellationToken cancellationToken)
    {
        var next = NextChallengerOrchestrator.InstanceId(pipeline);
        if (!await client.IsAliveAsync(next, cancellationToken))
            return false;
        await client.RaiseEventAsync(next, NextChallengerOrchestrator.SupersedeEvent, true, cancellationToken);
        return true;
    }

    private async Task<Dispatched?> JoinAsync(string pipeline, RetrainRequest running, List<RetrainRequest> waiting, CancellationToken cancellationToken)
    {
        // Its own firing is still among them when the process ended between the start and this, or when it was asked for twice.
        var others = waiting.Where(r => r.TriggerId != running.TriggerId).ToList();
        var own = waiting.Where(r => r.TriggerId == running.TriggerId).ToList();
        foreach (var request in others)
            await CoalesceAsync(request, running, cancellationToken);
        var ended = false;
        await UpdateAsync(
            pipeline,
            d =>
            {
                ended = d.LastEnded == running.TriggerId;
                return TriggerRules.Joined(own.Count > 0 ? TriggerRules.Started(d, own) : d, running, others);
            },
            cancellationToken);
        return ended && others.Count > 0 ? null : new Dispatched(InstanceId(pipeline), running.RunId, Started: false, Coalesced: others.Count > 0);
    }

    private Task CoalesceAsync(RetrainRequest request, RetrainRequest into, CancellationToken cancellationToken) =>
        AuditAsync(request, "TriggerCoalesced", new JsonObject { ["into"] = into.TriggerId, ["runId"] = into.RunId }, cancellationToken);

    private Task AuditAsync(RetrainRequest request, string name, JsonObject fields, CancellationToken cancellationToken)
    {
        fields["trigger"] = request.TriggerId;
        fields["reason"] = request.Reason.ToString().ToLowerInvariant();
        fields["evidence"] = request.Evidence;
        var actor = request.Reason == RetrainTrigger.Manual ? "operator" : "trigger";
        return catalog.Audit.AppendAsync(request.Pipeline, actor, name, fields, $"{name}:{request.TriggerId}", cancellationToken);
    }

    private async Task<TriggerDocument> UpdateAsync(
        string pipeline, Func<TriggerDocument, TriggerDocument> change, CancellationToken cancellationToken)
    {
        var result = new TriggerDocument { Pipeline = pipeline };
        await catalog.Documents.UpdateAsync<TriggerDocument>(
            TriggerDocument.PathOf(pipeline), old => result = change(old ?? new TriggerDocument { Pipeline = pipeline }), cancellationToken);
        return result;
    }
}
