using Iml4e.Assessment.Triggers;

namespace Iml4e.Tests.Unit.Assessment;

public sealed class HysteresisTriggerTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private static readonly HysteresisConfiguration Config = new()
    {
        High = 0.5, Low = 0.3, ConsecutiveHigh = 3, ConsecutiveLow = 2, Cooldown = TimeSpan.FromMinutes(5), MaxPerDay = 0,
    };

    [Fact]
    public void TriggersOnceAMountainAndArmsAgainInTheValley()
    {
        double?[] scores = [.2, .6, .6, .4, .6, .6, .6, .7, .2, .2, .6, .6, .6, .6, null, .6];
        var outcomes = Run(Config, scores);
        Assert.Equal([6, 12], At(outcomes, TriggerOutcome.Triggered));
        Assert.Equal([9], At(outcomes, TriggerOutcome.Rearmed));
        Assert.Equal([14], At(outcomes, TriggerOutcome.NoData));
        Assert.Equal(12, outcomes.Count(o => o == TriggerOutcome.None));
    }

    [Fact]
    public void CooldownOnlyDelays()
    {
        double?[] scores = [.6, .6, .6, .2, .2, .6, .6, .6, .6];
        var outcomes = Run(Config with { Cooldown = TimeSpan.FromMinutes(6) }, scores);
        Assert.Equal([2, 8], At(outcomes, TriggerOutcome.Triggered));
        Assert.Equal([4], At(outcomes, TriggerOutcome.Rearmed));
        Assert.Equal([7], At(outcomes, TriggerOutcome.SuppressedByCooldown));
    }

    [Fact]
    public void TheDayHasACapThatMidnightLifts()
    {
        var config = Config with { Cooldown = TimeSpan.Zero, MaxPerDay = 1, ConsecutiveHigh = 1, ConsecutiveLow = 1 };
        var state = new HysteresisState();
        (state, var first) = HysteresisTrigger.Score(config, state, 1, Start.AddHours(1));
        (state, _) = HysteresisTrigger.Score(config, state, 0, Start.AddHours(2));
        (state, var second) = HysteresisTrigger.Score(config, state, 1, Start.AddHours(3));
        (_, var third) = HysteresisTrigger.Score(config, state, 1, Start.AddHours(25));
        Assert.Equal([TriggerOutcome.Triggered, TriggerOutcome.SuppressedByDailyCap, TriggerOutcome.Triggered], [first, second, third]);
    }

    [Fact]
    public void FailuresBackOffUpToTheCapAndPromotionForgives()
    {
        var config = new HysteresisConfiguration();
        Assert.Equal([1, 2, 4, 8, 14, 14], Enumerable.Range(0, 6).Select(f => HysteresisTrigger.EffectiveCooldown(config, f).TotalDays));
        Assert.Equal(14, HysteresisTrigger.EffectiveCooldown(config, int.MaxValue).TotalDays);
        var failed = HysteresisTrigger.RetrainingFailed(new HysteresisState { Latched = true });
        Assert.Equal(1, failed.Failures);
        Assert.Equal(new HysteresisState(), HysteresisTrigger.Promoted(failed));
    }

    [Fact]
    public void ConfigurationErrorsNameTheField()
    {
        Assert.Empty(new HysteresisConfiguration().Validate());
        var errors = new HysteresisConfiguration { High = 0.2, ConsecutiveHigh = 0 }.Validate("monitor");
        Assert.Equal(["monitor.low", "monitor.consecutiveHigh"], errors.Select(e => e.Path));
    }

    [Fact]
    public void RealisedLossAgainstThePromise()
    {
        var losses = Enumerable.Repeat(1.0, 50).Concat(Enumerable.Repeat(3.0, 10)).ToList();
        Near.Relative(1.5, PerformanceSignal.Read(losses, 10, 2).Ratio);
        Near.Relative(2.0, PerformanceSignal.Read(losses, 20, 1).Ratio);
        Assert.Null(PerformanceSignal.Read(losses, 100, 1).Ratio);
        Assert.NotNull(PerformanceSignal.Read(losses, 100, 1, minimum: 60).Ratio);
        Assert.Null(PerformanceSignal.Read([], 10, 1).MeanLoss);
        Assert.Equal(3.0, PerformanceSignal.Read([.. losses, double.NaN], 10, 1).MeanLoss);
        Assert.True(PerformanceSignal.Read(losses, 10, 0).Ratio > 1e6);
    }

    private static List<TriggerOutcome> Run(HysteresisConfiguration config, double?[] scores)
    {
        var outcomes = new List<TriggerOutcome>();
        var state = new HysteresisState();
        for (var t = 0; t < scores.Length; t++)
        {
            (state, var outcome) = HysteresisTrigger.Score(config, state, scores[t], Start.AddMinutes(t));
            outcomes.Add(outcome);
        }
        return outcomes;
    }

    private static IEnumerable<int> At(List<TriggerOutcome> outcomes, TriggerOutcome wanted) =>
        outcomes.Select((o, i) => (o, i)).Where(p => p.o == wanted).Select(p => p.i);
}
