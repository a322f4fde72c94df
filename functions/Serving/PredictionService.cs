using System.Diagnostics;
using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;
using Iml4e.Functions.Telemetry;
using Iml4e.Inference;
using Iml4e.Inference.OpenInference;
using Microsoft.Extensions.Logging;

namespace Iml4e.Functions.Serving;

/// <summary>
/// One prediction from route to log: which version serves this unit, its session, the run, the prediction record. The answer is given only when the record
/// is stored (unless the model or the app is set to buffered logging).
/// </summary>
internal sealed class PredictionService(
    CatalogStore catalog,
    RoutingTable routing,
    ModelSessions sessions,
    ServedVersions versions,
    ShadowScorer shadow,
    AppMetrics metrics,
    LoggingPlans logging,
    TimeProvider time,
    ILogger<PredictionService> logger)
{
    /// <summary>Predicts.</summary>
    /// <exception cref="OpenInferenceException">The request cannot be served as asked.</exception>
    /// <exception cref="OverloadedException">Too many requests wait for the model.</exception>
    /// <exception cref="OperationCanceledException">The deadline has passed, or the caller has gone away.</exception>
    public async ValueTask<PredictionAnswer> PredictAsync(PredictionCall call)
    {
        var cancellationToken = call.Deadline.Token;
        var snapshot = await routing.FindAsync(call.Model, cancellationToken) ?? throw Unknown(call.Model, null);
        var at = time.GetUtcNow();
        var id = catalog.Predictions.NewId(call.Model, at);
        var (chosen, variant, unit) = Route(snapshot, call, id);
        var details = await FindVersionAsync(snapshot, chosen, cancellationToken);
        var plan = logging.For(snapshot.Model);
        var started = Stopwatch.GetTimestamp();
        SessionLease lease;
        try
        {
            if (snapshot.IsUnloaded(chosen))
                throw new OpenInferenceException(503, $"version '{chosen}' of model '{call.Model}' is unloaded");
            lease = await sessions.GetAsync(details, cancellationToken);
        }
        catch (Exception e) when (IsOnTrial(variant))
        {
            await FailAsync(e, Record(id, at, details, snapshot, variant, unit, started, "error", null), new PredictionContent(plan, null, null), call.Deadline);
            if (!MayRetry(variant, call))
                throw;
            return await PredictAsync(call with { Version = snapshot.Traffic!.ControlVersion });
        }

        using var held = lease;
        var served = versions.Of(details, lease.Session.Metadata, snapshot);
        try
        {
            var reading = time.GetTimestamp();
            var request = Read(call, lease.Session.Metadata);
            cancellationToken = call.Deadline.Token;
            var deserialised = time.GetElapsedTime(reading);
            served.Statistics.Read(deserialised);
            ServedRun run;
            started = Stopwatch.GetTimestamp();
            try
            {
                run = await served.RunAsync(lease.Session, request, id, call.Deadline);
            }
            catch (Exception e) when (IsOnTrial(variant))
            {
                await FailAsync(
                    e, Record(id, at, details, snapshot, variant, unit, started, "error", null), new PredictionContent(plan, request.Inputs, null), call.Deadline);
                if (!MayRetry(variant, call))
                    throw;
                return await PredictAsync(call with { Version = snapshot.Traffic!.ControlVersion });
            }

            var outputs = run.Run.Value;
            try
            {
                var record = Record(id, at, details, snapshot, variant, unit, started, "ok", outputs);
                metrics.Prediction(call.Model, chosen, variant.ToWire(), record.LatencyMs);
                metrics.Run(call.Model, run.Run.Waited, run.Run.BatchSize, run.CachedFrom is not null);
                await catalog.Predictions.AppendAsync(record, new PredictionContent(plan, request.Inputs, outputs), ct: cancellationToken);
                if (snapshot.Traffic is { Shadow: true } traffic && call.Version is null)
                    shadow.Enqueue(new ShadowRequest(record, traffic.ChallengerVersion, request.Copy(), plan));
                var whole = call.Deadline.Elapsed;
                served.Statistics.Answered(at, whole, run.Run.Waited);
                metrics.Answered(call.Model, whole);
                return new PredictionAnswer(id, call.Model, chosen, variant, request, outputs, served.Statistics)
                {
                    RoutingVersion = snapshot.RoutingVersion, CachedFrom = run.CachedFrom, Deserialised = deserialised, Waited = run.Run.Waited, Computed = run.Run.Ran,
                };
            }
            catch
            {
                outputs.Dispose();
                throw;
            }
        }
        catch
        {
            served.Statistics.Failed(call.Deadline.Elapsed);
            throw;
        }
    }

    /// <summary>Runs the requested outputs of a session, all when none are named.</summary>
    internal static IReadOnlyList<Tensor> Run(ModelSession session, InferenceRequest request, CancellationToken cancellationToken) =>
        session.Run(request.Inputs, request.OutputNames, cancellationToken);

    private static bool IsOnTrial(PredictionVariant variant) => variant is PredictionVariant.Challenger or PredictionVariant.Control;

    // A challenger that fails must not hurt its users: the champion answers, once, while there is time.
    private static bool MayRetry(PredictionVariant variant, PredictionCall call) =>
        variant == PredictionVariant.Challenger && !call.Deadline.Token.IsCancellationRequested;

    // Failures of both slices are counted alike, or what fails with any version would speak against the challenger. The same holds for those whose callers
    // could not wait: their records must not wait for the storage either.
    private async ValueTask FailAsync(Exception e, PredictionRecord record, PredictionContent content, RequestDeadline deadline)
    {
        var late = deadline.Token.IsCancellationRequested;
        var reason = e is OpenInferenceException or OverloadedException or OperationCanceledException ? e.Message : e.ToString();
        logger.LogWarning("{Variant} {Model}/{Version} failed: {Reason}", record.Variant.ToWire(), record.Model, record.Version, reason);
        await catalog.Predictions.AppendAsync(
            late ? record with { Status = PredictionRecord.TimedOut } : record, content, late ? Durability.Buffered : null, late ? default : deadline.Token);
    }

    private static InferenceRequest Read(PredictionCall call, ModelMetadata metadata)
    {
        var request = call.Body.Read(metadata);
        if (request.ModelName is { } named && named != call.Model)
            throw new OpenInferenceException(400, $"'model_name' in the body is not '{call.Model}', the model that the address names");
        call.Deadline.Tighten(request);
        return request;
    }

    private (string Version, PredictionVariant Variant, string? Unit) Route(RoutingSnapshot snapshot, PredictionCall call, string predictionId)
    {
        if (call.Version is not null)
            return (call.Version, PredictionVariant.Outside, null);
        if (snapshot.Traffic is not { } traffic)
        {
            return (snapshot.Default ?? throw new OpenInferenceException(503, $"model '{snapshot.Model.Name}' has no version to serve"),
                PredictionVariant.Champion, call.Header("x-iml4e-unit"));
        }

        var unit = snapshot.Units!.Of(call, predictionId);
        if (string.IsNullOrEmpty(unit))
        {
            metrics.UnitMissing(call.Model);
            return (traffic.OutsideVersion, PredictionVariant.Outside, null);
        }

        if (traffic.Shadow)
            return (traffic.OutsideVersion, PredictionVariant.Champion, unit);
        return traffic.Assign(unit) switch
        {
            Assignment.Challenger => (traffic.ChallengerVersion, PredictionVariant.Challenger, unit),
            Assignment.Control => (traffic.ControlVersion, PredictionVariant.Control, unit),
            _ => (traffic.OutsideVersion, PredictionVariant.Outside, unit),
        };
    }

    private ValueTask<ModelVersion> FindVersionAsync(RoutingSnapshot snapshot, string version, CancellationToken cancellationToken) =>
        snapshot.Known(version) is { } known ? new(known) : ReadVersionAsync(snapshot, version, cancellationToken);

    private ValueTask<ModelVersion> ReadVersionAsync(RoutingSnapshot snapshot, string version, CancellationToken cancellationToken) =>
        snapshot.Model.Versions.Any(v => v.Version == version)
            ? routing.VersionAsync(snapshot, version, cancellationToken)
            : throw Unknown(snapshot.Model.Name, version);

    private PredictionRecord Record(
        string id, DateTimeOffset at, ModelVersion version, RoutingSnapshot snapshot, PredictionVariant variant, string? unit, long started, string status,
        IReadOnlyList<Tensor>? outputs)
    {
        var small = outputs is not null && Elements(outputs) <= logging.Defaults.MaxElements;
        var predicted = small ? PredictionOutputs.From(outputs!) : null;
        return new PredictionRecord
        {
            Id = id,
            At = at,
            Model = version.Model,
            Version = version.Version,
            Digest = version.Digest,
            Experiment = unit is null ? null : snapshot.Traffic?.ExperimentId,
            Variant = variant,
            Unit = unit,
            LatencyMs = Stopwatch.GetElapsedTime(started).TotalMilliseconds,
            Status = status,
            Predicted = predicted?.Values,
            PredictedLabels = predicted?.Labels,
        };
    }

    private static long Elements(IReadOnlyList<Tensor> tensors)
    {
        long elements = 0;
        foreach (var tensor in tensors)
            elements += tensor.ElementCount;
        return elements;
    }

    private static OpenInferenceException Unknown(string model, string? version) =>
        new(404, version is null ? $"model '{model}' is not known" : $"model '{model}' has no version '{version}'");
}
