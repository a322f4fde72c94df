namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>What samples made on one model (row) do to another (column).</summary>
/// <param name="Sources">Names of the rows.</param>
/// <param name="Targets">Names of the columns.</param>
/// <param name="Values">Success rate, or relative drop of the mean average precision; null where it is not defined.</param>
public sealed record TransferMatrix(IReadOnlyList<string> Sources, IReadOnlyList<string> Targets, IReadOnlyList<IReadOnlyList<double?>> Values)
{
    /// <summary>Part of what samples do to their own source, that they do to a target; null where either is unknown or the former is 0.</summary>
    public double? Ratio(int source, int target)
    {
        var own = Targets.ToList().IndexOf(Sources[source]);
        return own >= 0 && Values[source][own] is > 0 and var at ? Values[source][target] / at : null;
    }

    /// <summary>Mean over the targets other than the source: how strong its samples are.</summary>
    public double? Strength(int source) => Mean(Enumerable.Range(0, Targets.Count).Where(t => Targets[t] != Sources[source]).Select(t => Values[source][t]));

    /// <summary>Mean over the sources other than the target: how weak it is.</summary>
    public double? Weakness(int target) => Mean(Enumerable.Range(0, Sources.Count).Where(s => Sources[s] != Targets[target]).Select(s => Values[s][target]));

    /// <summary>The success rate on samples that both models get right when clean; null where there is none.</summary>
    public static double? Success(IReadOnlyList<int> labels, IReadOnlyList<int> cleanSource, IReadOnlyList<int> cleanTarget, IReadOnlyList<int> attackedTarget)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var both = Enumerable.Range(0, labels.Count).Where(i => cleanSource[i] == labels[i] && cleanTarget[i] == labels[i]).ToList();
        return both.Count == 0 ? null : both.Count(i => attackedTarget[i] != labels[i]) / (double)both.Count;
    }

    private static double? Mean(IEnumerable<double?> values)
    {
        var known = values.OfType<double>().ToList();
        return known.Count == 0 ? null : known.Average();
    }
}
