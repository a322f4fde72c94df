using Iml4e.Assessment.Monitoring;
using static Iml4e.Tests.Unit.Assessment.Monitoring.DriftVectors;

namespace Iml4e.Tests.Unit.Assessment.Monitoring;

/// <summary>The vectors of the specification of monitoring, section 13, that are about single columns.</summary>
public sealed class DriftTestTests
{
    private static readonly double[] Small = [.. Enumerable.Range(1, 10).Select(i => (double)i)];
    private static readonly double[] Shifted = [.. Enumerable.Range(3, 12).Select(i => (double)i)];
    private static readonly CategoryCounts Three = Categories(["a", "b", "c"], [50, 30, 20], [30, 30, 20]);
    private static readonly CategoryCounts NewOne = Categories(["a", "b", "d"], [50, 50, 0], [45, 45, 10]);

    [Fact]
    public void The_generator_is_that_of_the_specification()
    {
        double[] first = [0.23645552527159452, 0.3692706737201661, 0.5042420323006809, 0.7048832636792213, 0.05054362863302231];
        Assert.Equal(first, Uniform(1).Take(5));
        Near.Relative(0.5250439084777608, R.Average());
        Near.Relative(0.28522971094450983, DistributionDistance.Deviation(R));
        Near.Relative(0.4891950556782659, C1.Average());
    }

    [Fact]
    public void Kolmogorov_and_smirnov()
    {
        var (one, zero, small) = (KolmogorovSmirnov.Test(R, C1), KolmogorovSmirnov.Test(R, C0), KolmogorovSmirnov.Test(Small, Shifted));
        Near.Relative(0.0745, one.Statistic);
        Near.Relative(0.16162487906893, one.PValue);
        Near.Relative(0.065, zero.Statistic);
        Near.Relative(0.29242099053465, zero.PValue);
        Near.Relative(1.0 / 3, small.Statistic);
        Near.Relative(0.476956480052455, small.PValue);
        Near.Relative(0.16259294316813, KolmogorovSmirnov.Asymptotic(one.Statistic, 500, 400));
        Near.Relative(0.29519757071774, KolmogorovSmirnov.Asymptotic(zero.Statistic, 500, 400));
        Near.Relative(0.489631413506976, KolmogorovSmirnov.Asymptotic(small.Statistic, 10, 12));
        Assert.Equal(new DriftTestResult(0, 1), KolmogorovSmirnov.Test(Small, Small));
    }

    [Fact]
    public void Wasserstein()
    {
        Assert.Equal((0.03586342594895, 0.12573523925749), Rounded(R, C1));
        Assert.Equal((0.02503802457801, 0.08778196526266), Rounded(R, C0));
        Near.Relative(3, DistributionDistance.Wasserstein(Small, Shifted));
        Near.Relative(2.872281323269014, DistributionDistance.Deviation(Small));
        Near.Relative(1.044465935734187, DistributionDistance.WassersteinNormed(Small, Shifted, DistributionDistance.Deviation(Small)));
        Near.Relative(5000, DistributionDistance.WassersteinNormed([1, 1], [6], 0));
    }

    [Fact]
    public void Bins()
    {
        double[] r = [42, 37, 34, 47, 54, 36, 52, 50, 53, 46, 49];
        var (one, zero) = (CategoryCounts.Of(R, C1), CategoryCounts.Of(R, C0));
        Assert.Equal(r, one.Reference);
        Assert.Equal([44, 35, 39, 30, 38, 33, 36, 37, 41, 34, 33], one.Current);
        Assert.Equal(r, zero.Reference);
        Assert.Equal([27, 39, 37, 41, 40, 33, 33, 36, 46, 34, 34], zero.Current);
        var few = CategoryCounts.Of(new double[] { 1, 1, 2 }, new double[] { 2, 3 });
        Assert.Equal([2, 1, 0], few.Reference);
        Assert.Equal([0, 1, 1], few.Current);
        Assert.Equal(1, CategoryCounts.OfDistinctSturges([7, 7], [7]).Length);
    }

    [Fact]
    public void Distances_of_bins()
    {
        var (one, zero) = (CategoryCounts.Of(R, C1), CategoryCounts.Of(R, C0));
        Close(0.03323963585467, DistributionDistance.PopulationStability(one));
        Close(0.02957930594252, DistributionDistance.PopulationStability(zero));
        Close(0.01626505028198, DistributionDistance.KullbackLeibler(one));
        Close(0.01462189649244, DistributionDistance.KullbackLeibler(zero));
        Close(0.06436419550634, DistributionDistance.JensenShannon(one));
        Close(0.06073209117282, DistributionDistance.JensenShannon(zero));
        Close(0.07730927754618, DistributionDistance.JensenShannon(one) / Math.Sqrt(Math.Log(2)));
        Close(0.07294667564014, DistributionDistance.JensenShannon(zero) / Math.Sqrt(Math.Log(2)));
    }

