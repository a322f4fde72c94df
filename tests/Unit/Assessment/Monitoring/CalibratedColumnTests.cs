using Iml4e.Assessment.Monitoring;

namespace Iml4e.Tests.Unit.Assessment.Monitoring;

/// <summary>Limits that the reference itself gives (specification of monitoring, section 5).</summary>
public sealed class CalibratedColumnTests
{
    private const int Year = 8760;

    /// <summary>The rates of the specification: 1.5 % and 3.5 % at φ 0.5 and 0.9, where the fixed limit of 0.1 alarms in 66 % and 96 %.</summary>
    [Theory]
    [InlineData(0, 0.03, 0.42)]
    [InlineData(0.5, 0.04, 0.66)]
    [InlineData(0.9, 0.07, 0.96)]
    public void Noise_does_not_count_as_drift(double phi, double most, double fixedLimit)
    {
        var (calibrated, plain, tests) = (0, 0, 0);
        for (var seed = 1; seed <= 12; seed++)
        {
            var series = Autoregressive(phi, Year + (50 * 168), seed);
            var column = CalibratedColumn.Of(ColumnSample.Of("x", series[..Year]), 168);
            Assert.Equal("calibrated(103 windows)", column.ThresholdSource);
            for (var k = 0; k < 50; k++, tests++)
            {
                var result = column.Test(ColumnSample.Of("x", series[(Year + (k * 168))..(Year + ((k + 1) * 168))]))!;
                calibrated += result.Drifted ? 1 : 0;
                plain += result.Statistic >= 0.1 ? 1 : 0;
            }
        }

        Assert.InRange((double)calibrated / tests, 0, most);
        Assert.InRange((double)plain / tests, fixedLimit - 0.12, 1);
    }

    [Theory]
    [InlineData(168, 0.21)]
    [InlineData(24 + 6, 0.47)]
    public void The_limit_of_independent_normal_values(int window, double limit) =>
        Assert.InRange(CalibratedColumn.Of(ColumnSample.Of("x", Autoregressive(0, Year, 3)), window).Threshold, 0.75 * limit, 1.25 * limit);

    [Fact]
    public void A_shift_of_one_standard_deviation_is_found()
    {
        var series = Autoregressive(0.5, Year + 168, 5);
        var column = CalibratedColumn.Of(ColumnSample.Of("x", series[..Year]), 168);
        Assert.True(column.Test(ColumnSample.Of("x", series[Year..].Select(x => x + (1 / Math.Sqrt(1 - 0.25)))))!.Drifted);
    }

    [Fact]
    public void A_short_reference_is_put_together_anew_of_blocks()
    {
        var column = CalibratedColumn.Of(ColumnSample.Of("x", Autoregressive(0.5, 4000, 7)), 500);
        Assert.Equal("calibrated(200 bootstrap windows)", column.ThresholdSource);
        Assert.False(column.Test(ColumnSample.Of("x", Autoregressive(0.5, 500, 8)))!.Drifted);
        Assert.True(column.Test(ColumnSample.Of("x", Autoregressive(0.5, 500, 8).Select(x => x + 2)))!.Drifted);
        Assert.Equal(column.Threshold, CalibratedColumn.Of(ColumnSample.Of("x", Autoregressive(0.5, 4000, 7)), 500).Threshold);
    }

    [Fact]
    public void Categories_drift_when_their_shares_do()
    {
        var reference = ColumnSample.Of("kind", Enumerable.Range(0, 6000).Select(i => i * 7 % 10 < 7 ? "hot" : "cold"));
        var column = CalibratedColumn.Of(reference, 100);
        Assert.False(column.Test(ColumnSample.Of("kind", Enumerable.Range(0, 100).Select(i => i % 10 < 7 ? "hot" : "cold")))!.Drifted);
        var drift = column.Test(ColumnSample.Of("kind", Enumerable.Range(0, 100).Select(i => i % 10 < 3 ? "hot" : "tepid")))!;
        Assert.Equal(("jensenShannon", true), (drift.Test, drift.Drifted));
    }

    [Fact]
    public void What_cannot_be_judged_is_left_out()
    {
        var column = CalibratedColumn.Of(ColumnSample.Of("x", Autoregressive(0, 1000, 9)), 100);
        Assert.Null(column.Test(ColumnSample.Of("x", Autoregressive(0, 29, 1))));
        Assert.Null(column.Test(ColumnSample.Of("x", Enumerable.Repeat("a", 100))));
        Assert.Null(DatasetDrift.Test([column], new Dictionary<string, ColumnSample>()).Share);
        var constant = CalibratedColumn.Of(ColumnSample.Of("c", Enumerable.Repeat(1.5, 1000)), 100);
        var current = new Dictionary<string, ColumnSample>
        {
            ["x"] = ColumnSample.Of("x", Autoregressive(0, 100, 2)), ["c"] = ColumnSample.Of("c", Enumerable.Repeat(1.7, 100)),
        };
        Assert.Equal(0.5, DatasetDrift.Test([column, constant], current).Share);
    }

    private static double[] Autoregressive(double phi, int count, int seed)
    {
        var random = new Random(seed);
        var values = new double[count];
        var last = 0.0;
        for (var i = -100; i < count; i++)
        {
            last = (phi * last) + (Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
            if (i >= 0)
                values[i] = last;
        }

        return values;
    }
}
