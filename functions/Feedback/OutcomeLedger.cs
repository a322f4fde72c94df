using Iml4e.Catalog;
using Iml4e.Functions.Monitoring;

namespace Iml4e.Functions.Feedback;

/// <summary>
/// Which outcomes one model's predictions have, so that another one for the same prediction is known for a repeat, a revision or a contradiction. The outcome
/// log is the truth: the ledger reads on in it before each decision, so that it knows what other processes have taken, and keeps the newest so many. What it
/// has forgotten is looked for in the log.
/// </summary>
/// <remarks>
/// Two contradicting outcomes that two processes take in the same moment are both logged; all readers take the one that came first.
/// </remarks>
/// <param name="outcomes">The log.</param>
/// <param name="model">The model.</param>
/// <param name="capacity">Predictions that are remembered at most.</param>
internal sealed class OutcomeLedger(OutcomeLog outcomes, string model, int capacity) : IDisposable
{
    /// <summary>Predictions that are remembered unless it is said otherwise.</summary>
    public const int DefaultCapacity = 500_000;

    private const int Stripes = 64;
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(10);

    private readonly Dictionary<UInt128, KnownOutcome> _known = [];
    private readonly Queue<(UInt128 Prediction, DateTimeOffset At)> _order = new();
    private readonly SemaphoreSlim[] _stripes = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1, 1))];
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly Lock _guard = new();
    private LogCursor _cursor = LogCursor.Start;
    private DateTimeOffset _start = DateTimeOffset.MaxValue;
    private DateTimeOffset _forgotten = DateTimeOffset.MinValue;
    private long _asked;
    private long _answered;

    /// <summary>Predictions that are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_guard)
                return _known.Count;
        }
    }

    /// <summary>Takes outcomes of the model, in their order: what is new is on storage afterwards.</summary>
    /// <returns>A verdict for each, with the revision that was known before.</returns>
    /// <exception cref="CatalogUnavailableException">The storage did not confirm them in time.</exception>
    public async Task<IReadOnlyList<(OutcomeVerdict Verdict, int? Known)>> TakeAsync(IReadOnlyList<OutcomeRecord> records, CancellationToken cancellationToken)
    {
        var predictions = records.Select(r => OutcomePoint.HashOf(r.PredictionId)).ToArray();
        var stripes = predictions.Select(p => (int)(p % Stripes)).Distinct().Order().ToArray();
        var held = 0;
        try
        {
            for (; held < stripes.Length; held++)
                await _stripes[stripes[held]].WaitAsync(cancellationToken);
            var known = await KnownAsync(records, predictions, cancellationToken);
            var verdicts = new (OutcomeVerdict, int?)[records.Count];
            var taken = new List<OutcomeRecord>();
            for (var i = 0; i < records.Count; i++)
            {
                var outcome = KnownOutcome.Of(records[i]);
                var before = known.TryGetValue(predictions[i], out var there) ? there : (KnownOutcome?)null;
                var verdict = Judge(outcome, before);
                verdicts[i] = (verdict, before?.Revision);
                if (verdict == OutcomeVerdict.Conflict || (verdict == OutcomeVerdict.Repeat && outcome.Revision <= before!.Value.Revision))
                    continue;
                known[predictions[i]] = outcome;
                taken.Add(records[i] with { Replaces = before?.Revision });
            }

            await outcomes.AppendAsync(taken, cancellationToken);
            foreach (var record in taken)
                Note(record);
            return verdicts;
        }
        finally
        {
            while (held > 0)
                _stripes[stripes[--held]].Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reading.Dispose();
        foreach (var stripe in _stripes)
            stripe.Dispose();
    }

    private static OutcomeVerdict Judge(KnownOutcome outcome, KnownOutcome? before) => before is not { } known ? OutcomeVerdict.First
        : outcome.Value == known.Value ? OutcomeVerdict.Repeat
        : outcome.Revision > known.Revision ? OutcomeVerdict.Revision : OutcomeVerdict.Conflict;

    private async Task<Dictionary<UInt128, KnownOutcome>> KnownAsync(
        IReadOnlyList<OutcomeRecord> records, UInt128[] predictions, CancellationToken cancellationToken)
    {
        if (records.Count == 0)
            return [];
        await ReadOnAsync(records.Min(r => r.PredictedAt) - Skew, cancellationToken);
        var known = new Dictionary<UInt128, KnownOutcome>();
        var lost = new HashSet<UInt128>();
        var earliest = DateTimeOffset.MaxValue;
        lock (_guard)
        {
            for (var i = 0; i < predictions.Length; i++)
            {
                if (_known.TryGetValue(predictions[i], out var outcome))
                {
                    known[predictions[i]] = outcome;
                }
                else if (records[i].PredictedAt <= _forgotten || records[i].PredictedAt - Skew < _start)
                {
                    lost.Add(predictions[i]);
                    earliest = records[i].PredictedAt < earliest ? records[i].PredictedAt : earliest;
                }
            }
        }

        if (lost.Count > 0)
            await SearchAsync(lost, known, LogCursor.At(earliest - Skew), cancellationToken);
        return known;
    }

    /// <summary>Reads the log on; whoever waits while somebody else begins to read need not read once more.</summary>
    private async Task ReadOnAsync(DateTimeOffset earliest, CancellationToken cancellationToken)
    {
        var wanted = Interlocked.Increment(ref _asked);
        await _reading.WaitAsync(cancellationToken);
        try
        {
            // Older predictions than ever before: from their day on, unless the newer ones alone are too many already.
            var anew = earliest < _start && _forgotten == DateTimeOffset.MinValue;
            if (!anew && _answered >= wanted)
                return;
            var asked = Volatile.Read(ref _asked);
            var cursor = _cursor;
            if (anew)
            {
                lock (_guard)
                {
                    _known.Clear();
                    _order.Clear();
                    _start = DateTimeOffset.MaxValue;
                }

                cursor = LogCursor.At(earliest);
            }

            for (var more = true; more;)
            {
                var batch = await outcomes.ReadAsync(model, cursor, ct: cancellationToken);
                foreach (var record in batch.Records)
                    Note(record);
                cursor = batch.Next;
                more = !batch.CaughtUp;
            }

            _cursor = cursor;
            if (anew)
                _start = new DateTimeOffset(earliest.UtcDateTime.Date, TimeSpan.Zero);
            _answered = asked;
        }
        finally
        {
            _reading.Release();
        }
    }

    private async Task SearchAsync(HashSet<UInt128> lost, Dictionary<UInt128, KnownOutcome> found, LogCursor cursor, CancellationToken cancellationToken)
    {
        for (var more = true; more;)
        {
            var batch = await outcomes.ReadAsync(model, cursor, ct: cancellationToken);
            foreach (var record in batch.Records)
            {
                var prediction = OutcomePoint.HashOf(record.PredictionId);
                if (lost.Contains(prediction) && KnownOutcome.Of(record) is var outcome
                    && (!found.TryGetValue(prediction, out var other) || outcome.Overrules(other)))
                    found[prediction] = outcome;
            }

            cursor = batch.Next;
            more = !batch.CaughtUp;
        }
    }

    private void Note(OutcomeRecord record)
    {
        var (prediction, outcome) = (OutcomePoint.HashOf(record.PredictionId), KnownOutcome.Of(record));
        lock (_guard)
        {
            if (_known.TryGetValue(prediction, out var other))
            {
                if (outcome.Overrules(other))
                    _known[prediction] = outcome;
                return;
            }

            _known.Add(prediction, outcome);
            _order.Enqueue((prediction, record.PredictedAt));
            if (_order.Count <= capacity)
                return;
            var (oldest, at) = _order.Dequeue();
            _known.Remove(oldest);
            if (at > _forgotten)
                _forgotten = at;
        }
    }
}
