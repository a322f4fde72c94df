using MathNet.Numerics;

namespace Iml4e.Assessment.Monitoring;

/// <summary>Tests of categories against a reference: goodness of fit, and two shares.</summary>
public static class CategoryTests
{
    /// <summary>
    /// The χ² test of the current counts against those expected by the reference, df = categories - 1. A category that the reference has not makes it certain;
    /// with a single category nothing can differ, and p is 1.
    /// </summary>
    public static DriftTestResult ChiSquare(CategoryCounts counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        if (counts.Length <= 1)
            return new DriftTestResult(0, 1);
        var (n, m, sum) = (counts.Reference.Sum(), counts.Current.Sum(), 0.0);
        for (var i = 0; i < counts.Length; i++)
        {
            var expected = counts.Reference[i] * m / n;
            if (expected == 0)
                return new DriftTestResult(double.PositiveInfinity, 0);
            sum += (counts.Current[i] - expected) * (counts.Current[i] - expected) / expected;
        }

        return new DriftTestResult(sum, UpperTail(sum, counts.Length - 1));
    }

    /// <summary>The χ² test of independence of the two samples' counts, for comparison with tools that treat both alike.</summary>
    public static DriftTestResult Contingency(CategoryCounts counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        var (n, m, sum) = (counts.Reference.Sum(), counts.Current.Sum(), 0.0);
        for (var i = 0; i < counts.Length; i++)
        {
            var all = counts.Reference[i] + counts.Current[i];
            var (r, c) = (all * n / (n + m), all * m / (n + m));
            sum += ((counts.Reference[i] - r) * (counts.Reference[i] - r) / r) + ((counts.Current[i] - c) * (counts.Current[i] - c) / c);
        }

        return counts.Length <= 1 ? new DriftTestResult(0, 1) : new DriftTestResult(sum, UpperTail(sum, counts.Length - 1));
    }

    /// <summary>The z test of two shares with the pooled variance, two-sided; two shares that are constant and equal have p = 1.</summary>
    public static DriftTestResult TwoProportions(double successes1, double count1, double successes2, double count2)
    {
        var pooled = (successes1 + successes2) / (count1 + count2);
        var variance = pooled * (1 - pooled) * ((1 / count1) + (1 / count2));
        if (variance <= 0)
            return new DriftTestResult(0, 1);
        var z = ((successes1 / count1) - (successes2 / count2)) / Math.Sqrt(variance);
        return new DriftTestResult(z, SpecialFunctions.Erfc(Math.Abs(z) / Math.Sqrt(2)));
    }

    private static double UpperTail(double statistic, int degrees) => statistic <= 0 ? 1 : SpecialFunctions.GammaUpperRegularized(degrees / 2.0, statistic / 2);
}
