using Iml4e.Assessment.Experiment;

namespace Iml4e.Tests.Unit.Assessment;

public sealed class RareEventTestTests
{
    [Theory]
    [InlineData(2, 12, 0.5, 23.9172161172)]
    [InlineData(0, 5, 0.5, 10.5)]
    [InlineData(0, 8, 0.5, 56.7777777778)]
    [InlineData(0, 9, 0.5, 102.3)]
    [InlineData(10, 10, 0.5, 0.270260183573)]
    [InlineData(5, 15, 0.5, 6.35552115583)]
    [InlineData(30, 60, 0.5, 40.3885178328)]
    [InlineData(3, 9, 0.25, 289.650349650)]
    public void KnownAnswers(long a, long b, double theta, double e) => Near.Relative(e, Math.Exp(RareEventTest.LogE(a, b, theta)));

    [Fact]
    public void WithoutControlEventsItIsAPowerOfTwo()
    {
        for (var b = 0; b < 40; b++)
            Near.Relative((Math.Pow(2, b + 1) - 1) / (b + 1), Math.Exp(RareEventTest.LogE(0, b)));
    }

    /// <summary>The definition, integrated: ∫ (θ/θ₀)^b ((1−θ)/(1−θ₀))^a dθ / (1−θ₀) over (θ₀, 1].</summary>
    [Theory]
    [InlineData(0, 0, 0.5)]
    [InlineData(40, 3, 0.5)]
    [InlineData(700, 650, 0.5)]
    [InlineData(700, 900, 0.5)]
    [InlineData(20, 20, 0.9)]
    [InlineData(5000, 5200, 0.6)]
    public void AgreesWithTheIntegral(long a, long b, double theta)
    {
        const int Steps = 200_000;
        var width = (1 - theta) / Steps;
        var logs = new double[Steps];
        for (var i = 0; i < Steps; i++)
        {
            var t = theta + (i + 0.5) * width;
            logs[i] = b * Math.Log(t / theta) + a * Math.Log((1 - t) / (1 - theta));
        }
        var top = logs.Max();
        var log = top + Math.Log(logs.Sum(l => Math.Exp(l - top)) * width / (1 - theta));
        Assert.Equal(log, RareEventTest.LogE(a, b, theta), 1e-5);
    }

    [Theory]
    [InlineData(1_000_000, 1_000_000)]
    [InlineData(1_000_000, 10)]
    [InlineData(10, 1_000_000)]
    [InlineData(500_000_000, 500_100_000)]
    public void LargeCountsStayFinite(long a, long b)
    {
        var log = RareEventTest.LogE(a, b);
        Assert.True(double.IsFinite(log));
        Assert.Equal(b > a * 2, RareEventTest.Fires(log, 0.01));
        Assert.True(RareEventTest.LogE(a, b + b / 100 + 1) > log);
    }

    [Fact]
    public void ToleranceMovesTheNullShare()
    {
        Assert.Equal(0.5, RareEventTest.NullShare(1));
        Near.Relative(1.2 / 2.2, RareEventTest.NullShare(1.2));
        Near.Relative(2.0 / 3, RareEventTest.NullShare(1, 1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => RareEventTest.NullShare(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => RareEventTest.LogE(-1, 0));
    }
}
