using MathNet.Numerics;

namespace Iml4e.Assessment.Monitoring;

/// <summary>The two-sample Cramér-von Mises test (Anderson 1962), with the asymptotic p-value.</summary>
public static class CramerVonMises
{
    /// <summary>Tests whether both samples come of one distribution.</summary>
    /// <param name="reference">Values, one at least, in any order.</param>
    /// <param name="current">Values, one at least, in any order.</param>
    public static DriftTestResult Test(IReadOnlyCollection<double> reference, IReadOnlyCollection<double> current)
    {
        var (r, c) = (reference.Order().ToArray(), current.Order().ToArray());
        double n = r.Length, m = c.Length, all = n + m, pairs = n * m;
        var (sumR, sumC) = RankDeviations(r, c);
        var statistic = (((n * sumR) + (m * sumC)) / (pairs * all)) - (((4 * pairs) - 1) / (6 * all));
        var expected = (1 + (1 / all)) / 6;
        var variance = (all + 1) * ((4 * pairs * all) - (3 * ((n * n) + (m * m))) - (2 * pairs)) / (45 * all * all * 4 * pairs);
        var limit = (1.0 / 6) + ((statistic - expected) / Math.Sqrt(45 * variance));
        return new DriftTestResult(statistic, limit < 0.003 ? 1 : Math.Clamp(1 - Limiting(limit), 0, 1));
    }

    // Sums of the squared distances between the ranks in both samples together (mid-ranks for ties) and in one's own.
    private static (double R, double C) RankDeviations(double[] r, double[] c)
    {
        var (i, j, sumR, sumC) = (0, 0, 0.0, 0.0);
        while (i < r.Length || j < c.Length)
        {
            var value = i == r.Length ? c[j] : j == c.Length ? r[i] : Math.Min(r[i], c[j]);
            var (startR, startC) = (i, j);
            while (i < r.Length && r[i] == value)
                i++;
            while (j < c.Length && c[j] == value)
                j++;
            var rank = startR + startC + ((i - startR + j - startC + 1) / 2.0);
            for (var k = startR; k < i; k++)
                sumR += (rank - (k + 1)) * (rank - (k + 1));
            for (var k = startC; k < j; k++)
                sumC += (rank - (k + 1)) * (rank - (k + 1));
        }

        return (sumR, sumC);
    }

    private static double Limiting(double x)
    {
        var sum = 0.0;
        for (var k = 0; k < 100; k++)
        {
            var y = (4 * k) + 1.0;
            var q = y * y / (16 * x);
            var weight = Math.Exp(SpecialFunctions.GammaLn(k + 0.5) - SpecialFunctions.GammaLn(k + 1)) / (Math.Pow(Math.PI, 1.5) * Math.Sqrt(x));
            var term = weight * Math.Sqrt(y) * Math.Exp(-q) * SpecialFunctions.BesselK(0.25, q);
            if (!(Math.Abs(term) >= 1e-12))
                break;
            sum += term;
        }

        return sum;
    }
}
