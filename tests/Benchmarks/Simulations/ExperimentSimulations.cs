using Iml4e.Assessment.Experiment;
using Iml4e.Assessment.Experiment.Ctcde;

namespace Iml4e.Benchmarks.Simulations;

/// <summary>
/// Seeded simulations of what the experiment's statistics promise: the bars of the specification of the adaptive pipeline, section 16, that need no running
/// app. The same code serves the tests with fewer runs and the benchmark at full size.
/// </summary>
internal static class ExperimentSimulations
{
    private const double Alpha = 0.05, TuningN = 5000;

    /// <summary>Everything, at a share of the full size.</summary>
    public static IEnumerable<SimulatedFigure> All(double scale)
    {
        foreach (var (name, rate) in ((string, double?)[])[("Bernoulli 0.02", 0.02), ("Bernoulli 0.1", 0.1), ("Bernoulli 0.9", 0.9), ("lognormal", null)])
        {
            foreach (var figure in Peeking(name, rate, Runs(2000)))
                yield return figure;
        }
        foreach (var figure in ((Func<int, IEnumerable<SimulatedFigure>>)Power)(Runs(500)).Concat(Guardrail(Runs(500))).Concat(LateLabels(Runs(40)))
            .Concat(Pairs(Runs(300))).Concat(LostLogs(Runs(300), Runs(1000))).Concat(PointEstimates(Runs(2000))))
        {
            yield return figure;
        }

        int Runs(int full) => Math.Max(1, (int)(full * scale));
    }

    /// <summary>Bar 2: an interval looked at every 20 units finds nothing where there is nothing; the fixed-horizon test does.</summary>
    public static IEnumerable<SimulatedFigure> Peeking(string name, double? rate, int runs)
    {
        int always = 0, naive = 0;
        for (var run = 0; run < runs; run++)
        {
            var random = new Random(run * 7919 + 13);
            Moments a = default, b = default;
            bool alwaysFired = false, naiveFired = false;
            for (var n = 1; n <= 10_000 && !(alwaysFired && naiveFired); n++)
            {
                a = a.Add(Draw(random, rate));
                b = b.Add(Draw(random, rate));
                if (n < 100 || n % 20 != 0)
                    continue;
                var estimate = ConfidenceSequence.TwoSample(a, b, Alpha, TuningN);
                alwaysFired |= (estimate.Low > 0 || estimate.High < 0) && Enough(a, rate) && Enough(b, rate);
                naiveFired |= Math.Abs(estimate.Delta / estimate.StandardError) >= 1.96;
            }
            always += alwaysFired ? 1 : 0;
            naive += naiveFired ? 1 : 0;
        }
        yield return new SimulatedFigure(2, $"no effect, {name}: share decided, always valid", Share(always, runs), Most: 0.05);
        yield return new SimulatedFigure(2, $"no effect, {name}: share decided, naive z", Share(naive, runs), Least: 0.35);
    }

    /// <summary>Bar 3: 0.90 against 0.92, both ways.</summary>
    public static IEnumerable<SimulatedFigure> Power(int runs)
    {
        var stops = new List<int>();
        var harms = 0;
        for (var run = 0; run < runs; run++)
        {
            if (Stop(0.90, 0.92, run, e => e.Low > 0) is { } n)
                stops.Add(n);
            harms += Stop(0.92, 0.90, run + 100_000, e => e.High < 0) is null ? 0 : 1;
        }
        yield return new SimulatedFigure(3, "0.90 to 0.92: share promoted", Share(stops.Count, runs), Least: 0.95);
        yield return new SimulatedFigure(3, "0.90 to 0.92: median units an arm", Median(stops), Most: 3500);
        yield return new SimulatedFigure(3, "0.92 to 0.90: share rolled back", Share(harms, runs), Least: 0.95);
    }

