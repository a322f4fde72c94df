using Iml4e.Assessment.Experiment;

namespace Iml4e.Tests.Unit.Assessment;

/// <summary>Known answers of the specification of the adaptive pipeline, section 14, and what the bounds must keep in simulation.</summary>
public sealed class GroupSequentialTestTests
{
    private static readonly double[] Quarters = [0.25, 0.5, 0.75, 1];

    [Theory]
    [InlineData(SpendingFunction.ObrienFleming, new[] { 1.473361687e-5, 0.003050645516, 0.019298649907, 0.05 })]
    [InlineData(SpendingFunction.Pocock, new[] { 0.017868700975, 0.031005725348, 0.041399446962, 0.05 })]
    public void Spends(SpendingFunction function, double[] expected)
    {
        for (var i = 0; i < 4; i++)
            Near.Relative(expected[i], GroupSequentialTest.Spend(function, Quarters[i], 0.05));
    }

    [Theory]
    [InlineData(SpendingFunction.ObrienFleming, new[] { 0.25, 0.5, 0.75, 1 }, new[] { 4.3326, 2.9631, 2.3589, 2.0138 })]
    [InlineData(SpendingFunction.ObrienFleming, new[] { 0.2, 0.4, 0.6, 0.8, 1 }, new[] { 4.8769, 3.3570, 2.6802, 2.2903, 2.0318 })]
    [InlineData(SpendingFunction.Pocock, new[] { 0.25, 0.5, 0.75, 1 }, new[] { 2.3683, 2.3683, 2.3584, 2.3501 })]
    public void Bounds(SpendingFunction function, double[] fractions, double[] expected)
    {
        var bounds = GroupSequentialTest.Bounds(function, fractions, 0.05);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], bounds[i], 1e-3);
    }

    [Fact]
    public void OneLookIsTheFixedTest()
    {
        var test = new GroupSequentialTest();
        Assert.Equal(1.959964, test.Add(400, 0.05), 1e-5);
        var adjusted = test.Adjust(2.5, 0.02, 0.05);
        Near.Relative(0.05, adjusted.Delta, 1e-9);
        Assert.Equal(0.05 - 1.959964 * 0.02, adjusted.Low, 1e-6);
        Assert.Equal(0.05 + 1.959964 * 0.02, adjusted.High, 1e-6);
        Assert.Equal(0.012419, adjusted.P, 1e-6);
        Assert.Equal(1.959964, test.Bound, 1e-5);
    }

    [Fact]
    public void AnEarlyLookHasABoundThatIsOutOfReach() =>
        Assert.Equal([GroupSequentialTest.LargestBound, 1.96], GroupSequentialTest.Bounds(SpendingFunction.ObrienFleming, [0.01, 1], 0.05).Select(b => Math.Round(b, 2)));

    [Fact]
    public void WhatCannotBeIsRefused()
    {
        var test = new GroupSequentialTest();
        Assert.Throws<InvalidOperationException>(() => test.Adjust(1, 1, 0.05));
        test.Add(100, 0.01);
        Assert.Throws<ArgumentOutOfRangeException>(() => test.Add(100, 0.02));
        Assert.Throws<ArgumentOutOfRangeException>(() => test.Add(200, 0.005));
        Assert.Throws<ArgumentOutOfRangeException>(() => GroupSequentialTest.Spend(SpendingFunction.Pocock, 0.5, 0.5));
    }

    /// <summary>The looks come where the data are, not where they were planned; stopped early, the plain estimate is too large and the adjusted one is not.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    public void ErrorAndEstimateAreRight(double effect)
    {
        const int Runs = 2000;
        double[] information = [300, 420, 800, 1100];
        var tests = Enumerable.Range(1, 4).Select(looks => Path(information[..looks])).ToArray();
        var bounds = tests.Select(t => t.Bound).ToArray();
        var random = new Random(17);
        int found = 0, above = 0, plainAbove = 0;
        for (var run = 0; run < Runs; run++)
        {
            double score = 0, before = 0, z = 0;
            var look = 0;
            for (; look < 4; look++)
            {
                score += effect * (information[look] - before) + Math.Sqrt(information[look] - before) * Normal(random);
                before = information[look];
                z = score / Math.Sqrt(before);
                if (Math.Abs(z) >= bounds[look])
                    break;
            }
            var crossed = look < 4;
            found += crossed ? 1 : 0;
            plainAbove += z / Math.Sqrt(before) > effect ? 1 : 0;
            // The median-unbiased estimate lies above the effect where the effect makes the outcome less likely than one half.
            var stopped = Math.Min(look, 3);
            above += (z > -bounds[stopped] ? tests[stopped].AtLeast(z, effect) < 0.5 : tests[stopped].AtLeast(-z, -effect) > 0.5) ? 1 : 0;
        }
        if (effect == 0)
            Assert.InRange(found, 0.037 * Runs, 0.063 * Runs);
        else
            Assert.InRange(plainAbove, 0.53 * Runs, Runs);
        Assert.InRange(above, 0.465 * Runs, 0.535 * Runs);
    }

    private static GroupSequentialTest Path(double[] information)
    {
        var test = new GroupSequentialTest();
        foreach (var i in information)
            test.Add(i, GroupSequentialTest.Spend(SpendingFunction.Pocock, i / 1000, 0.05));
        return test;
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
