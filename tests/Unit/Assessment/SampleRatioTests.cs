using Iml4e.Assessment.Experiment;

namespace Iml4e.Tests.Unit.Assessment;

public sealed class SampleRatioTests
{
    [Theory]
    [InlineData(new long[] { 5000, 5000 }, null, 0, 1)]
    [InlineData(new long[] { 5100, 4900 }, null, 4, 0.04550026389636)]
    [InlineData(new long[] { 5200, 4800 }, null, 16, 6.334248366624e-5)]
    [InlineData(new long[] { 9480, 520 }, new[] { 95.0, 5 }, 0.842105263158, 0.358795357887)]
    [InlineData(new long[] { 9400, 600 }, new[] { 95.0, 5 }, 21.0526315789, 4.468387345230e-6)]
    [InlineData(new long[] { 33000, 33500, 33500 }, null, 5, 0.082084998624)]
    public void FixedTest(long[] counts, double[]? weights, double chi, double p)
    {
        var result = SampleRatioTest.Fixed(counts, weights);
        Near.Relative(chi, result.Statistic);
        Near.Relative(p, result.P);
        Assert.Equal(counts.Length - 1, result.DegreesOfFreedom);
    }

    [Theory]
    [InlineData(5000, 5000, 0.5, -2.310035464274)]
    [InlineData(5100, 4900, 0.5, -0.329511901546)]
    [InlineData(5200, 4800, 0.5, 5.613613411777)]
    [InlineData(5250, 4750, 0.5, 10.072489233709)]
    [InlineData(9400, 600, 0.95, 7.419084802789)]
    public void SequentialTest(long a, long b, double share, double logE) =>
        Near.Relative(logE, SampleRatioTest.SequentialLogE([a, b], [share, 1 - share]));

    [Fact]
    public void NoUnitsAreNoEvidence()
    {
        Assert.Equal(0, SampleRatioTest.SequentialLogE([0, 0]), 1e-12);
        Assert.Equal(1, SampleRatioTest.Fixed([0, 0]).P);
        Assert.Throws<ArgumentException>(() => SampleRatioTest.Fixed([1]));
        Assert.Throws<ArgumentException>(() => SampleRatioTest.Fixed([1, 2], [1.0]));
    }

    [Fact]
    public void MissingLabels()
    {
        var result = LabelMissingness.Test(4800, 200, 4700, 300);
        Near.Relative(21.0526315789, result.Statistic);
        Near.Relative(4.468387345e-6, result.P);
        Assert.Equal(1, LabelMissingness.Test(0, 0, 0, 0).P);
        Assert.Equal(1, LabelMissingness.Test(100, 0, 100, 0).P);
    }

    [Fact]
    public void RatioByTheDeltaMethod()
    {
        double[] y = [3, 0, 5, 2, 4, 1], x = [4, 1, 6, 2, 5, 2];
        var units = y.Zip(x).Aggregate(default(RatioMoments), (m, u) => m.Add(u.First, u.Second));
        var (ratio, variance) = DeltaMethod.Ratio(units);
        Near.Relative(0.75, ratio);
        Near.Relative(0.004125, variance);
        Near.Relative(0.064226162893, Math.Sqrt(variance));

        var first = y.Zip(x).Take(2).Aggregate(default(RatioMoments), (m, u) => m.Add(u.First, u.Second));
        var rest = y.Zip(x).Skip(2).Aggregate(default(RatioMoments), (m, u) => m.Add(u.First, u.Second));
        Near.Relative(variance, DeltaMethod.Ratio(first.Merge(rest)).Variance);
        var moments = DeltaMethod.AsMoments(units);
        Near.Relative(variance, moments.Variance / moments.Count);
        Assert.Equal(default, DeltaMethod.AsMoments(default));
    }

    [Fact]
    public void PlannedUnits()
    {
        Assert.Equal(3212.94, Planning.TwoProportions(0.90, 0.92), 0.005);
        Assert.Equal(3840.85, Planning.TwoProportions(0.10, 0.12), 0.005);
        Assert.Equal(1569.78, Planning.Means(1, 0.1), 0.005);
        Assert.Equal(10, Planning.Days(1000, 1000, 0.1), 1e-12);
        Assert.Equal(double.PositiveInfinity, Planning.Days(1000, 0, 0.1));
    }

    [Fact]
    public void APlanSaysWhatIsNeededAndWhetherThereIsTime()
    {
        var config = new ExperimentConfiguration { Primary = new() { Type = OutcomeType.Binary, Name = "correct" } };
        var plan = Planning.Of(config, 0.90, 0.02, 1000);
        Assert.Equal((3213, 6426, null), (plan.UnitsPerArm, plan.TuningN, plan.Warning));
        Near.Relative(3213 / 500.0 + 1, plan.Days);

        Assert.Equal("14 days", Planning.Of(config, 0.90, 0.02, 400).Warning![^7..]);
        Assert.StartsWith("17.1 days are needed", Planning.Of(config, 0.90, 0.02, 400).Warning, StringComparison.Ordinal);
        var idle = Planning.Of(config, 0.90, 0.02, 0);
        Assert.Equal((null, "without traffic there will be no decision"), (idle.Days, idle.Warning));
        Assert.Contains("maxUnitsPerArm is 200000", Planning.Of(config, 0.90, 0.0001, 1e9).Warning, StringComparison.Ordinal);

        Assert.Equal(1570, Planning.Of(new(), 1, 0.1, 1000).UnitsPerArm);
        var pairs = Planning.Of(new() { OutcomeExogenous = true }, Math.Sqrt(0.2), 0.05, 1000);
        Assert.Equal((628, 628), (pairs.UnitsPerArm, pairs.TuningN));
        Near.Relative(1.628, pairs.Days);
        Assert.Throws<ArgumentOutOfRangeException>(() => Planning.Of(config, 0.99, 0.02, 1000));
    }

    [Fact]
    public void LabelsMatureAndFallDue()
    {
        var timing = new LabelTiming();
        var at = new DateTimeOffset(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);
        Assert.False(timing.IsMature(at, at.AddDays(1).AddTicks(-1)));
        Assert.True(timing.IsMature(at, at.AddDays(1)));
        Assert.False(timing.IsOverdue(at, at.AddDays(7).AddTicks(-1)));
        Assert.True(timing.IsOverdue(at, at.AddDays(7)));
    }
}
