using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;

namespace Iml4e.Functions.Monitoring;

/// <summary>The requests and outcomes of one slice. Requests are counted once: a look costs as much as has come since the one before.</summary>
internal sealed class SliceTally
{
    private readonly HashSet<string> _units = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _segments = new(StringComparer.Ordinal);
    private readonly List<Request> _requests = [];
    private Counting? _counting;

    /// <summary>The mature outcomes.</summary>
    public UnitOutcomes Outcomes { get; } = new();

    /// <summary>Adds a request.</summary>
    public void Add(PredictionRecord record, string segment)
    {
        var unit = record.UnitHash ?? record.Id;
        if (_units.Add(unit))
            _segments[segment] = _segments.GetValueOrDefault(segment) + 1;
        // One that was not waited for is slower than any limit, however short the patience was.
        var late = record.Status == PredictionRecord.TimedOut;
        _requests.Add(new Request(record.Id, record.At, unit, late ? double.MaxValue : record.LatencyMs, late ? 504 : record.Status == "ok" ? 200 : 500));
    }

    /// <summary>Units of a segment.</summary>
    public long UnitsOf(string segment) => _segments.GetValueOrDefault(segment);

    /// <summary>The requests; since a moment, those that came from then on.</summary>
    public SliceCounts Count(ExperimentConfiguration config, DateTimeOffset? since)
    {
        if (_counting is null || _counting.Since != since)
            _counting = new Counting(config, since);
        _counting.Take(_requests);
        return _counting.Counts(since is null ? _units.Count : null);
    }

    /// <summary>Answered requests past the label deadline: with a label that came in time, and without.</summary>
    public (long Labelled, long Missing) Labels(
        DateTimeOffset? since, LabelTiming timing, DateTimeOffset now, IReadOnlyDictionary<string, OutcomeRecord> outcomes)
    {
        long labelled = 0, missing = 0;
        foreach (var request in _requests)
        {
            // What failed has no value that could be labelled; the guardrails have counted it.
            if (request.Status != 200 || request.At < since || !timing.IsOverdue(request.At, now))
                continue;
            if (outcomes.TryGetValue(request.Id, out var outcome) && !timing.IsOverdue(request.At, outcome.ReceivedAt))
                labelled++;
            else
                missing++;
        }

        return (labelled, missing);
    }

    private readonly record struct Request(string Id, DateTimeOffset At, string Unit, double LatencyMs, int Status);

    private sealed class Counting(ExperimentConfiguration config, DateTimeOffset? since)
    {
        private readonly (string Name, GuardrailEvent Event)[] _guardrails = [.. config.Guardrails.Select(g => (g.Name, GuardrailEvent.Of(g)))];
        private readonly long[] _events = new long[config.Guardrails.Count];
        private readonly HashSet<string> _units = new(StringComparer.Ordinal);
        private Moments _latency;
        private long _requests;
        private long _errors;
        private int _next;

        public DateTimeOffset? Since => since;

        public void Take(List<Request> requests)
        {
            for (; _next < requests.Count; _next++)
            {
                var request = requests[_next];
                if (request.At < since)
                    continue;
                _requests++;
                if (since is not null)
                    _units.Add(request.Unit);
                var failed = request.Status != 200;
                if (failed)
                    _errors++;
                else
                    _latency = _latency.Add(request.LatencyMs);
                for (var i = 0; i < _guardrails.Length; i++)
                    _events[i] += _guardrails[i].Event.Matches(request.LatencyMs, request.Status, failed) ? 1 : 0;
            }
        }

        public SliceCounts Counts(long? units)
        {
            var events = new SortedDictionary<string, long>(StringComparer.Ordinal);
            for (var i = 0; i < _guardrails.Length; i++)
                events[_guardrails[i].Name] = _events[i];
            return new SliceCounts(units ?? _units.Count, _requests, _errors, _latency, events);
        }
    }
}
