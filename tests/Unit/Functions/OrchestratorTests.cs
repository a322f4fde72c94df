using Iml4e.Assessment.Experiment;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Pipelines;
using Iml4e.Functions.Experiments;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.Retraining;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.Testing;

namespace Iml4e.Tests.Unit.Functions;

/// <summary>
/// The product's orchestrators against scripted activities, in virtual time. This is how an orchestrator is tested: say what its activities give, run it, look
/// at what it did. That it is deterministic each run proves by itself: the harness replays every prefix of the history.
/// </summary>
public sealed class OrchestratorTests
{
    private static readonly JobStart Job = new("train-1", "train", "digest");

    private static readonly ExperimentConfiguration Experiment = new()
    {
        StageMinDwell = TimeSpan.FromMinutes(1), StageMinUnitsPerArm = 50, MinUnitsPerArm = 100, Smoke = new() { Enabled = false },
        Labels = new() { Maturity = TimeSpan.Zero, Deadline = TimeSpan.FromHours(1) }, MaxDuration = TimeSpan.FromMinutes(70),
        PostPromotionWatch = TimeSpan.FromMinutes(10), Stages = [0.05, 0.5],
    };

    [Fact]
    public async Task AJobRunsItsUnitsSixteenAtATimeAndAggregatesThemInOrder()
    {
        var harness = new OrchestrationHarness { InstanceId = "job-train-1" };
        harness.OnActivity("PlanJob").Returns(new JobPlan(40, "units"));
        harness.OnActivity("ExecuteJobUnit").Runs((JobUnit unit) => $"part-{unit.Index}").After(TimeSpan.FromMinutes(1));
        harness.OnActivity("AggregateJob").Runs((JobParts parts) => Summary(parts.PartDigests));
        var result = await harness.RunAsync(JobOrchestrator.Run, Job);
        Assert.Equal(string.Join(' ', Enumerable.Range(0, 40).Select(i => $"part-{i}")), result.Output.ReportDigest);
        Assert.Equal(TimeSpan.FromMinutes(3), result.EndedAt - result.StartedAt);
        Assert.Equal(
            [16, 16, 8],
            result.CallsTo("ExecuteJobUnit").GroupBy(call => call.At).OrderBy(group => group.Key).Select(group => group.Count()));
        var progress = result.CustomStatuses.Select(status => status.ReadAs<JobProgress>()!).ToList();
        Assert.Equal(new JobProgress(0, 0, "planning"), progress[0]);
        Assert.Equal(new JobProgress(40, 40, "completed"), progress[^1]);
        Assert.Equal(Enumerable.Range(0, 40), progress.Where(step => step.Message == "running").Select(step => step.Done));
    }

