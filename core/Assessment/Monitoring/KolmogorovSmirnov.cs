namespace Iml4e.Assessment.Monitoring;

/// <summary>The two-sample Kolmogorov-Smirnov test, two-sided (specification of monitoring, section 3).</summary>
public static class KolmogorovSmirnov
{
    private const int MostForExact = 10_000;
    private const double MostCells = 1e7;

    /// <summary>
    /// Tests whether both samples come of one distribution. The p-value is exact up to 10,000 values a sample and 10^7 pairs, else asymptotic.
    /// </summary>
    /// <param name="reference">Values, one at least, in any order.</param>
    /// <param name="current">Values, one at least, in any order.</param>
    public static DriftTestResult Test(IReadOnlyCollection<double> reference, IReadOnlyCollection<double> current)
    {
        var (r, c) = (reference.Order().ToArray(), current.Order().ToArray());
        var steps = Steps(r, c);
        var statistic = steps / ((double)r.Length * c.Length);
        var exact = Math.Max(r.Length, c.Length) <= MostForExact && (double)r.Length * c.Length <= MostCells;
        return new DriftTestResult(statistic, exact ? Exact(r.Length, c.Length, steps) : Asymptotic(statistic, r.Length, c.Length));
    }

    /// <summary>The p-value of the statistic for samples so large, by the series of the limiting distribution.</summary>
    public static double Asymptotic(double statistic, int n, int m)
    {
        var effective = (double)n * m / (n + m);
        var lambda = (Math.Sqrt(effective) + 0.12 + (0.11 / Math.Sqrt(effective))) * statistic;
        var (sum, sign) = (0.0, 1.0);
        for (var j = 1; j <= 100; j++, sign = -sign)
        {
            var term = Math.Exp(-2.0 * j * j * lambda * lambda);
            sum += sign * term;
            if (term < 1e-17)
                break;
        }

        return Math.Clamp(2 * sum, 0, 1);
    }

    /// <summary>max |i·m - j·n| over all places: the statistic times n·m, a whole number.</summary>
    private static long Steps(double[] r, double[] c)
    {
        var (i, j, most) = (0, 0, 0L);
        while (i < r.Length && j < c.Length)
        {
            var value = Math.Min(r[i], c[j]);
            while (i < r.Length && r[i] == value)
                i++;
            while (j < c.Length && c[j] == value)
                j++;
            most = Math.Max(most, Math.Abs(((long)i * c.Length) - ((long)j * r.Length)));
        }

        return most;
    }

    // The share of lattice paths that stay inside: u(i,j) from its left and lower neighbours, row by row.
    private static double Exact(int n, int m, long steps)
    {
        if (steps == 0)
            return 1;
        var inside = new double[m + 1];
        for (var j = 0; j <= m; j++)
            inside[j] = j == 0 ? 1 : (long)j * n >= steps ? 0 : inside[j - 1];
        for (var i = 1; i <= n; i++)
        {
            for (var j = 0; j <= m; j++)
            {
                if (Math.Abs(((long)i * m) - ((long)j * n)) >= steps)
                    inside[j] = 0;
                else if (j > 0)
                    inside[j] = ((inside[j] * i) + (inside[j - 1] * j)) / (i + j);
            }
        }

        return Math.Clamp(1 - inside[m], 0, 1);
    }
}
