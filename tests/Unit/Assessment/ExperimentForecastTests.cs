using Iml4e.Assessment.Experiment;

namespace Iml4e.Tests.Unit.Assessment;

/// <summary>What a running experiment still needs.</summary>
public sealed class ExperimentForecastTests
{
    private static readonly DateTimeOffset Start = new(2027, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly ExperimentConfiguration Config = new()
    {
        Stages = [0.1, 0.5], StageMinDwell = TimeSpan.FromDays(2), StageMinUnitsPerArm = 0, FutilityEffect = 0.1,
        Labels = new LabelTiming { Maturity = TimeSpan.FromDays(1), Deadline = TimeSpan.FromDays(7) },
    };

    [Fact]
    public void Without_a_difference_that_matters_nothing_is_planned()
    {
        var forecast = ExperimentForecast.Of(Config with { FutilityEffect = null }, Ramping(0), Look(1, 100));
        Assert.Equal(new ExperimentForecast(null, null, null, null), forecast);
    }

    /// <summary>σ 1 and Δ 0.1 need 1570 units an arm; N* has no part in it.</summary>
    [Theory]
    [InlineData(5000)]
    [InlineData(500)]
    public void Units_are_those_of_a_fixed_test_and_days_go_through_the_stages(double tuningN)
    {
        // 100 an arm in a day at a tenth: 1000 a day in all. A day of dwell is left, 100 more; then 500 a day for the other 1370, and a day of maturity.
        var forecast = ExperimentForecast.Of(Config with { TuningN = tuningN }, Ramping(0), Look(1, 100));
        Assert.Equal((1570, "futilityEffect", 0.1), (forecast.UnitsPerArm, forecast.Because, forecast.Effect));
        Near.Relative(1 + (1370 / 500.0) + 1, forecast.Days);
    }

    [Fact]
    public void What_was_said_at_the_start_goes_before_the_configuration()
    {
        var forecast = ExperimentForecast.Of(Config, Ramping(0), Look(1, 100), effect: 0.2);
        Assert.Equal((393, "plan", 0.2), (forecast.UnitsPerArm, forecast.Because, forecast.Effect));
        Assert.Equal(0, ExperimentForecast.Of(Config, Ramping(1), Look(1, 1600)).Days);
        Assert.Null(ExperimentForecast.Of(Config, Ramping(0), Look(0, 100)).Days);
        Assert.Null(ExperimentForecast.Of(Config, Ramping(0) with { Verdict = "superior" }, Look(1, 100)).UnitsPerArm);
    }

    [Fact]
    public void A_rate_is_planned_as_two_proportions()
    {
        var config = Config with { Primary = new PrimaryMetric { Type = OutcomeType.Binary, Direction = OutcomeDirection.Higher }, FutilityEffect = 0.02 };
        var arm = Arm(1000, 0.9, 0.09);
        var forecast = ExperimentForecast.Of(config, Ramping(1), new ExperimentLook { Now = Start.AddDays(1), Control = arm, Challenger = arm });
        Assert.Equal(3213, forecast.UnitsPerArm);
    }

    [Fact]
    public void A_plan_of_looks_says_its_units_itself()
    {
        var config = Config with { Mode = ExperimentMode.GroupSequential, GroupSequential = new GroupSequentialOptions { UnitsPerArm = 700 } };
        var forecast = ExperimentForecast.Of(config, Ramping(1), Look(1, 100));
        Assert.Equal((700, "lastPlannedLook", null), (forecast.UnitsPerArm, forecast.Because, forecast.Effect));
        Near.Relative((600 / 100.0) + 1, forecast.Days);
    }

    [Fact]
    public void Pairs_need_half_as_many_and_no_stages()
    {
        var state = ExperimentState.Start(Config with { Design = ExperimentDesign.ShadowPaired }, "exp-1", Start) with { Phase = ExperimentPhase.Shadow, PhaseEnteredAt = Start };
        var look = new ExperimentLook { Now = Start.AddDays(1), Paired = new Moments(100, 0, 99) };
        var forecast = ExperimentForecast.Of(Config with { Design = ExperimentDesign.ShadowPaired }, state, look);
        Assert.Equal(785, forecast.UnitsPerArm);
        Near.Relative(6.85 + 1, forecast.Days);
    }

    private static ExperimentState Ramping(int stage) =>
        ExperimentState.Start(Config, "exp-1", Start) with { Phase = ExperimentPhase.Ramping, Stage = stage, StageEnteredAt = Start };

    private static ExperimentLook Look(int days, long units) => new() { Now = Start.AddDays(days), Control = Arm(units, 0, 1), Challenger = Arm(units, 0, 1) };

    private static ArmCounts Arm(long units, double mean, double variance) => new() { Units = units, Outcomes = new Moments(units, mean, variance * (units - 1)) };
}
