using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;
using Iml4e.Functions.Experiments;

namespace Iml4e.Functions.Monitoring;

/// <summary>
/// What the logs say about one experiment, accumulated record by record: units, requests, events and outcomes of the two slices, shadow pairs, smoke counts.
/// A cache of the logs: it can be dropped and is built again from them. Not thread-safe; its owner locks.
/// </summary>
internal sealed class ExperimentTally
{
    private readonly Dictionary<PredictionVariant, Slice> _slices = new()
    {
        [PredictionVariant.Control] = new(), [PredictionVariant.Challenger] = new(),
    };

    private readonly Dictionary<string, PredictionRecord> _predictions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PredictionRecord> _shadows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OutcomeRecord> _outcomes = new(StringComparer.Ordinal);
    private readonly List<(DateTimeOffset At, bool Error)> _challengerRequests = [];
    private readonly List<(double Champion, double Challenger)> _shadowLatencies = [];
    private readonly Dictionary<PredictionVariant, Dictionary<string, Unit>> _units = new()
    {
        [PredictionVariant.Control] = new(StringComparer.Ordinal), [PredictionVariant.Challenger] = new(StringComparer.Ordinal),
    };

    private readonly Dictionary<string, Unit> _pairs = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, DateTimeOffset> _immature = new();
    private long _shadowErrors;
    private long _shadowNonFinite;
    private long _shadowMismatches;

    /// <summary>Takes a prediction record in; the same record twice counts once.</summary>
    public void Add(PredictionRecord record)
    {
        if (record.Variant == PredictionVariant.Shadow)
        {
            AddShadow(record);
            return;
        }

        if (!_predictions.TryAdd(record.Id, Slim(record)))
            return;
        if (record.Variant == PredictionVariant.Challenger)
            _challengerRequests.Add((record.At, record.Status != "ok"));
        if (_slices.TryGetValue(record.Variant, out var slice))
            slice.Add(record);
        if (_shadows.TryGetValue(record.Id, out var shadow))
            Compare(record, shadow);
    }

    /// <summary>Takes an outcome in; the first for a prediction counts.</summary>
    public void Add(OutcomeRecord outcome)
    {
        if (_outcomes.TryAdd(outcome.PredictionId, outcome))
            _immature.Enqueue(outcome.PredictionId, outcome.PredictedAt);
    }

    /// <summary>Puts a look together as of a time.</summary>
    public ExperimentLook Look(LookRequest request)
    {
        var config = request.Configuration;
        var since = request.State.Phase is ExperimentPhase.Watching ? request.State.PromotedAt : null;
        Mature(request);
        var window = request.Now - config.CircuitBreaker.Window;
        _challengerRequests.RemoveAll(r => r.At < window && request.Now - r.At > TimeSpan.FromHours(1));
        var recent = _challengerRequests.Where(r => r.At >= window).ToList();
        var paired = config.EffectiveDesign == ExperimentDesign.ShadowPaired;
        return new ExperimentLook
        {
            Now = request.Now,
            Control = Counts(PredictionVariant.Control, request, since),
            Challenger = Counts(PredictionVariant.Challenger, request, since),
            Paired = paired ? Moments.Of(_pairs.Values.Select(u => u.Mean)) : null,
            Smoke = new SmokeCounts(
                _shadows.Count, _shadowErrors, _shadowNonFinite, _shadowMismatches, P95(_shadowLatencies.Select(l => l.Champion)),
                P95(_shadowLatencies.Select(l => l.Challenger))),
            Circuit = new CircuitCounts(recent.Count, recent.Count(r => r.Error)),
        };
    }

    private void AddShadow(PredictionRecord record)
    {
        if (!_shadows.TryAdd(record.Id, Slim(record)))
            return;
        if (record.Status != "ok")
            _shadowErrors++;
        if (record.Predicted?.Any(v => !double.IsFinite(v)) == true)
            _shadowNonFinite++;
        if (_predictions.TryGetValue(record.Id, out var served))
            Compare(served, record);
    }

    private void Compare(PredictionRecord served, PredictionRecord shadow)
    {
        _shadowLatencies.Add((served.LatencyMs, shadow.LatencyMs));
        if (shadow.Status == "ok" && (served.Predicted?.Length != shadow.Predicted?.Length || served.PredictedLabels?.Length != shadow.PredictedLabels?.Length))
            _shadowMismatches++;
    }

    // An outcome counts only when its request is old enough, however early the label came: labels that come fast are not a fair sample.
    private void Mature(LookRequest request)
    {
        var limit = request.Now - request.Configuration.Labels.Maturity;
        var waiting = new List<string>();
        while (_immature.TryPeek(out var id, out var at) && at <= limit)
        {
            _immature.Dequeue();
            if (!_predictions.TryGetValue(id, out var prediction) || !TryCount(request, id, prediction))
                waiting.Add(id);
        }

        // The prediction's own record, or its shadow's, may reach the reader after the outcome: those are looked at again.
        foreach (var id in waiting)
            _immature.Enqueue(id, _outcomes[id].PredictedAt);
    }

