namespace Iml4e.Assessment.Experiment;

/// <summary>
/// Always-valid inference on a mean or on the difference of two means: the interval holds at every look at once, however many looks there are.
/// </summary>
/// <remarks>
/// The asymptotic normal-mixture confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and
/// asymptotic confidence sequences", eq. 9; with normal mixing it is the mixture SPRT of Johari, Koomen, Pekelis and Walsh. Being asymptotic it must not
/// decide on few units: the guards are with <see cref="ExperimentDecider"/>.
/// </remarks>
public static class ConfidenceSequence
{
    /// <summary>The mixing parameter ρ of the two-sided sequence that is tightest at <paramref name="tuningN"/> units of both arms together.</summary>
    /// <param name="alpha">Error over all looks, in (0, 0.5).</param>
    /// <param name="tuningN">Units in all at which the interval is to be tightest, at least 1.</param>
    public static double Rho(double alpha, double tuningN)
    {
        Check(alpha, tuningN);
        return RhoOf(alpha, tuningN);
    }

    /// <summary>The mixing parameter ρ₁ of the one-sided sequence: that of <see cref="Rho"/> at 2α.</summary>
    public static double RhoOneSided(double alpha, double tuningN)
    {
        Check(alpha, tuningN);
        return RhoOf(2 * alpha, tuningN);
    }

    /// <summary>The difference of means, challenger less control.</summary>
    public static ConfidenceEstimate TwoSample(Moments control, Moments challenger, double alpha, double tuningN)
    {
        var squared = control.Variance / control.Count + challenger.Variance / challenger.Count;
        return Estimate(challenger.Mean - control.Mean, squared, control.Count + challenger.Count, alpha, tuningN);
    }

    /// <summary>The mean of paired differences, challenger less champion on the same request or unit.</summary>
    public static ConfidenceEstimate Paired(Moments differences, double alpha, double tuningN) =>
        Estimate(differences.Mean, differences.Variance / differences.Count, differences.Count, alpha, tuningN);

    /// <summary>The sequence for any estimate with a known squared standard error, such as a ratio's from <see cref="DeltaMethod"/>.</summary>
    /// <param name="delta">The estimate.</param>
    /// <param name="squaredError">SE², of the estimate.</param>
    /// <param name="count">N: units of both arms, or pairs.</param>
    /// <param name="alpha">Error over all looks, in (0, 0.5).</param>
    /// <param name="tuningN">N*, frozen when the experiment starts.</param>
    /// <returns>An estimate whose members are NaN (p = 1, interval unbounded) when the standard error is not a positive finite number.</returns>
    public static ConfidenceEstimate Estimate(double delta, double squaredError, long count, double alpha, double tuningN)
    {
        Check(alpha, tuningN);
        var error = Math.Sqrt(squaredError);
        if (!double.IsFinite(delta) || !double.IsFinite(error) || error <= 0 || count <= 0)
            return new ConfidenceEstimate(delta, error, double.PositiveInfinity, double.NaN, 1, double.PositiveInfinity);

        double n = count;
        var v = squaredError * n;

        var rho = RhoOf(alpha, tuningN);
        var r = n * rho * rho + 1;
        var half = Math.Sqrt(v * 2 * r / (n * n * rho * rho) * Math.Log(Math.Sqrt(r) / alpha));
        var z = delta / error;
        var logE = rho * rho * n * z * z / (2 * r) - 0.5 * Math.Log(r);

        var rho1 = RhoOf(2 * alpha, tuningN);
        var r1 = n * rho1 * rho1 + 1;
        var half1 = Math.Sqrt(v * 2 * r1 / (n * n * rho1 * rho1) * Math.Log(1 + Math.Sqrt(r1) / (2 * alpha)));

        return new ConfidenceEstimate(delta, error, half, logE, Math.Min(1, Math.Exp(-logE)), half1);
    }

    private static double RhoOf(double alpha, double tuningN) =>
        Math.Sqrt((-2 * Math.Log(alpha) + Math.Log(1 - 2 * Math.Log(alpha))) / tuningN);

    private static void Check(double alpha, double tuningN)
    {
        if (!(alpha is > 0 and < 0.5))
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "alpha must lie in (0, 0.5).");
        if (!(tuningN >= 1) || double.IsInfinity(tuningN))
            throw new ArgumentOutOfRangeException(nameof(tuningN), tuningN, "tuningN must be at least 1.");
    }
}
