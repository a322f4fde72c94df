using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Experiment;

namespace Iml4e.Tests.Unit.Assessment;

public sealed class ExperimentDeciderTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    private static readonly ExperimentConfiguration Config = new()
    {
        StageMinDwell = TimeSpan.FromMinutes(1), StageMinUnitsPerArm = 50, MinUnitsPerArm = 100, Smoke = new() { Enabled = false },
        Labels = new() { Maturity = TimeSpan.Zero, Deadline = TimeSpan.FromDays(1) }, MaxDuration = TimeSpan.FromDays(2),
        PostPromotionWatch = TimeSpan.FromMinutes(10), Stages = [0.05, 0.5],
    };

    private static readonly ExperimentConfiguration PairedConfig = Config with { Design = ExperimentDesign.ShadowPaired, CanaryRamp = false };

    [Fact]
    public void TheWholeRoadToPromotion()
    {
        var run = new Run(Config);
        run.At(0, 0, 0, Same(0));
        Assert.Equal(ExperimentPhase.Ramping, run.State.Phase);
        Assert.Equal(0.05, run.Routing.ChallengerShare);
        Assert.Equal(["ExperimentStarted", "Look", "StageAdvanced"], run.Names);

        run.At(0.5, 60, 60, Same(60));
        Assert.Equal(0, run.State.Stage);
        run.At(1, 60, 60, Same(60));
        Assert.Equal(1, run.State.Stage);
        Assert.Equal(0.5, run.Routing.ChallengerShare);
        // Fifty new units in the stage are wanted, not fifty in all.
        run.At(3, 105, 105, Same(105));
        Assert.Equal(ExperimentPhase.Ramping, run.State.Phase);
        run.At(4, 200, 200, Same(200));
        Assert.Equal(ExperimentPhase.Holding, run.State.Phase);

        run.At(5, 2000, 2000, Better(2000));
        Assert.Equal(ExperimentPhase.Promoting, run.State.Phase);
        Assert.Equal("superior", run.State.Verdict);
        Assert.Equal(new ExperimentRouting(1, 0.05, false, true), run.Routing);
        Assert.True(run.Step.Evidence.Low > 0);
        Assert.True(run.State.MinimumP < 0.05);

        run.At(6, 0, 0, Same(0));
        Assert.Equal(ExperimentPhase.Promoting, run.State.Phase);
        run.At(7, 0, 0, Same(0), l => l with { PromotionApplied = true });
        Assert.Equal(ExperimentPhase.Watching, run.State.Phase);
        run.At(16, 500, 500, Same(500));
        Assert.Equal(ExperimentPhase.Watching, run.State.Phase);
        run.At(17, 500, 500, Same(500));
        Assert.Equal(ExperimentPhase.Promoted, run.State.Phase);
        Assert.Equal(new ExperimentRouting(1, 0, false, true), run.Routing);

        run.At(18, 500, 500, Worse(5000));
        Assert.Equal(ExperimentPhase.Promoted, run.State.Phase);
        Assert.Empty(run.Step.Events);
        run.Replays();
    }

    [Fact]
    public void HarmRollsBack()
    {
        var run = new Run(Config).At(0, 0, 0, Same(0)).At(0.1, 2000, 2000, Worse(2000));
        Assert.Equal((ExperimentPhase.RolledBack, "Harm"), (run.State.Phase, run.State.Reason));
        Assert.Equal(ExperimentRouting.ChampionOnly, run.Routing);
        run.Replays();
    }

    [Fact]
    public void HarmDuringTheWatchRollsBack()
    {
        var run = Watching().At(12, 2000, 2000, Worse(2000));
        Assert.Equal((ExperimentPhase.RolledBack, "Harm"), (run.State.Phase, run.State.Reason));
        run = Watching().At(12, 2000, 2000, Same(2000), l => WithErrors(l, 0, 9));
        Assert.Equal((ExperimentPhase.RolledBack, "Guardrail:errors"), (run.State.Phase, run.State.Reason));
    }

    [Fact]
    public void TheOrderOfTheChecks()
    {
        // Everything at once: each row takes the first cause away.
        ExperimentLook All(ExperimentLook l) => WithErrors(l, 0, 50) with { AbortedBy = "ann", Circuit = new CircuitCounts(100, 50) };
        Assert.Equal("Aborted", Reason(2000, 3000, All));
        Assert.Equal("CircuitBreaker", Reason(2000, 3000, l => All(l) with { AbortedBy = null }));
        Assert.Equal("Srm", Reason(2000, 3000, l => WithErrors(l, 0, 50)));
        Assert.Equal("LabelImbalance", Reason(2000, 2000, l => WithErrors(l with
        {
            Control = l.Control with { Labelled = 4800, Missing = 200 }, Challenger = l.Challenger with { Labelled = 4700, Missing = 300 },
        }, 0, 50)));
        Assert.Equal("Guardrail:errors", Reason(2000, 2000, l => WithErrors(l, 0, 9)));
        Assert.Equal("Harm", Reason(2000, 2000, l => WithErrors(l, 0, 7)));

        string? Reason(long control, long challenger, Func<ExperimentLook, ExperimentLook> change) =>
            new Run(Config).At(0, 0, 0, Same(0)).At(0.1, control, challenger, Worse(2000), change).State.Reason;
    }

    [Fact]
    public void AnInvalidExperimentShowsNoStatistics()
    {
        var run = new Run(Config).At(0, 0, 0, Same(0)).At(5, 2000, 3000, Better(2000));
        Assert.Equal(ExperimentPhase.Invalid, run.State.Phase);
        Assert.Null(run.Step.Evidence.Delta);
        Assert.Equal(1, run.State.MinimumP);
    }

    [Fact]
    public void TheFixedSampleRatioTestIsTheLastWord()
    {
        // 5300 : 4950 passes the sequential test (ln E < ln 1000) and fails the fixed one (p < 0.001).
        var run = new Run(Config).At(0, 0, 0, Same(0)).At(5, 5300, 4950, Better(2000));
        Assert.True(run.Step.Evidence.SampleRatioLogE < Math.Log(1000));
        Assert.Equal((ExperimentPhase.Invalid, "Srm"), (run.State.Phase, run.State.Reason));
    }

    [Fact]
    public void ThinDataDecideNothingButDoNotBlockTheRamp()
    {
        var run = new Run(Config).At(0, 0, 0, Same(0)).At(2, 60, 60, Better(60));
        Assert.Equal(1, run.State.Stage);
        Assert.False(run.Step.Evidence.Sufficient);
        Assert.Equal("60 of 100 control units", run.Step.Evidence.Missing);
        Assert.Equal(1, run.State.MinimumP);

        var binary = Config with { Primary = new() { Type = OutcomeType.Binary, Direction = OutcomeDirection.Higher, Name = "correct" } };
        run = new Run(binary).At(0, 0, 0, Same(0))
            .At(2, 2000, 2000, (Moments.OfBinary(1000, 2000), Moments.OfBinary(1995, 2000)));
        Assert.Contains("fewer than 10", run.Step.Evidence.Missing, StringComparison.Ordinal);
        Assert.Equal(ExperimentPhase.Ramping, run.State.Phase);
        run.At(3, 2000, 2000, (Moments.OfBinary(1000, 2000), Moments.OfBinary(1500, 2000)));
        Assert.Equal(ExperimentPhase.Promoting, run.State.Phase);

        var constant = (new Moments(500, 1, 0), new Moments(500, 0.5, 0));
        Assert.Contains("standard error", new Run(Config).At(0, 0, 0, Same(0)).At(2, 500, 500, constant).Step.Evidence.Missing, StringComparison.Ordinal);
    }

    [Fact]
    public void ADecisionWaitsForTheDwell()
    {
        var run = new Run(Config).At(0, 0, 0, Same(0)).At(0.9, 2000, 2000, Better(2000));
        Assert.Equal(ExperimentPhase.Ramping, run.State.Phase);
        run.At(1, 2000, 2000, Better(2000));
        Assert.Equal(ExperimentPhase.Promoting, run.State.Phase);
    }

    [Fact]
    public void NonInferiorityNeedsLessThanSuperiority()
    {
        var config = Config with { Decision = DecisionRule.NonInferior, NonInferiorityMargin = 0.2 };
        Assert.Equal("nonInferior", new Run(config).At(0, 0, 0, Same(0)).At(2, 5000, 5000, Same(5000)).State.Verdict);
        Assert.Null(new Run(Config).At(0, 0, 0, Same(0)).At(2, 5000, 5000, Same(5000)).State.Verdict);
    }

    [Fact]
    public void TheEndOfTime()
    {
        var run = new Run(Config).At(0, 0, 0, Same(0)).At(2 * 24 * 60, 10, 10, Same(10));
        Assert.Equal((ExperimentPhase.KeptChampion, "Inconclusive"), (run.State.Phase, run.State.Reason));

        var units = Config with { MaxUnitsPerArm = 1000 };
        Assert.Equal(ExperimentPhase.KeptChampion, new Run(units).At(0, 0, 0, Same(0)).At(2, 1000, 1000, Same(1000)).State.Phase);

        var lenient = Config with { OnTimeout = TimeoutRule.PromoteIfNonInferior, NonInferiorityMargin = 0.5 };
        Assert.Equal("nonInferior", new Run(lenient).At(0, 0, 0, Same(0)).At(2 * 24 * 60, 2000, 2000, Same(2000)).State.Verdict);
        Assert.Equal("Inconclusive", new Run(lenient).At(0, 0, 0, Same(0)).At(2 * 24 * 60, 50, 50, Same(50)).State.Reason);

        var futile = Config with { FutilityEffect = 0.5 };
        Assert.Equal("Futile", new Run(futile).At(0, 0, 0, Same(0)).At(2, 5000, 5000, Same(5000)).State.Reason);
    }

    [Fact]
    public void PeopleMayHaveToAgree()
    {
        var run = new Run(Config with { Approval = ApprovalRule.BeforeRamp }).At(0, 0, 0, Same(0));
        Assert.Equal((ExperimentPhase.AwaitingApproval, "ramp"), (run.State.Phase, run.State.Reason));
        Assert.Equal(ExperimentRouting.ChampionOnly, run.Routing);
        run.At(1, 0, 0, Same(0), l => l with { ApprovedBy = "ann" });
        Assert.Equal(ExperimentPhase.Ramping, run.State.Phase);

        run = new Run(Config with { Approval = ApprovalRule.BeforePromotion }).At(0, 0, 0, Same(0)).At(5, 2000, 2000, Better(2000));
        Assert.Equal((ExperimentPhase.AwaitingApproval, "promotion"), (run.State.Phase, run.State.Reason));
        Assert.Equal(0.05, run.Routing.ChallengerShare);
        run.At(6, 2000, 2000, Better(2000));
        Assert.Equal(ExperimentPhase.AwaitingApproval, run.State.Phase);
        var agreed = run.Copy().At(7, 2000, 2000, Better(2000), l => l with { ApprovedBy = "ann" });
        Assert.Equal(ExperimentPhase.Promoting, agreed.State.Phase);
        agreed.Replays();
        Assert.Equal("Guardrail:errors", run.Copy().At(7, 2000, 2000, Better(2000), l => WithErrors(l, 0, 9)).State.Reason);
        Assert.Equal("ApprovalTimeout", run.Copy().At(3 * 24 * 60, 2000, 2000, Better(2000)).State.Reason);
    }

    [Fact]
    public void SmokeComesBeforeExposure()
    {
        var config = Config with { Smoke = new() };
        var run = new Run(config).At(0, 0, 0, Same(0));
        Assert.Equal(new ExperimentRouting(0, 0, true, false), run.Routing);
        run.At(1, 0, 0, Same(0), l => l with { Smoke = new(199, 0, 0, 0, 20, 30) });
        Assert.Equal(ExperimentPhase.Shadow, run.State.Phase);
        Assert.Equal(ExperimentPhase.Ramping, run.Copy().At(2, 0, 0, Same(0), l => l with { Smoke = new(200, 2, 0, 0, 20, 40) }).State.Phase);
        Assert.Equal(ExperimentPhase.Ramping, run.Copy().At(10, 0, 0, Same(0), l => l with { Smoke = new(5, 0, 0, 0, 1, 9) }).State.Phase);
        Assert.Equal(ExperimentPhase.Shadow, run.Copy().At(60, 0, 0, Same(0)).State.Phase);
        foreach (var bad in (SmokeCounts[])[new(200, 3, 0, 0, 20, 30), new(5, 0, 1, 0, 20, 30), new(5, 0, 0, 1, 20, 30), new(200, 0, 0, 0, 20, 41)])
            Assert.Equal("SmokeFailed", run.Copy().At(2, 0, 0, Same(0), l => l with { Smoke = bad }).State.Reason);
        Assert.Equal("Inconclusive", run.Copy().At(3 * 24 * 60, 0, 0, Same(0)).State.Reason);
    }

    [Fact]
    public void PairsDecideInTheShadow()
    {
        var run = new Run(PairedConfig).At(0, 0, 0, Same(0));
        Assert.Equal(new ExperimentRouting(0, 0, true, false), run.Routing);
        var gain = new Moments(500, -0.1, 0.09 * 499);
        run.At(2, 0, 0, Same(0), l => l with { Paired = gain });
        Assert.Equal((ExperimentPhase.Promoting, "superior"), (run.State.Phase, run.State.Verdict));
        run.Replays();

        Assert.Equal("Harm", new Run(PairedConfig).At(0, 0, 0, Same(0)).At(2, 0, 0, Same(0), l => l with { Paired = gain.Negate() }).State.Reason);
        var few = new Run(PairedConfig).At(0, 0, 0, Same(0)).At(2, 0, 0, Same(0), l => l with { Paired = gain with { Count = 99 } });
        Assert.Equal((ExperimentPhase.Shadow, "99 of 100 pairs"), (few.State.Phase, few.Step.Evidence.Missing));
    }

    [Fact]
    public void ACanaryMayFollowThePairs()
    {
        var gain = new Moments(500, -0.1, 0.09 * 499);
        var run = new Run(PairedConfig with { CanaryRamp = true }).At(0, 0, 0, Same(0)).At(2, 0, 0, Same(0), l => l with { Paired = gain });
        Assert.Equal((ExperimentPhase.Ramping, 0), (run.State.Phase, run.State.Stage));
        Assert.Equal(new ExperimentRouting(0.05, 0, false, false), run.Routing);
        Assert.Equal("Guardrail:errors", run.Copy().At(3, 60, 60, Same(60), l => WithErrors(l, 0, 9)).State.Reason);
        // The pairs have decided; the canary watches operations alone.
        run.At(3, 2000, 2000, Worse(2000)).At(4, 4000, 4000, Worse(4000));
        Assert.Equal(ExperimentPhase.Promoting, run.State.Phase);
        run.Replays();
    }

    [Fact]
    public void AutoTakesPairsForExogenousOutcomes()
    {
        Assert.Equal(ExperimentDesign.ShadowPaired, new Run(Config with { OutcomeExogenous = true }).State.Design);
        Assert.Equal(ExperimentDesign.AbTest, new Run(Config).State.Design);
    }

    [Fact]
    public void AnEvaluatorThatFailsLosesPatience()
    {
        var run = new Run(Config).At(0, 0, 0, Same(0));
        ExperimentLook Failing(ExperimentLook l) => l with { EvaluationFailingSince = Start.AddMinutes(1) };
        run.At(2, 500, 500, Worse(2000), Failing);
        Assert.Equal(0, run.State.Stage);
        run.At(5, 500, 500, Better(2000), Failing);
        Assert.Contains("RampHeld", run.Names);
        run.At(6, 500, 500, Better(2000), Failing);
        Assert.Single(run.Names, name => name == "RampHeld");
        Assert.False(run.Copy().At(7, 0, 0, Same(0)).State.RampHeld);
        run.At(31, 500, 500, Better(2000), Failing);
        Assert.Equal((ExperimentPhase.RolledBack, "EvaluatorUnavailable"), (run.State.Phase, run.State.Reason));
    }

    [Fact]
    public void TheOldPipelinesRuleIsThereAndSaysWhatItIs()
    {
        var config = Config with { Mode = ExperimentMode.Ctcde, Ctcde = new() { IterationsPerLoop = 4 } };
        var barely = (new Moments(50, 1.0, 50), new Moments(50, 0.999, 50));
        // No smoke phase; the first iteration comes at once, with half of the exploration.
        var run = new Run(config).At(0, 0, 0, Same(0));
        Assert.Equal(new ExperimentRouting(0.05, 0, false, false) { Weighted = true }, run.Routing);
        run.At(0.1, 50, 5, barely);
        Assert.Equal(1, run.State.Ctcde!.Iteration);
        run.At(20 / 60.0, 50, 5, barely).At(40 / 60.0, 50, 50, barely);
        Assert.Equal((3, 0.25), (run.State.Ctcde!.Iteration, run.Routing.ChallengerShare));
        Assert.Equal((false, "not statistically controlled", null), (run.Step.Evidence.StatisticallyControlled, run.Step.Evidence.Missing, run.Step.Evidence.Low));

        // Neither a lopsided split nor a breaker nor harm is anything to it.
        Assert.Equal(ExperimentPhase.Ramping, run.Copy().At(0.7, 9000, 50, Worse(5000), l => l with { Circuit = new CircuitCounts(100, 100) }).State.Phase);

        var won = run.Copy().At(1, 50, 50, barely);
        Assert.Equal((ExperimentPhase.Promoting, "pointEstimate"), (won.State.Phase, won.State.Verdict));
        won.At(1.01, 50, 50, barely, l => l with { PromotionApplied = true });
        Assert.Equal(ExperimentPhase.Promoted, won.State.Phase);
        Assert.All(won.Events, e => Assert.Equal("not statistically controlled", (string?)e.Fields["warning"]));
        won.Replays();
        Assert.Equal((ExperimentPhase.KeptChampion, "PointEstimate"), Ended(run.Copy().At(1, 50, 50, Worse(50))));
        Assert.Equal((ExperimentPhase.KeptChampion, "Inconclusive"), Ended(run.Copy().At(1, 50, 50, Same(50))));
        Assert.Equal((ExperimentPhase.Aborted, "Aborted"), Ended(run.Copy().At(0.7, 50, 50, Same(50), l => l with { AbortedBy = "ann" })));
    }

    [Fact]
    public void TheOldPipelinesObjectivesAreLimits()
    {
        var config = Config with
        {
            Mode = ExperimentMode.Ctcde,
            Ctcde = new()
            {
                IterationsPerLoop = 2,
                Objectives = [new() { Metric = "errorRate", UpperLimit = 0.01, RollbackOnFailure = true }, new() { Metric = "latencyMs", UpperLimit = 50 }],
            },
        };
        ExperimentLook With(ExperimentLook look, long errors, double latency) => look with
        {
            Control = look.Control with { Requests = 1000, Errors = 0, MeanLatencyMs = 5 },
            Challenger = look.Challenger with { Requests = 1000, Errors = errors, MeanLatencyMs = latency },
        };
        var run = new Run(config).At(0, 0, 0, Same(0));
        Assert.Equal((ExperimentPhase.RolledBack, "Objective:errorRate"), Ended(run.Copy().At(1, 500, 500, Better(500), l => With(l, 20, 5))));
        Assert.Equal((ExperimentPhase.KeptChampion, "PointEstimate"), Ended(run.Copy().At(1, 500, 500, Better(500), l => With(l, 5, 60))));
        Assert.Equal("pointEstimate", run.Copy().At(1, 500, 500, Better(500), l => With(l, 5, 40)).State.Verdict);
    }

    [Fact]
    public void TheOldPipelineWaitsForApprovalWithItsLastWeights()
    {
        var config = Config with { Mode = ExperimentMode.Ctcde, Ctcde = new() { IterationsPerLoop = 2 }, Approval = ApprovalRule.BeforePromotion };
        var run = new Run(config).At(0, 0, 0, Same(0)).At(1, 50, 50, Better(50));
        Assert.Equal(ExperimentPhase.AwaitingApproval, run.State.Phase);
        Assert.Equal(0.05, run.Routing.ChallengerShare);
        run.At(2, 50, 50, Worse(50));
        Assert.Equal(ExperimentPhase.AwaitingApproval, run.State.Phase);
        Assert.Equal(ExperimentPhase.Promoting, run.At(3, 50, 50, Worse(50), l => l with { ApprovedBy = "ann" }).State.Phase);
    }

    [Fact]
    public void ASampleRatioThatIsWrongInOneSegmentAloneIsFoundAndExplained()
    {
        SegmentCounts[] segments = [new("building", 2500, 2500), new("user", 2900, 2500)];
        var run = new Run(Config).At(0, 0, 0, Same(0)).At(0.5, 5400, 5000, Same(5000), l => l with
        {
            Control = l.Control with { Requests = 5400 }, Challenger = l.Challenger with { Requests = 9000 }, Segments = segments,
        });
        Assert.Equal(ExperimentPhase.Ramping, WithSegments(new("user", 100, 110), segments[0]).State.Phase);
        Assert.Equal((ExperimentPhase.Invalid, "Srm"), Ended(WithSegments(new("building", 2300, 2700), segments[1])));
        Assert.Equal("Srm", run.State.Reason);
        var causes = run.Events.Single(e => e.Name == "Invalid").Fields["likelyCauses"]!.AsArray().Select(c => (string)c!).ToList();
        Assert.StartsWith("requests a unit differ, control 1 and challenger 1.8", causes[0], StringComparison.Ordinal);
        Assert.Contains("challenger prediction records", causes[^1], StringComparison.Ordinal);
        run.Replays();
    }

    [Fact]
    public void APromotionThatSomebodyUndoesIsOver()
    {
        Assert.Equal((ExperimentPhase.RolledBack, "ByHand"), Ended(Watching().At(7, 0, 0, Same(0), l => l with { PromotionUndone = true })));
        Assert.Equal((ExperimentPhase.RolledBack, "ByHand"), Ended(new Run(Config).At(0, 0, 0, Same(0)).At(1, 9, 9, Same(9), l => l with { RolledBackBy = "ann" })));
    }

    private static Run WithSegments(params SegmentCounts[] segments) =>
        new Run(Config).At(0, 0, 0, Same(0)).At(0.5, 5200, 5200, Same(5000), l => l with { Segments = segments });

    private static (ExperimentPhase Phase, string? Reason) Ended(Run run) => (run.State.Phase, run.State.Reason);

    [Fact]
    public void PlannedLooksAloneDecide()
    {
        var config = Config with { Mode = ExperimentMode.GroupSequential, GroupSequential = new() { UnitsPerArm = 4000 } };
        var run = new Run(config).At(0, 0, 0, Same(0)).At(2, 999, 999, Better(999));
        Assert.Equal((ExperimentPhase.Ramping, false), (run.State.Phase, run.Step.Evidence.Sufficient));
        Assert.Equal("the next planned look is at 1000 units an arm", run.Step.Evidence.Missing);
        Assert.Equal((null, null, 1.0), (run.Step.Evidence.Delta, run.Step.Evidence.Low, run.Step.Evidence.P));
        Assert.Equal("Guardrail:errors", run.Copy().At(2.5, 999, 999, Better(999), l => WithErrors(l, 0, 9)).State.Reason);

        // The stage was entered at minute two: the look waits for its dwell.
        run.At(2.5, 1000, 1000, Same(1000));
        Assert.Empty(run.State.PlannedLooks ?? []);
        run.At(3, 1000, 1000, Same(1000));
        var first = Assert.Single(run.State.PlannedLooks!);
        Assert.Equal(4.3326, first.Bound, 1e-3);
        Near.Relative(first.Bound * 0.0316385840391128, run.Step.Evidence.High, 1e-3);
        Assert.Null(first.Adjusted);
        run.At(3.5, 1500, 1500, Better(1500));
        Assert.False(run.Step.Evidence.Sufficient);

        var won = run.Copy().At(5, 2000, 2000, Better(2000));
        Assert.Equal((ExperimentPhase.Promoting, "superior"), (won.State.Phase, won.State.Verdict));
        var adjusted = won.State.PlannedLooks![^1].Adjusted!;
        Assert.InRange(adjusted.Delta, adjusted.Low, 0.2);
        Assert.True(adjusted.Low > 0 && adjusted.P < 0.05 && won.State.MinimumP == adjusted.P);
        won.Replays();
        Assert.Equal("Harm", run.Copy().At(5, 2000, 2000, Worse(2000)).State.Reason);

        run.At(5, 3500, 3500, Same(3500)).At(6, 4100, 4100, Same(4100));
        Assert.Equal((ExperimentPhase.KeptChampion, "Inconclusive"), (run.State.Phase, run.State.Reason));
        Assert.Equal((3, true, 0.05), (run.State.PlannedLooks!.Count, run.State.PlannedLooks[^1].Last, run.State.PlannedLooks[^1].Spent));
        Assert.Equal(1, run.State.PlannedLooks[^1].Adjusted!.P, 1e-6);
        run.Replays();
    }

    [Fact]
    public void TheEndOfTimeIsTheLastPlannedLook()
    {
        var config = Config with { Mode = ExperimentMode.GroupSequential, GroupSequential = new() { UnitsPerArm = 4000 } };
        var run = new Run(config).At(0, 0, 0, Same(0)).At(10, 500, 500, Better(500)).At(2 * 24 * 60, 500, 500, Better(500));
        Assert.Equal((ExperimentPhase.Promoting, "superior"), (run.State.Phase, run.State.Verdict));
        Assert.Equal((1, true), (run.State.PlannedLooks!.Count, run.State.PlannedLooks[0].Last));
        Assert.Equal(1.96, run.State.PlannedLooks[0].Bound, 1e-4);
        Assert.Equal("Inconclusive", new Run(config).At(0, 0, 0, Same(0)).At(2 * 24 * 60, 50, 50, Better(50)).State.Reason);

        var paired = PairedConfig with { Mode = ExperimentMode.GroupSequential, GroupSequential = new() { UnitsPerArm = 400 } };
        var pairs = new Run(paired).At(0, 0, 0, Same(0)).At(1, 0, 0, Same(0), l => l with { Paired = new Moments(90, -0.1, 0.09 * 89) })
            .At(2, 0, 0, Same(0), l => l with { Paired = new Moments(200, -0.1, 0.09 * 199) });
        Assert.Equal((ExperimentPhase.Promoting, "superior"), (pairs.State.Phase, pairs.State.Verdict));
        pairs.Replays();
    }

    [Fact]
    public void NonInferiorityAtAPlannedLook()
    {
        var config = Config with
        {
            Mode = ExperimentMode.GroupSequential, GroupSequential = new() { UnitsPerArm = 4000, Spending = SpendingFunction.Pocock },
            Decision = DecisionRule.NonInferior, NonInferiorityMargin = 0.2,
        };
        var run = new Run(config).At(0, 0, 0, Same(0)).At(5, 1000, 1000, Same(1000));
        Assert.Equal("nonInferior", run.State.Verdict);
        Assert.Equal(0, run.State.PlannedLooks![0].Adjusted!.Delta, 1e-9);
    }

    [Fact]
    public void AReplayNoticesAChangedInput()
    {
        var run = new Run(Config).At(0, 0, 0, Same(0)).At(2, 500, 500, Same(500)).At(4, 900, 900, Same(900));
        var looks = run.LookEvents();
        looks[1]["look"]!["control"]!["units"] = 501;
        Assert.Equal(1, ExperimentReplay.FirstDifference(Config, run.Start, looks));
    }

    private static (Moments, Moments) Same(long n) => (Of(n, 1), Of(n, 1));

    private static (Moments, Moments) Better(long n) => (Of(n, 1), Of(n, 0.8));

    private static (Moments, Moments) Worse(long n) => (Of(n, 1), Of(n, 1.2));

    private static Moments Of(long n, double mean) => n == 0 ? default : new Moments(n, mean, 0.5 * n);

    private static ExperimentLook WithErrors(ExperimentLook look, long control, long challenger) => look with
    {
        Control = look.Control with { Events = new Dictionary<string, long> { ["errors"] = control }, Requests = 1000 },
        Challenger = look.Challenger with { Events = new Dictionary<string, long> { ["errors"] = challenger }, Requests = 1000 },
    };

    private static Run Watching() => new Run(Config).At(0, 0, 0, Same(0)).At(5, 2000, 2000, Better(2000))
        .At(6, 0, 0, Same(0), l => l with { PromotionApplied = true });

    private sealed class Run
    {
        private readonly ExperimentConfiguration _config;
        private readonly List<ExperimentStep> _steps = [];

        public Run(ExperimentConfiguration config)
        {
            Assert.Empty(config.Validate());
            _config = config;
            State = Start = ExperimentState.Start(config, "exp-1", ExperimentDeciderTests.Start);
        }

        public ExperimentState Start { get; }

        public ExperimentState State { get; private set; }

        public ExperimentStep Step => _steps[^1];

        public ExperimentRouting Routing => Step.Routing;

        public IEnumerable<ExperimentEvent> Events => _steps.SelectMany(s => s.Events);

        public IEnumerable<string> Names => Events.Select(e => e.Name);

        public Run Copy()
        {
            var copy = new Run(_config) { State = State };
            copy._steps.AddRange(_steps);
            return copy;
        }

        public Run At(double minutes, long control, long challenger, (Moments Control, Moments Challenger) outcomes, Func<ExperimentLook,
            ExperimentLook>? change = null)
        {
            var look = new ExperimentLook
            {
                Now = ExperimentDeciderTests.Start.AddMinutes(minutes),
                Control = new ArmCounts { Units = control, Outcomes = outcomes.Control },
                Challenger = new ArmCounts { Units = challenger, Outcomes = outcomes.Challenger },
            };
            look = change?.Invoke(look) ?? look;
            // Every look goes through JSON, as it does in production.
            look = JsonSerializer.Deserialize<ExperimentLook>(JsonSerializer.Serialize(look, ExperimentJson.Options), ExperimentJson.Options)!;
            State = JsonSerializer.Deserialize<ExperimentState>(JsonSerializer.Serialize(State, ExperimentJson.Options), ExperimentJson.Options)!;
            _steps.Add(ExperimentDecider.Decide(_config, State, look));
            State = Step.State;
            return this;
        }

        public List<JsonObject> LookEvents() => [.. _steps.SelectMany(s => s.Events).Where(e => e.Name == "Look").Select(e => e.Fields)];

        public void Replays()
        {
            var events = LookEvents();
            Assert.NotEmpty(events);
            Assert.Equal(-1, ExperimentReplay.FirstDifference(_config, Start, events));
        }
    }
}
