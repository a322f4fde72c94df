using Iml4e.Assessment.Experiment;

namespace Iml4e.Tests.Unit.Assessment;

/// <summary>Known answers computed with NumPy and SciPy (specification of the adaptive pipeline, section 14).</summary>
public sealed class ConfidenceSequenceTests
{
    [Theory]
    [InlineData(0.05, 5000, 0.03984006677137368)]
    [InlineData(0.01, 5000, 0.04802861926125968)]
    [InlineData(0.05, 20000, 0.01992003338568684)]
    public void RhoIsTightestAtTheTuningSize(double alpha, double tuning, double expected) =>
        Near.Relative(expected, ConfidenceSequence.Rho(alpha, tuning));

    [Theory]
    [InlineData(0.05, 0.03557768852889753)]
    [InlineData(0.01, 0.044724772793340195)]
    public void OneSidedRhoSpendsTwiceAlpha(double alpha, double expected) => Near.Relative(expected, ConfidenceSequence.RhoOneSided(alpha, 5000));

    [Theory]
    [InlineData(500, 450, 460, 0.018106786336146, 0.060909196309533, -0.101052391697755, 1, -0.037080239828059)]
    [InlineData(5000, 4500, 4600, 0.005720711958232, 0.017513829335831, 4.336204336637809, 0.013086104503863, 0.003974393829123)]
    [InlineData(20000, 18000, 18400, 0.002860141433645, 0.009187225700772, 21.98629390575977, 2.82796401717e-10, 0.011541360376287)]
    public void BinaryArms(int n, int a, int b, double error, double half, double logE, double p, double oneSidedLow)
    {
        var estimate = ConfidenceSequence.TwoSample(Moments.OfBinary(a, n), Moments.OfBinary(b, n), 0.05, 5000);
        Near.Relative(0.02, estimate.Delta);
        Near.Relative(error, estimate.StandardError);
        Near.Relative(half, estimate.HalfWidth);
        Near.Relative(0.02 - half, estimate.Low);
        Near.Relative(0.02 + half, estimate.High);
        Near.Relative(logE, estimate.LogE);
        Near.Relative(p, estimate.P);
        Near.Relative(oneSidedLow, estimate.OneSidedLow);
    }

    private static readonly double[] A = [3.1, 2.9, 3.4, 2.8, 3.3, 3.0, 3.2, 2.7, 3.5, 3.1];
    private static readonly double[] B = [2.8, 2.6, 3.0, 2.5, 2.9, 2.7, 3.1, 2.4, 2.8, 2.7];

    [Fact]
    public void ContinuousArms()
    {
        Near.Relative(0.0666666666667, Moments.Of(A).Variance);
        Near.Relative(0.0472222222222, Moments.Of(B).Variance);
        var estimate = ConfidenceSequence.TwoSample(Moments.Of(A), Moments.Of(B), 0.05, 5000);
        Near.Relative(-0.35, estimate.Delta);
        Near.Relative(0.106718737290549, estimate.StandardError);
        Near.Relative(1.49309661501016, estimate.HalfWidth);
        Near.Relative(0.149845696731007, estimate.LogE);
        Near.Relative(0.860840796726509, estimate.P);
    }

    [Fact]
    public void PairedDifferences()
    {
        var d = Moments.Of(A.Zip(B, (a, b) => b - a));
        Near.Relative(-0.35, d.Mean);
        Near.Relative(0.0227777777778, d.Variance);
        var estimate = ConfidenceSequence.Paired(d, 0.05, 5000);
        Near.Relative(0.935818586077402, estimate.HalfWidth);
        Near.Relative(0.662146918124921, estimate.P);

        var summary = ConfidenceSequence.Paired(new Moments(2000, -0.02, 0.09 * 1999), 0.05, 5000);
        Near.Relative(0.020954947187032, summary.HalfWidth);
        Near.Relative(-0.040954947187032, summary.Low);
        Near.Relative(0.000954947187032, summary.High);
        Near.Relative(0.069580084757143, summary.P);
    }

    [Fact]
    public void NothingIsSaidWithoutAStandardError()
    {
        var estimate = ConfidenceSequence.TwoSample(Moments.OfBinary(50, 50), Moments.OfBinary(50, 50), 0.05, 5000);
        Assert.Equal(1, estimate.P);
        Assert.Equal(double.NegativeInfinity, estimate.Low);
        Assert.Equal(double.PositiveInfinity, estimate.High);
        Assert.Throws<ArgumentOutOfRangeException>(() => ConfidenceSequence.Rho(0.5, 5000));
    }

    [Fact]
    public void MomentsMergeAsIfTheyWereOneStream()
    {
        Assert.Equal(new Moments(5, 3, 10), new Moments(2, 1.5, 0.5).Merge(new Moments(3, 4, 2)));
        Assert.Equal(new Moments(5, 3, 10), Moments.Of([1, 2, 3, 4, 5]));
        var random = new Random(4);
        var values = Enumerable.Range(0, 1000).Select(_ => 1e9 + random.NextDouble()).ToArray();
        var whole = Moments.Of(values);
        var merged = values.Chunk(37).Select(Moments.Of).Aggregate(default(Moments), (x, y) => x.Merge(y));
        Near.Relative(whole.Mean, merged.Mean);
        // Two-pass reference: the offset of 1e9 would destroy sums of squares.
        var mean = values.Select(v => v - 1e9).Average();
        Near.Relative(values.Sum(v => (v - 1e9 - mean) * (v - 1e9 - mean)), merged.M2, 1e-6);
        Assert.Throws<ArgumentOutOfRangeException>(() => default(Moments).Add(double.NaN));
    }
}