    /// <summary>Bar 4: errors of 5 % against 0.5 %, and of 0.5 % in both arms.</summary>
    public static IEnumerable<SimulatedFigure> Guardrail(int runs)
    {
        var alarms = new List<int>();
        var falseAlarms = 0;
        for (var run = 0; run < runs; run++)
        {
            if (Alarm(0.005, 0.05, 1500, run) is { } n)
                alarms.Add(n);
            falseAlarms += Alarm(0.005, 0.005, 20_000, run + 5000) is null ? 0 : 1;
        }
        yield return new SimulatedFigure(4, "5 % errors: share rolled back in 1500 requests", Share(alarms.Count, runs), Least: 0.99);
        yield return new SimulatedFigure(4, "5 % errors: median challenger requests", Median(alarms));
        yield return new SimulatedFigure(4, "equal errors: share rolled back in 20,000 requests", Share(falseAlarms, runs), Most: 0.01);
    }

    /// <summary>Bar 8: failures are labelled after an hour, successes after 20; the challenger begins a day after the control. Read at hour 72.</summary>
    public static IEnumerable<SimulatedFigure> LateLabels(int runs)
    {
        double mature = 0, hasty = double.NegativeInfinity, level = 0;
        for (var run = 0; run < runs; run++)
        {
            var kept = Labelled(new LabelTiming { Maturity = TimeSpan.FromHours(24) }, run);
            var all = Labelled(new LabelTiming { Maturity = TimeSpan.Zero }, run);
            mature = Math.Max(mature, Math.Abs(kept.Challenger.Mean - kept.Control.Mean));
            hasty = Math.Max(hasty, all.Challenger.Mean - all.Control.Mean);
            level = Math.Max(level, Math.Max(all.Challenger.Mean, all.Control.Mean));
        }
        yield return new SimulatedFigure(8, "late labels, maturity 24 h: largest difference of any run", mature, Most: 0.006);
        yield return new SimulatedFigure(8, "late labels, no maturity: difference nearest to none", hasty, Most: -0.01);
        yield return new SimulatedFigure(8, "late labels, no maturity: highest level (true 0.9)", level, Most: 0.89);
    }

    /// <summary>Bar 10: unit-variance losses of correlation 0.9 and an effect of 0.05, on pairs and on a split.</summary>
    public static IEnumerable<SimulatedFigure> Pairs(int runs)
    {
        var paired = new List<int>();
        var split = new List<int>();
        for (var run = 0; run < runs; run++)
        {
            var random = new Random(run + 77);
            var d = default(Moments);
            for (var n = 1; n <= 40_000; n++)
            {
                d = d.Add(0.05 + Math.Sqrt(0.2) * Normal(random));
                if (n >= 100 && n % 10 == 0 && ConfidenceSequence.Paired(d, Alpha, TuningN).Low > 0)
                {
                    paired.Add(n);
                    break;
                }
            }
            Moments a = default, b = default;
            for (var n = 1; n <= 40_000; n++)
            {
                a = a.Add(Normal(random));
                b = b.Add(0.05 + Normal(random));
                if (n >= 100 && n % 25 == 0 && ConfidenceSequence.TwoSample(a, b, Alpha, TuningN).Low > 0)
                {
                    split.Add(2 * n);
                    break;
                }
            }
        }
        yield return new SimulatedFigure(10, "shadow pairs: median requests", Median(paired), Most: 1500);
        yield return new SimulatedFigure(10, "split: median requests", Median(split));
        yield return new SimulatedFigure(10, "split over pairs", Median(split) / Median(paired), Least: 8);
    }

