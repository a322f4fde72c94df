using System.Diagnostics;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;
using Iml4e.Functions.Telemetry;
using Iml4e.Inference;
using Iml4e.Inference.OpenInference;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Serving;

/// <summary>What a prediction answers with.</summary>
internal sealed record PredictionAnswer(string PredictionId, string Version, PredictionVariant Variant, InferenceRequest Request, IReadOnlyList<Tensor> Outputs);

/// <summary>
/// One prediction from route to log: which version serves this unit, its session, the run, the prediction record. The answer is given only when the record
/// is stored (unless the app is set to buffered logging).
/// </summary>
internal sealed class PredictionService(
    CatalogStore catalog,
    RoutingTable routing,
    ModelSessions sessions,
    ShadowScorer shadow,
    AppMetrics metrics,
    IOptions<AppOptions> options,
    TimeProvider time,
    ILogger<PredictionService> logger)
{
    /// <summary>Predicts.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="version">A version asked for explicitly; null to let routing choose.</param>
    /// <param name="body">The Open Inference Protocol request.</param>
    /// <param name="header">Gives a request header by name, for the assignment unit.</param>
    /// <param name="cancellationToken">Ends when the client goes away.</param>
    /// <exception cref="OpenInferenceException">The request cannot be served as asked.</exception>
    public async ValueTask<PredictionAnswer> PredictAsync(
        string model, string? version, ReadOnlyMemory<byte> body, Func<string, string?> header, CancellationToken cancellationToken)
    {
        var snapshot = await routing.FindAsync(model, cancellationToken) ?? throw Unknown(model, null);
        var at = time.GetUtcNow();
        var id = catalog.Predictions.NewId(model, at);
        var (chosen, variant, unit) = Route(snapshot, version, id, header);
        var details = await FindVersionAsync(snapshot, chosen, cancellationToken);

        using var lease = await sessions.GetAsync(details, cancellationToken);
        var request = InferenceJson.Read(body.Span, lease.Session.Metadata);
        var started = Stopwatch.GetTimestamp();
        IReadOnlyList<Tensor> outputs;
        try
        {
            outputs = Run(lease.Session, request, cancellationToken);
        }
        catch (Exception e) when (variant == PredictionVariant.Challenger && e is not OperationCanceledException)
        {
            // A challenger that fails must not hurt its users: the failure is counted against it, and the champion answers.
            logger.LogWarning(e, "Challenger {Model}/{Version} failed; version {Fallback} answers.", model, chosen, snapshot.Traffic!.ControlVersion);
            await AppendAsync(Record(id, at, details, snapshot, variant, unit, started, "error", request, null), cancellationToken);
            return await PredictAsync(model, snapshot.Traffic!.ControlVersion, body, header, cancellationToken);
        }

        var record = Record(id, at, details, snapshot, variant, unit, started, "ok", request, outputs);
        metrics.Prediction(model, chosen, variant.ToWire(), record.LatencyMs);
        await AppendAsync(record, cancellationToken);
        if (snapshot.Traffic is { Shadow: true } traffic && version is null)
            shadow.Enqueue(new ShadowRequest(record, traffic.ChallengerVersion, request));
        return new PredictionAnswer(id, chosen, variant, request, outputs);
    }

    /// <summary>Runs the requested outputs of a session, all when none are named.</summary>
    internal static IReadOnlyList<Tensor> Run(ModelSession session, InferenceRequest request, CancellationToken cancellationToken) =>
        session.Run(request.Inputs, request.OutputNames, cancellationToken);

    private static (string Version, PredictionVariant Variant, string? Unit) Route(
        RoutingSnapshot snapshot, string? version, string predictionId, Func<string, string?> header)
    {
        if (version is not null)
            return (version, PredictionVariant.Outside, null);
        if (snapshot.Traffic is not { } traffic)
        {
            return (snapshot.Champion ?? Highest(snapshot) ?? throw new OpenInferenceException(503, $"model '{snapshot.Model.Name}' has no version to serve"),
                PredictionVariant.Champion, header("x-iml4e-unit"));
        }

        var unit = traffic.UnitKey == "prediction" ? predictionId
            : traffic.UnitKey.StartsWith("header:", StringComparison.Ordinal) ? header(traffic.UnitKey[7..]) : null;
        if (string.IsNullOrEmpty(unit))
            return (traffic.OutsideVersion, PredictionVariant.Outside, null);
        if (traffic.Shadow)
            return (traffic.OutsideVersion, PredictionVariant.Champion, unit);
        return UnitAssignment.Assign(traffic.Salt, unit, traffic.Share) switch
        {
            Assignment.Challenger => (traffic.ChallengerVersion, PredictionVariant.Challenger, unit),
            Assignment.Control => (traffic.ControlVersion, PredictionVariant.Control, unit),
            _ => (traffic.OutsideVersion, PredictionVariant.Outside, unit),
        };
    }

    private static string? Highest(RoutingSnapshot snapshot) =>
        snapshot.Model.Versions.Count == 0 ? null
            : snapshot.Model.Versions.MaxBy(v => int.TryParse(v.Version, out var n) ? n : 0)!.Version;

    private async ValueTask<ModelVersion> FindVersionAsync(RoutingSnapshot snapshot, string version, CancellationToken cancellationToken) =>
        snapshot.Known(version)
        ?? (snapshot.Model.Versions.Any(v => v.Version == version)
            ? await routing.VersionAsync(snapshot, version, cancellationToken)
            : throw Unknown(snapshot.Model.Name, version));

    private async ValueTask AppendAsync(PredictionRecord record, CancellationToken cancellationToken) =>
        await catalog.Predictions.AppendAsync(record, options.Value.DurablePredictions ? Durability.Durable : Durability.Buffered, cancellationToken);

    private PredictionRecord Record(
        string id, DateTimeOffset at, ModelVersion version, RoutingSnapshot snapshot, PredictionVariant variant, string? unit, long started, string status,
        InferenceRequest request, IReadOnlyList<Tensor>? outputs)
    {
        var predicted = outputs is null ? null : PredictionOutputs.From(outputs);
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
            Inputs = LoggedInputs(request),
            Predicted = predicted?.Values,
            PredictedLabels = predicted?.Labels,
        };
    }

    private JsonNode? LoggedInputs(InferenceRequest request)
    {
        long elements = 0;
        foreach (var tensor in request.Inputs)
            elements += tensor.ElementCount;
        return TensorDigest.Describe(request.Inputs, withData: elements <= options.Value.LoggedInputElements);
    }

    private static OpenInferenceException Unknown(string model, string? version) =>
        new(404, version is null ? $"model '{model}' is not known" : $"model '{model}' has no version '{version}'");
}
