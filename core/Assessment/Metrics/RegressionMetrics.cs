namespace Iml4e.Assessment.Metrics;

/// <summary>Errors of a regression. Fractions, not percent; null where undefined, never NaN.</summary>
public sealed record RegressionMetrics
{
    /// <summary>Pairs that were measured.</summary>
    public int Count { get; init; }

    /// <summary>Pairs passed over because one of the two was not finite.</summary>
    public int Skipped { get; init; }

    /// <summary>Mean absolute error.</summary>
    public double? Mae { get; init; }

    /// <summary>√(Σe²/n).</summary>
    public double? Rmse { get; init; }

    /// <summary>Mean |e/y| over targets other than zero (|y| &gt; 1e-9).</summary>
    public double? Mape { get; init; }

    /// <summary>Targets that <see cref="Mape"/> passed over for being zero.</summary>
    public int ZeroTargets { get; init; }

    /// <summary>
    /// CV(RMSE) = √(Σe²/(n − p))/|ȳ| with p = 1, ASHRAE Guideline 14; null below two pairs or at mean zero. Guideline 14 has ȳ, which is positive for the loads
    /// that it is about: of targets with a negative mean (temperatures, net power) the magnitude is taken, so that smaller is better for them too.
    /// </summary>
    public double? CvRmse { get; init; }

    /// <summary>
    /// NMBE = Σ(y − ŷ)/((n − p)·ȳ) with p = 1, ASHRAE Guideline 14. Positive means that the model predicts too little. (Guideline 14 itself uses p of the
    /// model for uncalibrated baselines; p = 1 is its value for calibrated simulations.)
    /// </summary>
    public double? Nmbe { get; init; }

    /// <summary>1 − Σe²/Σ(y − ȳ)²; null below two pairs or for a constant target.</summary>
    public double? R2 { get; init; }

    /// <summary>Metric name to value.</summary>
    public IReadOnlyDictionary<string, double?> ToDictionary() => new SortedDictionary<string, double?>(StringComparer.Ordinal)
    {
        ["mae"] = Mae, ["rmse"] = Rmse, ["mape"] = Mape, ["cv_rmse"] = CvRmse, ["nmbe"] = Nmbe, ["r2"] = R2,
    };

    /// <summary>Measures predictions against what happened.</summary>
    /// <param name="actual">y.</param>
    /// <param name="predicted">ŷ, as many.</param>
    public static RegressionMetrics Compute(ReadOnlySpan<double> actual, ReadOnlySpan<double> predicted)
    {
        if (actual.Length != predicted.Length)
            throw new ArgumentException($"{actual.Length} targets need as many predictions, not {predicted.Length}.", nameof(predicted));
        int n = 0, zeros = 0;
        double mean = 0, m2 = 0, absolute = 0, squared = 0, bias = 0, relative = 0;
        for (var i = 0; i < actual.Length; i++)
        {
            double y = actual[i], e = y - predicted[i];
            if (!double.IsFinite(y) || !double.IsFinite(predicted[i]))
                continue;
            n++;
            var d = y - mean;
            mean += d / n;
            m2 += d * (y - mean);
            absolute += Math.Abs(e);
            squared += e * e;
            bias += e;
            if (Math.Abs(y) > 1e-9)
                relative += Math.Abs(e / y);
            else
                zeros++;
        }
        return new RegressionMetrics
        {
            Count = n,
            Skipped = actual.Length - n,
            ZeroTargets = zeros,
            Mae = Finite(absolute / n),
            Rmse = Finite(Math.Sqrt(squared / n)),
            Mape = Finite(relative / (n - zeros)),
            CvRmse = n < 2 ? null : Finite(Math.Sqrt(squared / (n - 1)) / Math.Abs(mean)),
            Nmbe = n < 2 ? null : Finite(bias / ((n - 1) * mean)),
            R2 = n < 2 || m2 <= 0 ? null : Finite(1 - squared / m2),
        };
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
