using MathNet.Numerics;

namespace Iml4e.Assessment.Experiment;

/// <summary>
/// Tests whether the arms hold the shares of units they were given (sample-ratio mismatch); a mismatch means that logs or routing are broken.
/// </summary>
public static class SampleRatioTest
{
    /// <summary>The concentration K of the Dirichlet mixture.</summary>
    public const double Concentration = 100;

    /// <summary>Pearson's χ² test against the expected shares; meant for one use, when a decision is taken.</summary>
    /// <param name="counts">Units in each arm, two or more arms.</param>
    /// <param name="weights">Expected shares, positive, any scale; null for equal ones.</param>
    public static ChiSquareResult Fixed(ReadOnlySpan<long> counts, ReadOnlySpan<double> weights = default)
    {
        var (total, scale) = Check(counts, weights);
        if (total == 0)
            return new ChiSquareResult(0, counts.Length - 1, 1);
        var chi = 0.0;
        for (var i = 0; i < counts.Length; i++)
        {
            var expected = total * Weight(weights, i) / scale;
            chi += (counts[i] - expected) * (counts[i] - expected) / expected;
        }
        return ChiSquareResult.Of(chi, counts.Length - 1);
    }

    /// <summary>
    /// ln E of the Dirichlet-multinomial mixture against the expected shares, valid at every look:
    /// lnΓ(K) − lnΓ(K+n) + Σ[lnΓ(α_i+n_i) − lnΓ(α_i)] − Σ n_i ln θ_i with α_i = Kθ_i (Lindon and Malek, "Anytime-valid inference for multinomial
    /// count data", 2022).
    /// </summary>
    /// <inheritdoc cref="Fixed"/>
    public static double SequentialLogE(ReadOnlySpan<long> counts, ReadOnlySpan<double> weights = default)
    {
        var (total, scale) = Check(counts, weights);
        var log = SpecialFunctions.GammaLn(Concentration) - SpecialFunctions.GammaLn(Concentration + total);
        for (var i = 0; i < counts.Length; i++)
        {
            var theta = Weight(weights, i) / scale;
            log += SpecialFunctions.GammaLn(Concentration * theta + counts[i]) - SpecialFunctions.GammaLn(Concentration * theta) - counts[i] * Math.Log(theta);
        }
        return log;
    }

    private static double Weight(ReadOnlySpan<double> weights, int i) => weights.IsEmpty ? 1 : weights[i];

    private static (long Total, double Scale) Check(ReadOnlySpan<long> counts, ReadOnlySpan<double> weights)
    {
        if (counts.Length < 2)
            throw new ArgumentException("At least two arms are compared.", nameof(counts));
        if (!weights.IsEmpty && weights.Length != counts.Length)
            throw new ArgumentException($"{counts.Length} arms need as many weights, not {weights.Length}.", nameof(weights));
        var total = 0L;
        var scale = 0.0;
        for (var i = 0; i < counts.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(counts[i], nameof(counts));
            var weight = Weight(weights, i);
            if (!(weight > 0) || double.IsInfinity(weight))
                throw new ArgumentOutOfRangeException(nameof(weights), weight, "Weights must be positive.");
            total += counts[i];
            scale += weight;
        }
        return (total, scale);
    }
}