    [Fact]
    public async Task AJobsUnitIsTriedThreeTimesWithGrowingDelays()
    {
        var harness = new OrchestrationHarness();
        harness.OnActivity("PlanJob").Returns(new JobPlan(3, "units"));
        harness.OnActivity<JobUnit>("ExecuteJobUnit", unit => unit.Index == 1).Throws(new IOException("blob is gone")).Times(2).Returns("part-1");
        harness.OnActivity("ExecuteJobUnit").Runs((JobUnit unit) => $"part-{unit.Index}");
        harness.OnActivity("AggregateJob").Runs((JobParts parts) => Summary(parts.PartDigests));
        var result = await harness.RunAsync(JobOrchestrator.Run, Job);
        Assert.Equal("part-0 part-1 part-2", result.Output.ReportDigest);
        Assert.Equal(5, result.AttemptsOf("ExecuteJobUnit"));
        Assert.Equal(TimeSpan.FromSeconds(2 + 4), result.EndedAt - result.StartedAt);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 3)]
    public async Task AJobThatFailsIsRecordedAndItsCallersFaultIsNotTriedAgain(bool callersFault, int attempts)
    {
        var harness = new OrchestrationHarness();
        harness.OnActivity("PlanJob").Throws(callersFault ? new JobInputException("rows", "must be positive") : new IOException("blob is gone"));
        harness.OnActivity("FailJob").Returns(null);
        var result = await harness.RunAsync(JobOrchestrator.Run, Job);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, result.Status);
        Assert.Equal(attempts, result.AttemptsOf("PlanJob"));
        var failure = Assert.Single(result.CallsTo("FailJob")).ReadInputAs<JobFailure>()!;
        Assert.Equal(callersFault ? "rows: must be positive" : "blob is gone", failure.Message);
        Assert.Empty(result.CallsTo("AggregateJob"));
    }

    [Fact]
    public async Task ARetrainingGoesAllTheWayToThePromotionOfItsChallenger()
    {
        var harness = RetrainHarness(new GateResult(true, "better", new Dictionary<string, double?>(), null, 100), new Registered("v2", Start()));
        ScriptExperiment(harness, better: true);
        var result = await harness.RunAsync(RetrainOrchestrator.Run, Request());
        Assert.Equal(("Promoted", "v2", "exp"), (result.Output.Result, result.Output.Version, result.Output.Experiment));
        Assert.Equal(["preparing", "training", "gate", "experiment", "Promoted"], result.CustomStatuses.Select(status => status.ReadAs<string>()));
        Assert.Equal(["job-train-1", "exp-exp"], result.Children.Select(child => child.InstanceId));
        Assert.Equal("Promoted", Assert.Single(result.CallsTo("EndRetraining")).ReadInputAs<RetrainEnd>()!.Outcome.Result);
    }

    [Fact]
    public async Task AChallengerThatFailsTheOfflineGateIsNotRegistered()
    {
        var harness = RetrainHarness(new GateResult(false, "mae is worse", new Dictionary<string, double?>(), null, 100), null);
        var result = await harness.RunAsync(RetrainOrchestrator.Run, Request());
        Assert.Equal(("OfflineRejected", "mae is worse"), (result.Output.Result, result.Output.Reason));
        Assert.Empty(result.CallsTo("RegisterChallenger"));
        Assert.Equal("OfflineRejected", result.CustomStatuses[^1].ReadAs<string>());
    }

    [Fact]
    public async Task ARetrainingWhoseTrainingFailsIsRetriedAsAWholeAndEndsFailed()
    {
        var harness = RetrainHarness(null, null);
        harness.OnActivity("FailJob").Returns(null);
        harness.OnActivity<JobStart>("PlanJob", _ => true).Throws(new IOException("blob is gone"));
        var result = await harness.RunAsync(RetrainOrchestrator.Run, Request());
        Assert.Equal(OrchestrationRuntimeStatus.Completed, result.Status);
        Assert.Equal("Failed", result.Output.Result);
        Assert.Contains("blob is gone", result.Output.Reason, StringComparison.Ordinal);
        Assert.Equal(3, result.Children.Count);
        Assert.Equal("Failed", Assert.Single(result.CallsTo("EndRetraining")).ReadInputAs<RetrainEnd>()!.Outcome.Result);
    }

    [Fact]
    public async Task AnExperimentLooksEveryMinuteUntilItsTimeIsUp()
    {
        var harness = new OrchestrationHarness { InstanceId = "exp-exp" };
        ScriptExperiment(harness, better: false);
        var result = await harness.RunAsync(ExperimentOrchestrator.Run, Start());
        Assert.Equal(nameof(ExperimentPhase.KeptChampion), result.Output.Result);
        Assert.Equal(TimeSpan.FromMinutes(70), result.EndedAt - result.StartedAt);
        Assert.Equal(71, result.CallsTo("TakeLook").Count);

        // Fifty looks a generation, or the history would grow without end.
        Assert.Equal(50, Assert.Single(result.EarlierExecutions).Events.Count(item => item.Kind == "TimerFired"));
        Assert.Equal(Enumerable.Range(0, 71), result.CallsTo("ApplyStep").Select(call => call.ReadInputAs<ApplyRequest>()!.Turn));
    }

    [Fact]
    public async Task AnExperimentIsStoppedAtOnceWhenSomebodyAsksForIt()
    {
        var harness = new OrchestrationHarness { InstanceId = "exp-exp" };
        ScriptExperiment(harness, better: false);
        harness.RaiseEvent("STOP", new ExperimentWish("ann", "enough"), TimeSpan.FromMinutes(10.5));
        var result = await harness.RunAsync(ExperimentOrchestrator.Run, Start());
        Assert.Equal(nameof(ExperimentPhase.Aborted), result.Output.Result);
        Assert.Equal(TimeSpan.FromMinutes(10.5), result.EndedAt - result.StartedAt);
        Assert.Equal("ann", result.CallsTo("TakeLook")[^1].ReadInputAs<LookRequest>()!.AbortedBy);
        Assert.True(result.Timers[^1].IsCanceled);
    }

    [Fact]
    public async Task AnExperimentsLookIsTriedAgainWhenTheLogsCannotBeRead()
    {
        var harness = new OrchestrationHarness { InstanceId = "exp-exp" };
        harness.OnActivity<LookRequest>("TakeLook", request => request.State.Phase == ExperimentPhase.Draft)
            .Throws(new IOException("storage is away")).Times(3).Runs((LookRequest request) => Look(request, false));
        ScriptExperiment(harness, better: true);
        var result = await harness.RunAsync(ExperimentOrchestrator.Run, Start());
        Assert.Equal(nameof(ExperimentPhase.Promoted), result.Output.Result);
        Assert.Equal(result.StartedAt + TimeSpan.FromSeconds(1 + 2 + 4), result.CallsTo("ApplyStep")[0].At);
    }

    private static OrchestrationHarness RetrainHarness(GateResult? gate, Registered? registered)
    {
        var harness = new OrchestrationHarness { InstanceId = "retrain-hq" }.AddOrchestrators(typeof(RetrainOrchestrator).Assembly);
        harness.OnActivity("PrepareRetraining")
            .Runs((RetrainRequest request) => new RetrainPlan { RunId = request.RunId, DatasetVersion = "d1", TrainJob = Job });
        harness.OnActivity("PlanJob").Returns(new JobPlan(1, "units"));
        harness.OnActivity("ExecuteJobUnit").Returns("part");
        harness.OnActivity("AggregateJob").Returns(Summary(["part"]));
        harness.OnActivity("PassOfflineGate").Returns(gate);
        harness.OnActivity("RegisterChallenger").Returns(registered);
        harness.OnActivity("EndRetraining").Returns(null);
        return harness;
    }

    private static void ScriptExperiment(OrchestrationHarness harness, bool better)
    {
        harness.OnActivity("TakeLook").Runs((LookRequest request) => Look(request, better));
        harness.OnActivity("ApplyStep")
            .Runs((ApplyRequest request) => new Applied(request.Step.State.Phase is ExperimentPhase.Promoting or ExperimentPhase.Watching));
    }

    /// <summary>400 units an arm and minute; since the promotion, counted anew.</summary>
    private static ExperimentLook Look(LookRequest request, bool better)
    {
        var units = (long)(400 * (request.Now - (request.State.PromotedAt ?? request.State.StartedAt)).TotalMinutes);
        return new ExperimentLook
        {
            Now = request.Now,
            AbortedBy = request.AbortedBy,
            ApprovedBy = request.ApprovedBy,
            PromotionApplied = request.PromotionApplied,
            Control = Arm(units, 1),
            Challenger = Arm(units, better ? 0.8 : 1),
        };
    }

    private static ArmCounts Arm(long units, double loss) => new() { Units = units, Outcomes = units == 0 ? default : new Moments(units, loss, 0.5 * units) };

    private static ExperimentStart Start() => new()
    {
        ExperimentId = "exp", Model = "hq", Champion = "v1", Challenger = "v2", RunId = "run", Configuration = Experiment,
    };

    private static RetrainRequest Request() => new()
    {
        Pipeline = "hq", Reason = RetrainTrigger.Schedule, TriggerId = "t1", Evidence = "nightly", At = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
    };

    private static JobSummary Summary(IReadOnlyList<string> parts) => new()
    {
        JobId = "train-1", Kind = "train", Metrics = new Dictionary<string, double?>(), ReportDigest = string.Join(' ', parts),
    };
}
