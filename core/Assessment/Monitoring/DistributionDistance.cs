namespace Iml4e.Assessment.Monitoring;

/// <summary>Distances between two distributions given by counts or values (specification of monitoring, section 3).</summary>
public static class DistributionDistance
{
    private const double Fill = 0.0001;
    private const double LeastDeviation = 0.001;

    /// <summary>Population stability index, Σ(r - c)·ln(r / c); empty shares are filled, nothing is normalised again.</summary>
    public static double PopulationStability(CategoryCounts counts)
    {
        var (r, c) = Filled(counts);
        return Sum(r, c, static (x, y) => (x - y) * Math.Log(x / y));
    }

    /// <summary>Kullback-Leibler divergence Σ r·ln(r / c) of the filled shares, normalised to 1.</summary>
    public static double KullbackLeibler(CategoryCounts counts)
    {
        var (r, c) = Filled(counts);
        var (sumR, sumC) = (r.Sum(), c.Sum());
        return Sum(r, c, (x, y) => x / sumR * Math.Log(x / sumR / (y / sumC)));
    }

    /// <summary>Jensen-Shannon distance, the root of the divergence in natural logarithms; 0 to √ln 2.</summary>
    public static double JensenShannon(CategoryCounts counts)
    {
        var (r, c) = (Shares(counts.Reference), Shares(counts.Current));
        var divergence = Sum(r, c, static (x, y) => Half(x, (x + y) / 2) + Half(y, (x + y) / 2));
        return Math.Sqrt(Math.Max(0, divergence));

        static double Half(double share, double middle) => share == 0 ? 0 : share * Math.Log(share / middle) / 2;
    }

    /// <summary>Total variation distance ½Σ|r - c|; 0 to 1.</summary>
    public static double TotalVariation(CategoryCounts counts) => Sum(Shares(counts.Reference), Shares(counts.Current), static (x, y) => Math.Abs(x - y) / 2);

    /// <summary>Hellinger distance √(1 - Σ√(r·c)); 0 to 1.</summary>
    public static double Hellinger(CategoryCounts counts) =>
        Math.Sqrt(Math.Max(0, 1 - Sum(Shares(counts.Reference), Shares(counts.Current), static (x, y) => Math.Sqrt(x * y))));

    /// <summary>First Wasserstein distance ∫|F_R - F_C| dx, in the unit of the values.</summary>
    /// <param name="reference">Values in ascending order, one at least.</param>
    /// <param name="current">Values in ascending order, one at least.</param>
    public static double Wasserstein(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        var (i, j, sum) = (0, 0, 0.0);
        var at = Math.Min(reference[0], current[0]);
        while (i < reference.Length || j < current.Length)
        {
            var next = i == reference.Length ? current[j] : j == current.Length ? reference[i] : Math.Min(reference[i], current[j]);
            sum += Math.Abs(((double)i / reference.Length) - ((double)j / current.Length)) * (next - at);
            at = next;
            while (i < reference.Length && reference[i] == at)
                i++;
            while (j < current.Length && current[j] == at)
                j++;
        }

        return sum;
    }

    /// <summary>The Wasserstein distance over the standard deviation of the reference (divisor n), which counts for 0.001 at least.</summary>
    public static double WassersteinNormed(ReadOnlySpan<double> reference, ReadOnlySpan<double> current, double deviation) =>
        Wasserstein(reference, current) / Math.Max(deviation, LeastDeviation);

    /// <summary>Standard deviation with divisor n.</summary>
    public static double Deviation(ReadOnlySpan<double> values)
    {
        var (mean, m2) = (0.0, 0.0);
        for (var i = 0; i < values.Length; i++)
        {
            var d = values[i] - mean;
            mean += d / (i + 1);
            m2 += d * (values[i] - mean);
        }

        return Math.Sqrt(m2 / values.Length);
    }

    private static (double[] R, double[] C) Filled(CategoryCounts counts) => (Filled(Shares(counts.Reference)), Filled(Shares(counts.Current)));

    private static double[] Filled(double[] shares)
    {
        var least = shares.Where(s => s > 0).Min();
        var fill = least <= Fill ? least / 1e6 : Fill;
        return Array.ConvertAll(shares, s => s == 0 ? fill : s);
    }

    private static double[] Shares(double[] counts)
    {
        var sum = counts.Sum();
        return Array.ConvertAll(counts, c => c / sum);
    }

    private static double Sum(double[] r, double[] c, Func<double, double, double> term)
    {
        var sum = 0.0;
        for (var i = 0; i < r.Length; i++)
            sum += term(r[i], c[i]);
        return sum;
    }
}
