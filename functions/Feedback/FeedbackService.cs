using System.Text.Json.Nodes;
using Iml4e.Catalog;
using Iml4e.Functions.Monitoring;
using Iml4e.Functions.Telemetry;

namespace Iml4e.Functions.Feedback;

/// <summary>Joins outcomes with the predictions they belong to, and stores them; what was answered with "accepted" is on storage.</summary>
internal sealed class FeedbackService(CatalogStore catalog, AppMetrics metrics, TimeProvider time)
{
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    /// <summary>Stores outcomes; for each a problem, or null when it was taken.</summary>
    public async Task<IReadOnlyList<RejectedOutcome?>> AddAsync(IReadOnlyList<Outcome> outcomes, CancellationToken cancellationToken)
    {
        // All predictions at once: those of a quarter of an hour are found in one pass over their blob.
        var predictions = await catalog.Predictions.FindManyAsync(outcomes.Where(o => o.Problem is null).Select(o => o.PredictionId!), cancellationToken);
        return await Task.WhenAll(outcomes.Select(
            o => o.Problem is { } problem
                ? Task.FromResult<RejectedOutcome?>(Counted("", problem))
                : AddAsync(o, predictions.GetValueOrDefault(o.PredictionId!) ?? [], cancellationToken)));
    }

    private async Task<RejectedOutcome?> AddAsync(Outcome outcome, IReadOnlyList<PredictionRecord> records, CancellationToken cancellationToken)
    {
        var prediction = records.FirstOrDefault(r => r.Variant != PredictionVariant.Shadow);
        RejectedOutcome Reject(string code, string message) =>
            Counted(prediction?.Model ?? "", new RejectedOutcome(outcome.Index, outcome.PredictionId, code, message));

        if (prediction is null)
            return Reject("prediction.unknown", "there is no prediction of that id");
        if (prediction.Status != "ok")
            return Reject("prediction.failed", "that prediction failed; it has no value to compare with");
        if (prediction.Predicted is null && prediction.PredictedLabels is null)
            return Reject("outcome.not_logged", "the log has that prediction's outputs by digest only: there is nothing to compare with");
        var now = time.GetUtcNow();
        var observed = outcome.ObservedAt ?? now;
        if (observed < prediction.At - ClockSkew)
            return Reject("outcome.too_early", "observedAt lies before the prediction");
        var loss = OutcomeLoss.Of(OutcomeLoss.DefaultFor(prediction.PredictedLabels is not null), prediction.Predicted, prediction.PredictedLabels, outcome.Values);
        if (loss is null)
        {
            var rows = prediction.PredictedLabels?.Length ?? prediction.Predicted?.Length ?? 0;
            return Reject("outcome.mismatch", $"the prediction has {rows} rows of {(prediction.PredictedLabels is null ? "numbers" : "labels")}; value must have one for each");
        }

        await catalog.Outcomes.AppendAsync(
            new OutcomeRecord
            {
                PredictionId = prediction.Id,
                PredictedAt = prediction.At,
                ObservedAt = observed,
                ReceivedAt = now,
                Model = prediction.Model,
                Version = prediction.Version,
                Experiment = prediction.Experiment,
                Variant = prediction.Variant,
                UnitHash = prediction.UnitHash,
                Loss = loss.Value,
                Actual = new JsonArray([.. outcome.Values.Select(v => (JsonNode)v)]),
            },
            cancellationToken);
        metrics.Feedback(prediction.Model, "accepted");
        return null;
    }

    // Without a known prediction there is no model to count it for.
    private RejectedOutcome Counted(string model, RejectedOutcome rejected)
    {
        metrics.Feedback(model, rejected.Code);
        return rejected;
    }
}
