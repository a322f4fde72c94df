using Iml4e.Assessment.Experiment;

namespace Iml4e.Functions.Monitoring;

/// <summary>The outcomes of an arm by unit, each prediction's once; one that is corrected has its value changed where it stands.</summary>
internal sealed class UnitOutcomes
{
    private readonly Dictionary<string, UnitSum> _sums = new(StringComparer.Ordinal);
    private readonly List<Outcome> _outcomes = [];

    /// <summary>Adds the outcome of a prediction.</summary>
    public void Add(string prediction, DateTimeOffset at, string unit, double value)
    {
        UnitSum.Of(_sums, unit).Add(value);
        _outcomes.Add(new Outcome(prediction, at, unit, value));
    }

    /// <summary>Changes values, as if the outcomes had come with them; null takes the outcome away, and a prediction that has none yet gets one.</summary>
    /// <param name="corrections">By prediction.</param>
    public void Correct(IReadOnlyDictionary<string, (DateTimeOffset At, string Unit, double? Value)> corrections)
    {
        var units = corrections.Values.Select(c => c.Unit).ToHashSet(StringComparer.Ordinal);
        var found = new HashSet<string>(StringComparer.Ordinal);
        var kept = 0;
        for (var i = 0; i < _outcomes.Count; i++)
        {
            var outcome = _outcomes[i];
            if (corrections.TryGetValue(outcome.Prediction, out var correction))
            {
                found.Add(outcome.Prediction);
                if (correction.Value is not { } value)
                    continue;
                outcome = outcome with { Value = value };
            }

            _outcomes[kept++] = outcome;
        }

        _outcomes.RemoveRange(kept, _outcomes.Count - kept);
        foreach (var (prediction, (at, unit, value)) in corrections)
        {
            if (value is { } first && !found.Contains(prediction))
                _outcomes.Add(new Outcome(prediction, at, unit, first));
        }

        // In their order once more: to the last bit what a tally has that reads the corrected values alone.
        foreach (var unit in units)
            UnitSum.Of(_sums, unit).Clear();
        foreach (var outcome in _outcomes)
        {
            if (units.Contains(outcome.Unit))
                UnitSum.Of(_sums, outcome.Unit).Add(outcome.Value);
        }

        foreach (var unit in units)
        {
            if (_sums[unit].Count == 0)
                _sums.Remove(unit);
        }
    }

    /// <summary>The moments over the units; since a moment, of the requests that came from then on.</summary>
    public Moments MomentsOf(OutcomeAggregate aggregate, DateTimeOffset? since)
    {
        if (since is null)
            return UnitSum.MomentsOf(_sums.Values, aggregate);
        // After the promotion the arms start anew: a unit's earlier requests were answered in another role.
        var sums = new Dictionary<string, UnitSum>(StringComparer.Ordinal);
        foreach (var outcome in _outcomes)
        {
            if (outcome.At >= since)
                UnitSum.Of(sums, outcome.Unit).Add(outcome.Value);
        }

        return UnitSum.MomentsOf(sums.Values, aggregate);
    }

    private readonly record struct Outcome(string Prediction, DateTimeOffset At, string Unit, double Value);
}
