using System.Text.Json;
using Iml4e.Assessment.Experiment;
using Iml4e.Assessment.Experiment.Ctcde;

namespace Iml4e.Tests.Unit.Assessment;

public sealed class CtcdeDeciderTests
{
    private static readonly CtcdeOptions Limited = new()
    {
        Objectives = [new() { Metric = "latency", UpperLimit = 50 }, new() { Metric = "errorRate", UpperLimit = 0.01, RollbackOnFailure = true }],
    };

    [Fact]
    public void TheDefaultsLastFiveMinutes()
    {
        var options = new CtcdeOptions();
        Assert.Empty(options.Validate());
        Assert.Equal(TimeSpan.FromMinutes(5), options.Interval * options.IterationsPerLoop * options.MaxLoops);
        var json = JsonSerializer.Serialize(options, ExperimentJson.Options);
        Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize<CtcdeOptions>(json, ExperimentJson.Options), ExperimentJson.Options));
    }

    [Fact]
    public void TheWeightGrowsByTenToNinetyFiveAndFallsAtOnce()
    {
        var state = new CtcdeState();
        var weights = new List<int>();
        for (var i = 0; i < 12; i++)
            weights.Add((state = Next(state, 0.9, i < 11 ? 0.91 : 0.89)).ChallengerWeight);
        Assert.Equal([10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 95, 5], weights);
        Assert.Equal(50, CtcdeDecider.Weight(new(), 45, CtcdeVerdict.Tie));
        Assert.Equal(40, CtcdeDecider.Weight(new() { MaxCandidateWeight = 40 }, 38, CtcdeVerdict.Challenger));
    }

    [Theory]
    [InlineData(0.9, 0.9000001, CtcdeVerdict.Challenger, 100)]
    [InlineData(0.9, 0.8999999, CtcdeVerdict.Champion, 0)]
    [InlineData(0.9, 0.9, CtcdeVerdict.Tie, 0)]
    [InlineData(null, 0.1, CtcdeVerdict.Challenger, 100)]
    [InlineData(0.1, null, CtcdeVerdict.Champion, 0)]
    [InlineData(null, null, CtcdeVerdict.None, 0)]
    public void ThePointEstimateDecidesAtTheEnd(double? champion, double? challenger, CtcdeVerdict verdict, int weight)
    {
        var state = new CtcdeState();
        for (var i = 0; i < 15; i++)
        {
            Assert.False(state.Ended);
            state = Next(state, champion, challenger);
        }
        Assert.Equal((true, verdict, weight, 15), (state.Ended, state.Verdict, state.ChallengerWeight, state.Iteration));
        Assert.Equal(state, Next(state, 0, 1));
    }

    [Fact]
    public void ALossIsBetterWhenItIsSmaller() => Assert.Equal(CtcdeVerdict.Challenger, CtcdeDecider.Winner(
        new() { PreferredDirection = OutcomeDirection.Lower }, new() { Reward = 2 }, new() { Reward = 1.9 }));

    [Fact]
    public void OnlyVersionsThatKeepAllObjectivesMayWin()
    {
        Assert.Equal(CtcdeVerdict.Challenger, CtcdeDecider.Winner(Limited, Read(0.9, 40, 0), Read(0.95, 50, 0.01)));
        Assert.Equal(CtcdeVerdict.Champion, CtcdeDecider.Winner(Limited, Read(0.9, 40, 0), Read(0.95, 50.1, 0)));
        Assert.Equal(CtcdeVerdict.Champion, CtcdeDecider.Winner(Limited, Read(0.9, 40, 0), Read(0.95, null, 0)));
        Assert.Equal(CtcdeVerdict.Challenger, CtcdeDecider.Winner(Limited, Read(0.9, 60, 0), Read(0.5, 40, 0)));
        Assert.Equal(CtcdeVerdict.None, CtcdeDecider.Winner(Limited, Read(0.9, 60, 0), Read(0.95, 60, 0)));
    }

    [Fact]
    public void AnObjectiveMayEndItAtOnce()
    {
        var unknown = CtcdeDecider.Decide(Limited, new(), Read(0.9, 40, 0), Read(0.95, 40, null));
        Assert.Equal((false, CtcdeVerdict.Champion, 5), (unknown.Ended, unknown.Verdict, unknown.ChallengerWeight));
        var failed = CtcdeDecider.Decide(Limited, unknown, Read(0.9, 40, 0), Read(0.95, 40, 0.02));
        Assert.Equal((true, CtcdeVerdict.Champion, 0, "errorRate", 2),
            (failed.Ended, failed.Verdict, failed.ChallengerWeight, failed.RolledBackBy, failed.Iteration));
    }

    [Fact]
    public void WrongOptionsNameTheField()
    {
        var wrong = new CtcdeOptions
        {
            Interval = TimeSpan.Zero, IterationsPerLoop = 0, MaxLoops = 0, MaxCandidateWeight = 101, MaxCandidateWeightIncrement = 0, ExplorationTraffic = -1,
            Objectives = [new() { Metric = "a" }, new() { LowerLimit = 1 }, new() { Metric = "b", LowerLimit = 2, UpperLimit = 1 }, null!],
        };
        Assert.Equal(
            ["interval", "iterationsPerLoop", "maxLoops", "maxCandidateWeight", "maxCandidateWeightIncrement", "explorationTraffic", "objectives[0]",
                "objectives[1].metric", "objectives[2].lowerLimit", "objectives[3]"],
            wrong.Validate("x").Select(e => e.Path[2..]));
        Assert.Equal("x.objectives", Assert.Single(new CtcdeOptions { Objectives = null! }.Validate("x")).Path);
    }

    private static CtcdeState Next(CtcdeState state, double? champion, double? challenger) =>
        CtcdeDecider.Decide(new(), state, new() { Reward = champion }, new() { Reward = challenger });

    private static CtcdeReading Read(double? reward, double? latency, double? errors) =>
        new() { Reward = reward, Metrics = new Dictionary<string, double?> { ["latency"] = latency, ["errorRate"] = errors } };
}
