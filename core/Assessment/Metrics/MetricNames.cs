namespace Iml4e.Assessment.Metrics;

/// <summary>The metrics by name, and which way each is better.</summary>
public static class MetricNames
{
    /// <summary>Name to direction, for every metric of this folder.</summary>
    public static readonly IReadOnlyDictionary<string, MetricDirection> Directions = new Dictionary<string, MetricDirection>(StringComparer.Ordinal)
    {
        ["mae"] = MetricDirection.Lower,
        ["rmse"] = MetricDirection.Lower,
        ["mape"] = MetricDirection.Lower,
        ["cv_rmse"] = MetricDirection.Lower,
        ["nmbe"] = MetricDirection.Zero,
        ["r2"] = MetricDirection.Higher,
        ["accuracy"] = MetricDirection.Higher,
        ["balanced_accuracy"] = MetricDirection.Higher,
        ["macro_f1"] = MetricDirection.Higher,
        ["log_loss"] = MetricDirection.Lower,
        ["roc_auc"] = MetricDirection.Higher,
    };

    /// <summary>
    /// Whether <paramref name="value"/> is better than <paramref name="than"/>; false when either is undefined. Unknown names count as lower is better.
    /// </summary>
    public static bool IsBetter(string name, double? value, double? than)
    {
        if (value is not { } a || than is not { } b)
            return false;
        return Directions.GetValueOrDefault(name, MetricDirection.Lower) switch
        {
            MetricDirection.Higher => a > b,
            MetricDirection.Zero => Math.Abs(a) < Math.Abs(b),
            _ => a < b,
        };
    }
}
