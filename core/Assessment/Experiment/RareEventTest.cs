using MathNet.Numerics;

namespace Iml4e.Assessment.Experiment;

/// <summary>
/// The guardrail on rare events: an exact sequential test whether the challenger's events (errors, slow answers) come more often than tolerated.
/// Valid at every look and for any number of events; conservative when requests are Bernoulli.
/// </summary>
/// <remarks>
/// Given that an event happened, it is the challenger's with probability θ. H0: θ ≤ θ₀, against a uniform mixture on (θ₀, 1]:
/// ln E = lnB(b+1, a+1) + ln I₁₋θ₀(a+1, b+1) − ln(1−θ₀) − b ln θ₀ − a ln(1−θ₀), I the regularised incomplete beta function.
/// </remarks>
public static class RareEventTest
{
    /// <summary>θ₀ for equal exposure, or for exposure weights, at a tolerated ratio of rates: r·w_B / (w_A + r·w_B).</summary>
    /// <param name="toleranceRatio">r, the ratio of the challenger's rate to the control's that is still tolerated; positive.</param>
    /// <param name="controlWeight">w_A, the control's exposure.</param>
    /// <param name="challengerWeight">w_B, the challenger's exposure.</param>
    public static double NullShare(double toleranceRatio, double controlWeight = 1, double challengerWeight = 1)
    {
        if (!(toleranceRatio > 0 && controlWeight > 0 && challengerWeight > 0))
            throw new ArgumentOutOfRangeException(nameof(toleranceRatio), toleranceRatio, "The tolerated ratio and the exposure weights must be positive.");
        return toleranceRatio * challengerWeight / (controlWeight + toleranceRatio * challengerWeight);
    }

    /// <summary>ln E against "the challenger's share of events is at most θ₀".</summary>
    /// <param name="controlEvents">a, events in the control slice.</param>
    /// <param name="challengerEvents">b, events in the challenger slice over the same time.</param>
    /// <param name="nullShare">θ₀ in (0, 1); one half for equal exposure and no tolerance.</param>
    public static double LogE(long controlEvents, long challengerEvents, double nullShare = 0.5)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(controlEvents);
        ArgumentOutOfRangeException.ThrowIfNegative(challengerEvents);
        if (!(nullShare is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(nullShare), nullShare, "The null share must lie in (0, 1).");

        double a = controlEvents, b = challengerEvents;
        var x = 1 - nullShare;
        if (x < (a + 2) / (a + b + 4))
        {
            // Here ln I is itself a power term over a·B(a, b) times a fraction, and everything but the fraction cancels:
            // no difference of large logarithms is left, so the value stays exact for millions of events.
            return Math.Log(nullShare) - Math.Log(a + 1) + Math.Log(Fraction(a + 1, b + 1, x));
        }

        var logBeta = SpecialFunctions.GammaLn(a + 1) + SpecialFunctions.GammaLn(b + 1) - SpecialFunctions.GammaLn(a + b + 2);
        var logTail = (a + 1) * Math.Log(x) + (b + 1) * Math.Log(nullShare) - logBeta - Math.Log(b + 1) + Math.Log(Fraction(b + 1, a + 1, nullShare));
        return logBeta + LogOneMinusExp(logTail) - Math.Log(x) - b * Math.Log(nullShare) - a * Math.Log(x);
    }

    /// <summary>Whether E has reached 1/α.</summary>
    public static bool Fires(double logE, double alpha) => logE >= -Math.Log(alpha);

    /// <summary>
    /// The continued fraction of the incomplete beta function by Lentz's method; it converges in O(√max(a, b)) turns for x below (a+1)/(a+b+2).
    /// </summary>
    private static double Fraction(double a, double b, double x)
    {
        const double Tiny = 1e-300;
        var limit = 200 + (int)Math.Min(1_000_000, 20 * Math.Sqrt(Math.Max(a, b)));
        var c = 1.0;
        var d = 1 - (a + b) * x / (a + 1);
        d = 1 / (Math.Abs(d) < Tiny ? Tiny : d);
        var f = d;
        for (var m = 1; m <= limit; m++)
        {
            var even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 + even * d;
            d = 1 / (Math.Abs(d) < Tiny ? Tiny : d);
            c = 1 + even / c;
            c = Math.Abs(c) < Tiny ? Tiny : c;
            f *= d * c;
            var odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 + odd * d;
            d = 1 / (Math.Abs(d) < Tiny ? Tiny : d);
            c = 1 + odd / c;
            c = Math.Abs(c) < Tiny ? Tiny : c;
            var step = d * c;
            f *= step;
            if (Math.Abs(step - 1) < 1e-15)
                break;
        }
        return f;
    }

    private static double LogOneMinusExp(double x) =>
        x >= 0 ? double.NegativeInfinity : x > -Math.Log(2) ? Math.Log(-ExpMinusOne(x)) : LogOnePlus(-Math.Exp(x));

    private static double ExpMinusOne(double x) => Math.Abs(x) < 1e-5 ? x + x * x / 2 + x * x * x / 6 : Math.Exp(x) - 1;

    private static double LogOnePlus(double x) => Math.Abs(x) < 1e-4 ? x - x * x / 2 + x * x * x / 3 - x * x * x * x / 4 : Math.Log(1 + x);
}