    [Fact]
    public void Cramer_and_von_mises()
    {
        var (one, zero) = (CramerVonMises.Test(R, C1), CramerVonMises.Test(R, C0));
        Close(0.32565592592593, one.Statistic);
        Close(0.11470857666513, one.PValue);
        Close(0.18445925925926, zero.Statistic);
        Close(0.30010226205756, zero.PValue);
        Assert.Equal(1, CramerVonMises.Test([1, 1, 1, 2, 2, 2], [1, 1, 1, 2, 2, 2]).PValue, 6);
    }

    [Fact]
    public void Categories_against_a_reference()
    {
        var fit = CategoryTests.ChiSquare(Three);
        Near.Relative(5, fit.Statistic);
        Near.Relative(0.082084998623899, fit.PValue);
        Close(0.063853202970749, DistributionDistance.PopulationStability(Three));
        Close(0.032269260568786, DistributionDistance.KullbackLeibler(Three));
        Close(0.089213216047257, DistributionDistance.JensenShannon(Three));
        Near.Relative(0.125, DistributionDistance.TotalVariation(Three));
        Close(0.089276557577190, DistributionDistance.Hellinger(Three));
    }

    [Fact]
    public void A_category_that_the_reference_has_not()
    {
        Close(0.700620803936098, DistributionDistance.PopulationStability(NewOne));
        Close(0.189667489702763, DistributionDistance.JensenShannon(NewOne));
        var contingency = CategoryTests.Contingency(NewOne);
        Near.Relative(10.526315789473685, contingency.Statistic);
        Near.Relative(0.005178924370598, contingency.PValue);
        Assert.Equal(new DriftTestResult(double.PositiveInfinity, 0), CategoryTests.ChiSquare(NewOne));
        Assert.Equal(1, CategoryTests.ChiSquare(Categories(["a"], [50], [20])).PValue);
    }

    [Fact]
    public void Two_shares()
    {
        var test = CategoryTests.TwoProportions(30, 100, 40, 80);
        Near.Relative(-2.735053835031311, test.Statistic);
        Near.Relative(0.006237007458873, test.PValue);
        Assert.Equal(1, CategoryTests.TwoProportions(50, 50, 50, 50).PValue);
    }

    [Fact]
    public void The_false_discovery_rate()
    {
        double[] adjusted = [.01, .04, .084, .084, .084, .1, .1057142857, .216, .216, .216];
        var result = BenjaminiHochberg.Adjust([.001, .008, .039, .041, .042, .06, .074, .205, .212, .216]);
        for (var i = 0; i < adjusted.Length; i++)
            Near.Relative(adjusted[i], result[i]);
        Assert.Equal(2, result.Count(p => p <= 0.05));
    }

    [Theory]
    [InlineData(500, "ks", false)]
    [InlineData(1001, "wasserstein", false)]
    public void Evidentlys_choice_follows_the_size_of_the_reference(int rows, string test, bool drifted)
    {
        var reference = ColumnSample.Of("x", Uniform(1).Take(rows));
        var result = EvidentlyDrift.Test(reference, ColumnSample.Of("x", C1))!;
        Assert.Equal((test, drifted), (result.Test, result.Drifted));
    }

    [Fact]
    public void Whole_numbers_of_few_values_are_categories()
    {
        var binary = ColumnSample.Of("x", Enumerable.Range(0, 200).Select(i => (double)(i % 2)));
        Assert.Equal("z", EvidentlyDrift.Test(binary, binary)!.Test);
        var six = ColumnSample.Of("x", Enumerable.Range(0, 600).Select(i => (double)(i % 6)));
        Assert.Equal("ks", EvidentlyDrift.Test(six, six)!.Test);
        var names = ColumnSample.Of("x", ["a", "b", "c", "a"]);
        Assert.Equal("chiSquare", EvidentlyDrift.Test(names, names)!.Test);
        Assert.Null(EvidentlyDrift.Test(names, six));
    }

    private static (double, double) Rounded(double[] r, double[] c)
    {
        double[] reference = [.. r.Order()], current = [.. c.Order()];
        return (Math.Round(DistributionDistance.Wasserstein(reference, current), 14),
            Math.Round(DistributionDistance.WassersteinNormed(reference, current, DistributionDistance.Deviation(reference)), 14));
    }

    private static CategoryCounts Categories(string[] names, int[] reference, int[] current) =>
        CategoryCounts.Of(names.SelectMany((n, i) => Enumerable.Repeat(n, reference[i])), names.SelectMany((n, i) => Enumerable.Repeat(n, current[i])));

    // The vectors are written with 14 places.
    private static void Close(double expected, double actual) => Assert.True(Math.Abs(expected - actual) < 1e-12, $"expected {expected:R}, got {actual:R}");
}
