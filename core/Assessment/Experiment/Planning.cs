using MathNet.Numerics.Distributions;

namespace Iml4e.Assessment.Experiment;

/// <summary>How many units an arm a fixed-horizon test would need; the yardstick for tuningN and for the days an experiment will last.</summary>
public static class Planning
{
    /// <summary>Units an arm to tell proportion <paramref name="p1"/> from <paramref name="p2"/>; round up.</summary>
    /// <remarks>n = [z₁₋α⸝₂·√(2p̄q̄) + z_pow·√(p1q1+p2q2)]²/(p2−p1)².</remarks>
    public static double TwoProportions(double p1, double p2, double alpha = 0.05, double power = 0.8)
    {
        if (!(p1 is > 0 and < 1 && p2 is > 0 and < 1) || p1 == p2)
            throw new ArgumentOutOfRangeException(nameof(p1), "The proportions must differ and lie in (0, 1).");
        var (za, zb) = Quantiles(alpha, power);
        var mean = (p1 + p2) / 2;
        var root = za * Math.Sqrt(2 * mean * (1 - mean)) + zb * Math.Sqrt(p1 * (1 - p1) + p2 * (1 - p2));
        return root * root / ((p2 - p1) * (p2 - p1));
    }

    /// <summary>Units an arm to find a difference of means <paramref name="difference"/> at standard deviation <paramref name="sigma"/>; round up.</summary>
    /// <remarks>n = 2(z₁₋α⸝₂+z_pow)²σ²/Δ².</remarks>
    public static double Means(double sigma, double difference, double alpha = 0.05, double power = 0.8)
    {
        if (!(sigma > 0) || difference == 0 || !double.IsFinite(difference) || !double.IsFinite(sigma))
            throw new ArgumentOutOfRangeException(nameof(sigma), "The standard deviation must be positive and the difference other than zero.");
        var (za, zb) = Quantiles(alpha, power);
        return 2 * (za + zb) * (za + zb) * sigma * sigma / (difference * difference);
    }

    /// <summary>Days until each arm has <paramref name="unitsPerArm"/> units, at the last stage's share.</summary>
    /// <param name="unitsPerArm">Units wanted in each arm.</param>
    /// <param name="unitsPerDay">New units a day, over all arms and those outside.</param>
    /// <param name="share">The challenger's share, in (0, 0.5].</param>
    /// <returns>Days; infinite without traffic.</returns>
    public static double Days(double unitsPerArm, double unitsPerDay, double share) =>
        unitsPerDay > 0 && share > 0 ? unitsPerArm / (unitsPerDay * share) : double.PositiveInfinity;

    /// <summary>Plans an experiment at its last stage's share.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="baseline">
    /// The champion's rate for a binary metric in a split design; otherwise the standard deviation of the outcomes, or of their differences in a paired one.
    /// </param>
    /// <param name="effect">The difference that is to be found, in the metric's unit; not zero.</param>
    /// <param name="unitsPerDay">New units a day, over all arms and those outside.</param>
    /// <param name="power">The chance to find it, in (0, 1).</param>
    public static ExperimentPlan Of(ExperimentConfiguration config, double baseline, double effect, double unitsPerDay, double power = 0.8)
    {
        ArgumentNullException.ThrowIfNull(config);
        var paired = config.EffectiveDesign == ExperimentDesign.ShadowPaired;
        var units = paired ? Means(baseline, effect, config.Alpha, power) / 2
            : config.Primary.Type == OutcomeType.Binary ? TwoProportions(baseline, baseline + effect, config.Alpha, power)
            : Means(baseline, effect, config.Alpha, power);
        units = Math.Min(1e15, Math.Ceiling(units));
        var days = Days(units, unitsPerDay, paired ? 1 : config.Stages[^1]) + config.Labels.Maturity.TotalDays;
        var warning = units > config.MaxUnitsPerArm
            ? FormattableString.Invariant($"{units} units an arm are needed, and maxUnitsPerArm is {config.MaxUnitsPerArm}")
            : double.IsInfinity(days) ? "without traffic there will be no decision"
            : days > config.MaxDuration.TotalDays
                ? FormattableString.Invariant($"{days:0.#} days are needed, and maxDuration is {config.MaxDuration.TotalDays:0.#} days")
                : null;
        return new ExperimentPlan((long)units, (long)(paired ? units : 2 * units), double.IsInfinity(days) ? null : days, warning);
    }

    private static (double Alpha, double Power) Quantiles(double alpha, double power)
    {
        if (!(alpha is > 0 and < 1 && power is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(alpha), "alpha and power must lie in (0, 1).");
        return (Normal.InvCDF(0, 1, 1 - alpha / 2), Normal.InvCDF(0, 1, power));
    }
}
