using System.Text.Json.Nodes;
using Iml4e.Catalog;
using Iml4e.Functions.Monitoring;
using Iml4e.Functions.Telemetry;

namespace Iml4e.Functions.Feedback;

/// <summary>
/// Joins outcomes with the predictions they belong to, and stores them; what was answered with "accepted" is on storage. An outcome may come before its
/// prediction is in the log: then it waits there.
/// </summary>
internal sealed class FeedbackService(CatalogStore catalog, OutcomeLedgers ledgers, WaitingFeedback waiting, AppMetrics metrics, TimeProvider time)
{
    /// <summary>Code of an outcome whose prediction is not there.</summary>
    public const string Unknown = "prediction.unknown";

    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    /// <summary>Stores outcomes; for each what became of it.</summary>
    public async Task<IReadOnlyList<OutcomeReceipt>> AddAsync(IReadOnlyList<Outcome> outcomes, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (receipts, unknown) = await JoinAsync(outcomes, _ => now, cancellationToken);
        if (unknown.Count > 0)
            await WaitAsync(outcomes, unknown, receipts, now, cancellationToken);
        foreach (var (outcome, receipt) in outcomes.Zip(receipts))
        {
            if (receipt.Problem is { } problem)
                metrics.Feedback(PredictionId.TryParse(outcome.PredictionId, out var id) && problem.Code != Unknown ? id.Model : "", problem.Code);
        }

        return receipts;
    }

    /// <summary>Looks once more for the predictions of outcomes that wait.</summary>
    /// <param name="outcomes">The outcomes, and when they came.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>For each what became of it; it may still wait.</returns>
    public async Task<IReadOnlyList<OutcomeReceipt>> JoinWaitingAsync(
        IReadOnlyList<(Outcome Outcome, DateTimeOffset ReceivedAt)> outcomes, CancellationToken cancellationToken)
    {
        var (receipts, unknown) = await JoinAsync([.. outcomes.Select(o => o.Outcome)], i => outcomes[i].ReceivedAt, cancellationToken);
        foreach (var i in unknown)
            receipts[i] = new OutcomeReceipt(null, IsWaiting: true);
        return receipts;
    }

    private async Task<(OutcomeReceipt[] Receipts, List<int> Unknown)> JoinAsync(
        IReadOnlyList<Outcome> outcomes, Func<int, DateTimeOffset> receivedAt, CancellationToken cancellationToken)
    {
        // All predictions at once: those of a quarter of an hour are found in one pass over their blob.
        var predictions = await catalog.Predictions.FindManyAsync(outcomes.Where(o => o.Problem is null).Select(o => o.PredictionId!), cancellationToken);
        var receipts = new OutcomeReceipt[outcomes.Count];
        var unknown = new List<int>();
        var known = new List<(int Place, OutcomeRecord Record)>();
        for (var i = 0; i < outcomes.Count; i++)
        {
            var outcome = outcomes[i];
            if (outcome.Problem is { } problem)
                receipts[i] = new OutcomeReceipt(problem);
            else if ((predictions.GetValueOrDefault(outcome.PredictionId!) ?? []).FirstOrDefault(r => r.Variant != PredictionVariant.Shadow) is not { } prediction)
                unknown.Add(i);
            else if (Read(outcome, prediction, receivedAt(i), out var refused) is { } record)
                known.Add((i, record));
            else
                receipts[i] = new OutcomeReceipt(refused);
        }

        await Task.WhenAll(known.GroupBy(k => k.Record.Model, StringComparer.Ordinal).Select(group => TakeAsync(group.Key, [.. group], outcomes, receipts, cancellationToken)));
        return (receipts, unknown);
    }