    private bool TryCount(LookRequest request, string id, PredictionRecord prediction)
    {
        var metric = request.Configuration.Primary.Name;
        var outcome = _outcomes[id];
        if (_units.TryGetValue(prediction.Variant, out var units))
        {
            if (Value(metric, prediction, outcome, request) is { } value)
            {
                var unit = prediction.Unit ?? id;
                Unit.Of(units, unit).Add(value);
                _slices[prediction.Variant].Outcomes.Add(new SliceOutcome(prediction.At, unit, value));
            }

            Counted(id);
            return true;
        }

        if (!_shadows.TryGetValue(id, out var shadow))
            return request.State.Design != ExperimentDesign.ShadowPaired || request.Now - prediction.At > TimeSpan.FromMinutes(10);
        if (Value(metric, prediction, outcome, request) is { } champion && Value(metric, shadow, outcome, request) is { } challenger)
            Unit.Of(_pairs, prediction.Unit ?? id).Add(challenger - champion);
        Counted(id);
        return true;
    }

    // That there was an outcome is all that is still of use.
    private void Counted(string id) => _outcomes[id] = _outcomes[id] with { Actual = null, PredictionId = id, Model = "", Version = "", Experiment = null, Unit = null };

    private static double? Value(string metric, PredictionRecord prediction, OutcomeRecord outcome, LookRequest request)
    {
        var value = OutcomeLoss.Of(metric, prediction.Predicted, prediction.PredictedLabels, OutcomeLoss.Rows(outcome.Actual));
        return value is { } v && request.Caps is { } caps ? caps.Apply(v) : value;
    }

    private ArmCounts Counts(PredictionVariant variant, LookRequest request, DateTimeOffset? since)
    {
        var config = request.Configuration;
        var slice = _slices[variant];
        var deadline = request.Now - config.Labels.Deadline;
        var due = slice.Records.Where(r => r.At <= deadline && (since is null || r.At >= since)).ToList();
        var labelled = due.Count(r => _outcomes.ContainsKey(r.Id));
        var records = since is null ? slice.Records : slice.Records.FindAll(r => r.At >= since);
        return new ArmCounts
        {
            Outcomes = Moments.Of(UnitMeans(variant, since)),
            Units = since is null ? slice.Units.Count : records.Select(r => r.Unit).Distinct().Count(),
            Requests = records.Count,
            Labelled = labelled,
            Missing = due.Count - labelled,
            Events = Events(config, records),
        };
    }

    // After the promotion the arms start anew: a unit's earlier requests were answered in another role.
    private IEnumerable<double> UnitMeans(PredictionVariant variant, DateTimeOffset? since) => since is null
        ? _units[variant].Values.Select(u => u.Mean)
        : _slices[variant].Outcomes.Where(o => o.At >= since).GroupBy(o => o.Unit, StringComparer.Ordinal).Select(g => g.Average(o => o.Value));

    private static SortedDictionary<string, long> Events(ExperimentConfiguration config, List<SliceRecord> records)
    {
        var events = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var guardrail in config.Guardrails)
        {
            var counts = GuardrailEvent.Of(guardrail);
            events[guardrail.Name] = records.LongCount(r => counts.Matches(r.LatencyMs, r.Status, r.Status != 200));
        }

        return events;
    }

    private static double? P95(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? null : sorted[(int)Math.Ceiling(0.95 * sorted.Count) - 1];
    }

    // Of the strings of a record only its id and unit are kept: the others are the same in all of them, and a copy each.
    private static PredictionRecord Slim(PredictionRecord record) =>
        record with { Inputs = null, Outputs = null, Model = "", Version = "", Digest = "", Experiment = null };

    private readonly record struct SliceRecord(string Id, DateTimeOffset At, string Unit, double LatencyMs, int Status);

    private readonly record struct SliceOutcome(DateTimeOffset At, string Unit, double Value);

    private sealed class Slice
    {
        public HashSet<string> Units { get; } = new(StringComparer.Ordinal);

        public List<SliceRecord> Records { get; } = [];

        public List<SliceOutcome> Outcomes { get; } = [];

        public void Add(PredictionRecord record)
        {
            Units.Add(record.Unit ?? record.Id);
            // One that was not waited for is slower than any limit, however short the patience was.
            var late = record.Status == PredictionRecord.TimedOut;
            Records.Add(new SliceRecord(
                record.Id, record.At, record.Unit ?? record.Id, late ? double.MaxValue : record.LatencyMs, late ? 504 : record.Status == "ok" ? 200 : 500));
        }
    }

    private sealed class Unit
    {
        private double _sum;
        private int _count;

        public double Mean => _sum / _count;

        public static Unit Of(Dictionary<string, Unit> units, string name) =>
            units.TryGetValue(name, out var unit) ? unit : units[name] = new Unit();

        public void Add(double value)
        {
            _sum += value;
            _count++;
        }
    }
}
