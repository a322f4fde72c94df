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
    private readonly Dictionary<PredictionVariant, SliceTally> _slices = new()
    {
        [PredictionVariant.Control] = new(), [PredictionVariant.Challenger] = new(),
    };

    private readonly Dictionary<string, PredictionRecord> _predictions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PredictionRecord> _shadows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OutcomeRecord> _outcomes = new(StringComparer.Ordinal);
    private readonly List<(DateTimeOffset At, bool Error)> _challengerRequests = [];
    private readonly List<(double Champion, double Challenger)> _shadowLatencies = [];
    private readonly UnitOutcomes _pairs = new();
    private readonly List<OutcomeRecord> _arrived = [];
    private readonly PriorityQueue<string, DateTimeOffset> _immature = new();
    private readonly HashSet<string> _segments = new(StringComparer.Ordinal);
    private readonly HashSet<string> _units = new(StringComparer.Ordinal);
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

        if (_predictions.ContainsKey(record.Id))
            return;
        var type = record.UnitType;
        _predictions[record.Id] = record = Slim(record);
        if (record.Variant == PredictionVariant.Challenger)
            _challengerRequests.Add((record.At, record.Status != "ok"));
        if (_slices.TryGetValue(record.Variant, out var slice))
            slice.Add(record, SegmentOf(type));
        if (_shadows.TryGetValue(record.Id, out var shadow))
            Compare(record, shadow);
    }

    /// <summary>Takes an outcome in; of several for a prediction the newest revision counts that came before the deadline.</summary>
    public void Add(OutcomeRecord outcome) => _arrived.Add(outcome);

    /// <summary>Puts a look together as of a time.</summary>
    public ExperimentLook Look(LookRequest request)
    {
        var config = request.Configuration;
        var since = request.State.Phase is ExperimentPhase.Watching ? request.State.PromotedAt : null;
        TakeArrived(request);
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
            Paired = paired ? _pairs.MomentsOf(OutcomeAggregate.UnitMean, null) : null,
            Smoke = new SmokeCounts(
                _shadows.Count, _shadowErrors, _shadowNonFinite, _shadowMismatches, P95(_shadowLatencies.Select(l => l.Champion)),
                P95(_shadowLatencies.Select(l => l.Challenger))),
            Circuit = new CircuitCounts(recent.Count, recent.Count(r => r.Error)),
            Segments = since is null && config.UnitKey != "prediction" && _segments.Count > 1 ? Segments() : null,
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

    private string SegmentOf(string? type)
    {
        if (type is null || (!_segments.Contains(type) && _segments.Count >= UnitSegment.Most - 1))
            type = UnitSegment.Other;
        _segments.Add(type);
        return type;
    }

    private IReadOnlyList<SegmentCounts> Segments() =>
    [
        .. _segments.Order(StringComparer.Ordinal).Select(name => new SegmentCounts(
            name, _slices[PredictionVariant.Control].UnitsOf(name), _slices[PredictionVariant.Challenger].UnitsOf(name))),
    ];

    // Mode ctcde takes a label as soon as it is there, as its original did.
    private static LabelTiming TimingOf(ExperimentConfiguration config) =>
        config.Mode == ExperimentMode.Ctcde ? config.Labels with { Maturity = TimeSpan.Zero } : config.Labels;

    private void TakeArrived(LookRequest request)
    {
        var timing = TimingOf(request.Configuration);
        var corrected = new HashSet<string>(StringComparer.Ordinal);
        foreach (var outcome in _arrived)
        {
            var id = outcome.PredictionId;
            if (_outcomes.TryAdd(id, outcome))
            {
                _immature.Enqueue(id, outcome.PredictedAt);
                continue;
            }

            // A correction past the deadline comes too late, as a first label would.
            var known = _outcomes[id];
            if (!outcome.Overrules(known) || timing.IsOverdue(outcome.PredictedAt, outcome.ReceivedAt))
                continue;
            _outcomes[id] = outcome;
            if (IsCounted(known))
                corrected.Add(id);
        }

        _arrived.Clear();
        if (corrected.Count > 0)
            Correct(request, corrected);
    }

    private void Correct(LookRequest request, IReadOnlySet<string> corrected)
    {
        var arms = new Dictionary<UnitOutcomes, Dictionary<string, (DateTimeOffset, string, double?)>>();
        foreach (var id in corrected)
        {
            var prediction = _predictions[id];
            if (ValueOf(request, id, prediction) is var (arm, value))
            {
                if (!arms.TryGetValue(arm, out var values))
                    arms.Add(arm, values = new Dictionary<string, (DateTimeOffset, string, double?)>(StringComparer.Ordinal));
                values.Add(id, (prediction.At, prediction.UnitHash ?? id, value));
            }

            Counted(id);
        }

        foreach (var (arm, values) in arms)
            arm.Correct(values);
    }

    private void Mature(LookRequest request)
    {
        var timing = TimingOf(request.Configuration);
        var waiting = new List<string>();
        while (_immature.TryPeek(out var id, out var at) && timing.IsMature(at, request.Now))
        {
            _immature.Dequeue();
            if (!_predictions.TryGetValue(id, out var prediction) || !TryCount(request, timing, id, prediction))
                waiting.Add(id);
        }

        // The prediction's own record, or its shadow's, may reach the reader after the outcome: those are looked at again.
        foreach (var id in waiting)
            _immature.Enqueue(id, _outcomes[id].PredictedAt);
    }

    private bool TryCount(LookRequest request, LabelTiming timing, string id, PredictionRecord prediction)
    {
        // A label past its deadline is one that is missing.
        if (timing.IsOverdue(prediction.At, _outcomes[id].ReceivedAt))
        {
            Counted(id);
            return true;
        }

        if (ValueOf(request, id, prediction) is not { } known)
            return request.State.Design != ExperimentDesign.ShadowPaired || request.Now - prediction.At > TimeSpan.FromMinutes(10);
        if (known.Value is { } value)
            known.Arm.Add(id, prediction.At, prediction.UnitHash ?? id, value);
        Counted(id);
        return true;
    }

    // Where an outcome counts, and with which value; null while it counts nowhere. Without a value it does not fit the metric.
    private (UnitOutcomes Arm, double? Value)? ValueOf(LookRequest request, string id, PredictionRecord prediction)
    {
        var metric = request.Configuration.Primary.Name;
        var outcome = _outcomes[id];
        if (_slices.TryGetValue(prediction.Variant, out var slice))
            return (slice.Outcomes, Value(metric, prediction, outcome, request));
        if (!_shadows.TryGetValue(id, out var shadow))
            return null;
        return (_pairs, Value(metric, shadow, outcome, request) - Value(metric, prediction, outcome, request));
    }

    // That there was an outcome, when it came and which it was is all that is still of use.
    private void Counted(string id) => _outcomes[id] = _outcomes[id] with { Actual = null, PredictionId = id, Model = "", Version = "", Experiment = null, UnitHash = null };

    private static bool IsCounted(OutcomeRecord outcome) => outcome.Model.Length == 0;

    private static double? Value(string metric, PredictionRecord prediction, OutcomeRecord outcome, LookRequest request)
    {
        var value = OutcomeLoss.Of(metric, prediction.Predicted, prediction.PredictedLabels, OutcomeLoss.Rows(outcome.Actual));
        return value is { } v && request.Caps is { } caps ? caps.Apply(v) : value;
    }

    private ArmCounts Counts(PredictionVariant variant, LookRequest request, DateTimeOffset? since)
    {
        var config = request.Configuration;
        var slice = _slices[variant];
        var counts = slice.Count(config, since);
        var timing = TimingOf(config);
        var (labelled, missing) = slice.Labels(since, timing, request.Now, _outcomes);
        return new ArmCounts
        {
            Outcomes = slice.Outcomes.MomentsOf(config.Primary.Aggregate, since),
            Units = counts.Units,
            Requests = counts.Requests,
            Labelled = labelled,
            Missing = missing,
            Events = counts.Events,
            Errors = config.Mode == ExperimentMode.Ctcde ? counts.Errors : null,
            MeanLatencyMs = config.Mode == ExperimentMode.Ctcde && counts.Latency.Count > 0 ? counts.Latency.Mean : null,
        };
    }

    private static double? P95(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? null : sorted[(int)Math.Ceiling(0.95 * sorted.Count) - 1];
    }

    // Of the strings of a record only its id and unit are kept, the unit's once: the others are the same in all of them, and a copy each.
    private PredictionRecord Slim(PredictionRecord record) => record with
    {
        Inputs = null, Outputs = null, Model = "", Version = "", Digest = "", Experiment = null, Unit = null, UnitHash = Shared(record.UnitHash), UnitType = null,
    };

    private string? Shared(string? unit)
    {
        if (unit is null)
            return null;
        if (_units.TryGetValue(unit, out var known))
            return known;
        _units.Add(unit);
        return unit;
    }
}
