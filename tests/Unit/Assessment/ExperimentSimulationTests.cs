using Iml4e.Assessment.Experiment;

namespace Iml4e.Tests.Unit.Assessment;

/// <summary>Seeded simulations; the bars are those of the specification, section 16, with fewer runs.</summary>
public sealed class ExperimentSimulationTests
{
    [Theory]
    [InlineData(0.02)]
    [InlineData(0.10)]
    [InlineData(0.90)]
    [InlineData(-1)]
    public void PeekingAtNothingFindsNothing(double rate)
    {
        const int PerArm = 10_000, Step = 20;
        var runs = rate < 0 ? 200 : 400;
        int always = 0, naive = 0;
        for (var run = 0; run < runs; run++)
        {
            var random = new Random(run * 7919 + 13);
            Moments a = default, b = default;
            bool alwaysFired = false, naiveFired = false;
            for (var n = 1; n <= PerArm && !(alwaysFired && naiveFired); n++)
            {
                a = a.Add(Draw(random, rate));
                b = b.Add(Draw(random, rate));
                if (n < 100 || n % Step != 0)
                    continue;
                var estimate = ConfidenceSequence.TwoSample(a, b, 0.05, 5000);
                alwaysFired |= estimate.P <= 0.05 && Enough(a, rate) && Enough(b, rate);
                naiveFired |= Math.Abs(estimate.Delta / estimate.StandardError) >= 1.96;
            }
            always += alwaysFired ? 1 : 0;
            naive += naiveFired ? 1 : 0;
        }
        Assert.True(always <= 0.05 * runs, $"always-valid: {always} of {runs}");
        Assert.True(naive >= 0.35 * runs, $"naive z: {naive} of {runs}");
    }

    [Fact]
    public void ABetterChallengerIsFoundAndAWorseOneHarms()
    {
        const int Runs = 100;
        var stops = new List<int>();
        var harms = 0;
        for (var run = 0; run < Runs; run++)
        {
            if (Stop(0.90, 0.92, run, e => e.Low > 0) is { } n)
                stops.Add(n);
            harms += Stop(0.92, 0.90, run + 1000, e => e.High < 0) is not null ? 1 : 0;
        }
        stops.Sort();
        Assert.True(stops.Count >= 0.95 * Runs, $"found {stops.Count} of {Runs}");
        Assert.True(stops[stops.Count / 2] <= 3500, $"median stop {stops[stops.Count / 2]}");
        Assert.True(harms >= 0.95 * Runs, $"harm found {harms} of {Runs}");
    }

    [Fact]
    public void TheGuardrailIsQuickAndQuiet()
    {
        const int Runs = 200;
        int quick = 0, falseAlarms = 0;
        for (var run = 0; run < Runs; run++)
        {
            quick += Alarm(0.005, 0.05, 1500, run) is not null ? 1 : 0;
            falseAlarms += Alarm(0.005, 0.005, 20_000, run + 5000) is not null ? 1 : 0;
        }
        Assert.True(quick >= 0.99 * Runs, $"found {quick} of {Runs}");
        Assert.True(falseAlarms <= 0.01 * Runs, $"false alarms {falseAlarms} of {Runs}");
    }

    [Fact]
    public void PairsNeedFarFewerRequestsThanASplit()
    {
        var paired = new List<int>();
        for (var run = 0; run < 60; run++)
        {
            var random = new Random(run + 77);
            var d = default(Moments);
            for (var n = 1; n <= 10_000; n++)
            {
                // Unit-variance losses with correlation 0.9 differ with variance 0.2.
                d = d.Add(0.05 + Math.Sqrt(0.2) * Normal(random));
                if (n >= 100 && n % 10 == 0 && ConfidenceSequence.Paired(d, 0.05, 5000).Low > 0)
                {
                    paired.Add(n);
                    break;
                }
            }
        }
        paired.Sort();
        Assert.Equal(60, paired.Count);
        Assert.True(paired[30] <= 1500, $"median {paired[30]}");
    }

    [Fact]
    public void LostLogsAreNoticed()
    {
        const int Runs = 100;
        int found = 0, healthy = 0;
        for (var run = 0; run < Runs; run++)
        {
            found += Mismatch(0.03, run) ? 1 : 0;
            healthy += Mismatch(0, run + 500) ? 1 : 0;
        }
        Assert.True(found >= 0.9 * Runs, $"found {found} of {Runs}");
        Assert.True(healthy <= 1, $"healthy ones flagged {healthy} of {Runs}");
    }

    /// <summary>The sequential test at every look and the fixed one at the end, as an experiment has them.</summary>
    private static bool Mismatch(double loss, int seed)
    {
        var random = new Random(seed);
        long control = 0, challenger = 0;
        for (var unit = 1; unit <= 100_000; unit++)
        {
            if (random.NextDouble() < 0.5)
                control++;
            else if (random.NextDouble() >= loss)
                challenger++;
            if (unit % 1000 == 0 && SampleRatioTest.SequentialLogE([control, challenger]) >= Math.Log(1000))
                return true;
        }
        return SampleRatioTest.Fixed([control, challenger]).P < 0.001;
    }

    private static int? Alarm(double control, double challenger, int requests, int seed)
    {
        var random = new Random(seed);
        long a = 0, b = 0;
        for (var n = 1; n <= requests; n++)
        {
            var before = a + b;
            a += random.NextDouble() < control ? 1 : 0;
            b += random.NextDouble() < challenger ? 1 : 0;
            if (a + b > before && RareEventTest.Fires(RareEventTest.LogE(a, b), 0.01))
                return n;
        }
        return null;
    }

    private static int? Stop(double champion, double challenger, int seed, Func<ConfidenceEstimate, bool> done)
    {
        var random = new Random(seed);
        Moments a = default, b = default;
        for (var n = 1; n <= 10_000; n++)
        {
            a = a.Add(random.NextDouble() < champion ? 1 : 0);
            b = b.Add(random.NextDouble() < challenger ? 1 : 0);
            if (n >= 200 && n % 20 == 0 && done(ConfidenceSequence.TwoSample(a, b, 0.05, 5000)))
                return n;
        }
        return null;
    }

    private static bool Enough(Moments arm, double rate) => rate < 0 || (arm.Mean * arm.Count >= 10 && (1 - arm.Mean) * arm.Count >= 10);

    private static double Draw(Random random, double rate) => rate < 0 ? Math.Exp(Normal(random)) : random.NextDouble() < rate ? 1 : 0;

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