    /// <summary>Bar 11: 3 % of the challenger's units are lost from the log.</summary>
    public static IEnumerable<SimulatedFigure> LostLogs(int runs, int healthy)
    {
        int hundred = 0, twoHundred = 0, flagged = 0;
        for (var run = 0; run < runs; run++)
        {
            hundred += Mismatch(0.03, 100_000, run) ? 1 : 0;
            twoHundred += Mismatch(0.03, 200_000, run + 200_000) ? 1 : 0;
        }
        for (var run = 0; run < healthy; run++)
            flagged += Mismatch(0, 100_000, run + 500_000) ? 1 : 0;
        yield return new SimulatedFigure(11, "3 % lost of 100,000 units: share found", Share(hundred, runs), Least: 0.9);
        yield return new SimulatedFigure(11, "3 % lost of 200,000 units: share found", Share(twoHundred, runs), Least: 0.99);
        yield return new SimulatedFigure(11, "nothing lost: share flagged", Share(flagged, healthy), Most: 0.003);
    }

    /// <summary>What mode ctcde does where there is no effect, and where the challenger is worse: no bar, a comparison.</summary>
    public static IEnumerable<SimulatedFigure> PointEstimates(int runs)
    {
        yield return new SimulatedFigure(0, "ctcde, 0.90 to 0.90, 3000 requests: share promoted", Promoted(0.90));
        yield return new SimulatedFigure(0, "ctcde, 0.90 to 0.89, 3000 requests: share promoted", Promoted(0.89));

        double Promoted(double rate)
        {
            var promoted = 0;
            var options = new CtcdeOptions();
            for (var run = 0; run < runs; run++)
            {
                var random = new Random(run + 900_000);
                Moments a = default, b = default;
                var state = new CtcdeState();
                while (!state.Ended)
                {
                    for (var request = 0; request < 200; request++)
                    {
                        if (random.Next(100) < state.ChallengerWeight)
                            b = b.Add(Draw(random, rate));
                        else
                            a = a.Add(Draw(random, 0.90));
                    }
                    state = CtcdeDecider.Decide(options, state, Reading(a), Reading(b));
                }
                promoted += state.Verdict == CtcdeVerdict.Challenger ? 1 : 0;
            }
            return Share(promoted, runs);
        }
    }

    private static CtcdeReading Reading(Moments arm) => new() { Reward = arm.Count == 0 ? null : arm.Mean };

    private static (Moments Control, Moments Challenger) Labelled(LabelTiming timing, int seed)
    {
        var random = new Random(seed);
        var now = new DateTimeOffset(2026, 1, 8, 0, 0, 0, TimeSpan.Zero);
        Moments control = default, challenger = default;
        for (var hour = 0; hour < 72; hour++)
        {
            var at = now.AddHours(hour - 72);
            for (var request = 0; request < 2000; request++)
            {
                control = See(control, at);
                if (hour >= 24)
                    challenger = See(challenger, at);
            }
        }
        return (control, challenger);

        Moments See(Moments arm, DateTimeOffset at)
        {
            var success = random.NextDouble() < 0.9;
            var labelled = at.AddHours(success ? 20 : 1) <= now;
            return labelled && timing.IsMature(at, now) ? arm.Add(success ? 1 : 0) : arm;
        }
    }

    /// <summary>The sequential test at every look and the fixed one at the end, as an experiment has them.</summary>
    private static bool Mismatch(double loss, int units, int seed)
    {
        var random = new Random(seed);
        long control = 0, challenger = 0;
        for (var unit = 1; unit <= units; unit++)
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
            if (n >= 200 && n % 20 == 0 && done(ConfidenceSequence.TwoSample(a, b, Alpha, TuningN)))
                return n;
        }
        return null;
    }

    private static bool Enough(Moments arm, double? rate) => rate is null || (arm.Mean * arm.Count >= 10 && (1 - arm.Mean) * arm.Count >= 10);

    private static double Draw(Random random, double? rate) => rate is not { } p ? Math.Exp(Normal(random)) : random.NextDouble() < p ? 1 : 0;

    private static double Share(int count, int runs) => (double)count / runs;

    private static double Median(List<int> values)
    {
        if (values.Count == 0)
            return double.NaN;
        values.Sort();
        return values[values.Count / 2];
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
