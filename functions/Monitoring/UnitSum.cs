using Iml4e.Assessment.Experiment;

namespace Iml4e.Functions.Monitoring;

/// <summary>The outcomes of one unit.</summary>
internal sealed class UnitSum
{
    /// <summary>Their sum.</summary>
    public double Sum { get; private set; }

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>Their mean.</summary>
    public double Mean => Sum / Count;

    /// <summary>That of a unit, made when it is not there yet.</summary>
    public static UnitSum Of(Dictionary<string, UnitSum> units, string name) =>
        units.TryGetValue(name, out var unit) ? unit : units[name] = new UnitSum();

    /// <summary>The moments of an arm over its units.</summary>
    public static Moments MomentsOf(IEnumerable<UnitSum> units, OutcomeAggregate aggregate) => aggregate == OutcomeAggregate.Ratio
        ? DeltaMethod.AsMoments(units.Aggregate(default(RatioMoments), (moments, unit) => moments.Add(unit.Sum, unit.Count)))
        : Moments.Of(units.Select(unit => unit.Mean));

    /// <summary>Adds an outcome.</summary>
    public void Add(double value)
    {
        Sum += value;
        Count++;
    }

    /// <summary>Begins anew.</summary>
    public void Clear() => (Sum, Count) = (0, 0);
}
