using System.Runtime.CompilerServices;

namespace Iml4e.Catalog;

/// <summary>A prediction, and the newest revision of its outcome; null = none yet.</summary>
public sealed record JoinedPrediction(PredictionRecord Prediction, OutcomeRecord? Outcome);

/// <summary>Joins the predictions of a window with the outcomes that came for them, whenever and in whatever blob that was, in bounded memory.</summary>
/// <remarks>
/// Outcomes lie in the order of their coming, which may be weeks after the prediction. They are read once: as long as they are few they are kept in memory;
/// beyond that they go to temporary files by the time of their prediction, and the window is joined slice by slice, each slice as long as its outcomes fit.
/// </remarks>
public sealed class OutcomeJoin
{
    private const int Slices = 64;
    private readonly PredictionLog predictions;
    private readonly OutcomeLog outcomes;

    internal OutcomeJoin(PredictionLog predictions, OutcomeLog outcomes)
    {
        this.predictions = predictions;
        this.outcomes = outcomes;
    }

    /// <summary>The predictions from a time (inclusive) to another (exclusive), with their outcomes; in the order of <see cref="PredictionLog.WindowAsync"/> within a slice.</summary>
    /// <param name="model">The model.</param>
    /// <param name="from">The first moment.</param>
    /// <param name="to">The moment after the last.</param>
    /// <param name="memory">Outcomes kept in memory at once, 1 or more.</param>
    /// <param name="ct">Cancels.</param>
    public async IAsyncEnumerable<JoinedPrediction> ReadAsync(
        string model, DateTimeOffset from, DateTimeOffset to, int memory = 100_000, [EnumeratorCancellation] CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(memory, 1);
        if (from >= to)
            yield break;
        using var spill = new OutcomeSpill(Math.Max(0, from.ToUnixTimeMilliseconds()), to.ToUnixTimeMilliseconds(), Slices, memory);
        var cursor = LogCursor.At(from);
        LogBatch<OutcomeRecord> batch;
        do
        {
            batch = await outcomes.ReadAsync(model, cursor, ct: ct);
            cursor = batch.Next;
            foreach (var outcome in batch.Records)
            {
                if (PredictionId.TryParse(outcome.PredictionId, out var id))
                    spill.Add(id.UnixMilliseconds, outcome);
            }
        }
        while (!batch.CaughtUp);

        foreach (var (start, end, load) in spill.Parts())
        {
            var known = load();
            await foreach (var prediction in predictions.WindowAsync(model, start, end, ct))
                yield return new JoinedPrediction(prediction, prediction.Variant == PredictionVariant.Shadow ? null : known.GetValueOrDefault(prediction.Id));
        }
    }
}
