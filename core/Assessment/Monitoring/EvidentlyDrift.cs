namespace Iml4e.Assessment.Monitoring;

/// <summary>
/// Test and limit by the size of the reference and the number of different values, as Evidently chooses them (specification of monitoring, section 3,
/// <c>profile: evidently</c>). For comparison: with small current samples and with autocorrelation these limits alarm on noise.
/// </summary>
public static class EvidentlyDrift
{
    private const int SmallReference = 1000;

    /// <summary>Tests a column; null when one of the samples is empty, or holds another kind of values.</summary>
    public static ColumnDrift? Test(ColumnSample reference, ColumnSample current)
    {
        (reference, current) = ColumnSample.Typed(reference, current);
        if (reference.Count == 0 || current.Count == 0 || reference.Numbers is null != current.Numbers is null)
            return null;
        var counts = reference.Numbers is null
            ? CategoryCounts.Of(reference.Categories!, current.Categories!)
            : CategoryCounts.Of([.. reference.Numbers], [.. current.Numbers!]);
        var distinct = reference.Numbers is null ? counts.Length : reference.Numbers.Concat(current.Numbers!).Distinct().Take(6).Count();
        if (reference.Count <= SmallReference)
        {
            if (reference.Numbers is { } numbers && distinct > 5)
                return Result("ks", KolmogorovSmirnov.Test([.. numbers], [.. current.Numbers!]).PValue, p => p <= 0.05, 0.05);
            return distinct > 2
                ? Result("chiSquare", CategoryTests.ChiSquare(counts).PValue, p => p < 0.05, 0.05)
                : Result("z", TwoShares(counts), p => p < 0.05, 0.05);
        }

        return reference.Numbers is not null && distinct > 5
            ? Result("wasserstein", Wasserstein(reference, current), d => d >= 0.1, 0.1)
            : Result("jensenShannon", DistributionDistance.JensenShannon(counts), d => d >= 0.1, 0.1);

        ColumnDrift Result(string test, double statistic, Func<double, bool> beyond, double threshold) =>
            new(reference.Name, test, statistic, threshold, beyond(statistic), "evidently");
    }

    private static double TwoShares(CategoryCounts counts) =>
        CategoryTests.TwoProportions(counts.Reference[0], counts.Reference.Sum(), counts.Current[0], counts.Current.Sum()).PValue;

    private static double Wasserstein(ColumnSample reference, ColumnSample current)
    {
        double[] r = [.. reference.Numbers!.Order()], c = [.. current.Numbers!.Order()];
        return DistributionDistance.WassersteinNormed(r, c, DistributionDistance.Deviation(r));
    }
}