    private async Task TakeAsync(
        string model, IReadOnlyList<(int Place, OutcomeRecord Record)> known, IReadOnlyList<Outcome> outcomes, OutcomeReceipt[] receipts,
        CancellationToken cancellationToken)
    {
        var verdicts = await ledgers.TakeAsync(model, [.. known.Select(k => k.Record)], cancellationToken);
        foreach (var ((place, _), (verdict, revision)) in known.Zip(verdicts))
        {
            if (verdict == OutcomeVerdict.Conflict)
            {
                receipts[place] = new OutcomeReceipt(new RejectedOutcome(
                    outcomes[place].Index, outcomes[place].PredictionId, RejectedOutcome.Conflict,
                    FormattableString.Invariant($"another value is known for that prediction, revision {revision}; a correction needs a higher revision")));
                continue;
            }

            metrics.Feedback(model, verdict switch { OutcomeVerdict.First => "accepted", OutcomeVerdict.Revision => "revised", _ => "repeated" });
        }
    }

    private static OutcomeRecord? Read(Outcome outcome, PredictionRecord prediction, DateTimeOffset receivedAt, out RejectedOutcome? refused)
    {
        var observed = outcome.ObservedAt ?? receivedAt;
        var loss = OutcomeLoss.Of(OutcomeLoss.DefaultFor(prediction.PredictedLabels is not null), prediction.Predicted, prediction.PredictedLabels, outcome.Values);
        var rows = prediction.PredictedLabels?.Length ?? prediction.Predicted?.Length ?? 0;
        (string Code, string Message)? problem =
            prediction.Status != "ok" ? ("prediction.failed", "that prediction failed; it has no value to compare with")
            : prediction.Predicted is null && prediction.PredictedLabels is null
                ? ("outcome.not_logged", "the log has that prediction's outputs by digest only: there is nothing to compare with")
            : observed < prediction.At - ClockSkew ? ("outcome.too_early", "observedAt lies before the prediction")
            : loss is null
                ? ("outcome.mismatch", $"the prediction has {rows} rows of {(prediction.PredictedLabels is null ? "numbers" : "labels")}; value must have one for each")
            : null;
        refused = problem is { } wrong ? new RejectedOutcome(outcome.Index, outcome.PredictionId, wrong.Code, wrong.Message) : null;
        return refused is not null ? null : new OutcomeRecord
        {
            PredictionId = prediction.Id,
            PredictedAt = prediction.At,
            ObservedAt = observed,
            ReceivedAt = receivedAt,
            Model = prediction.Model,
            Version = prediction.Version,
            Experiment = prediction.Experiment,
            Variant = prediction.Variant,
            UnitHash = prediction.UnitHash,
            Loss = loss!.Value,
            Actual = new JsonArray([.. outcome.Values.Select(v => (JsonNode)v)]),
            Revision = outcome.Revision,
        };
    }

    // Only what can still be a prediction waits: an id of a model that is there, and not of a time to come.
    private async Task WaitAsync(
        IReadOnlyList<Outcome> outcomes, List<int> unknown, OutcomeReceipt[] receipts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var models = new Dictionary<string, bool>(StringComparer.Ordinal);
        var possible = new List<int>();
        foreach (var i in unknown)
        {
            var valid = PredictionId.TryParse(outcomes[i].PredictionId, out var id) && id.At <= now + ClockSkew;
            if (valid && !models.TryGetValue(id.Model, out valid))
                models[id.Model] = valid = await catalog.Models.GetAsync(id.Model, cancellationToken) is not null;
            if (valid)
                possible.Add(i);
            else
                receipts[i] = new OutcomeReceipt(new RejectedOutcome(outcomes[i].Index, outcomes[i].PredictionId, Unknown, "there is no prediction of that id"));
        }

        if (possible.Count == 0)
            return;
        var taken = await waiting.TryAddAsync([.. possible.Select(i => WaitingOutcome.Of(outcomes[i]))], now, cancellationToken);
        foreach (var i in possible)
        {
            receipts[i] = taken
                ? new OutcomeReceipt(null, IsWaiting: true)
                : new OutcomeReceipt(new RejectedOutcome(
                    outcomes[i].Index, outcomes[i].PredictionId, RejectedOutcome.Full, "that prediction is not known yet, and too many outcomes wait for theirs; try again later"));
            if (taken)
                metrics.Feedback(PredictionId.Parse(outcomes[i].PredictionId).Model, "waiting");
        }
    }
}
