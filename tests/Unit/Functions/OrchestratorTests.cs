using Iml4e.Assessment.Experiment;
using Iml4e.Assessment.Jobs;
using Iml4e.Functions.Experiments;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.Retraining;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.Testing;
using static Iml4e.Tests.Unit.Functions.ProductScripts;

namespace Iml4e.Tests.Unit.Functions;

/// <summary>
/// The product's orchestrators against scripted activities, in virtual time. This is how an orchestrator is tested: say what its activities give, run it, look
/// at what it did. That it is deterministic each run proves by itself: the harness replays every prefix of the history.
/// </summary>
public sealed class OrchestratorTests
{
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
        var harness = JobWithAFlakyUnit();
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
        var harness = Retraining(Gate(true), new Registered("v2", Experiment()));
        AddExperiment(harness, better: true);
        var result = await harness.RunAsync(RetrainOrchestrator.Run, Request());
        Assert.Equal(("Promoted", "v2", "exp"), (result.Output.Result, result.Output.Version, result.Output.Experiment));
        Assert.Equal(["preparing", "training", "gate", "experiment", "Promoted"], result.CustomStatuses.Select(status => status.ReadAs<string>()));
        Assert.Equal(["job-train-1", "exp-exp"], result.Children.Select(child => child.InstanceId));
        Assert.Equal("Promoted", Assert.Single(result.CallsTo("EndRetraining")).ReadInputAs<RetrainEnd>()!.Outcome.Result);
    }

    [Fact]
    public async Task AChallengerThatFailsTheOfflineGateIsNotRegistered()
    {
        var harness = Retraining(Gate(false), null);
        var result = await harness.RunAsync(RetrainOrchestrator.Run, Request());
        Assert.Equal(("OfflineRejected", "as scripted"), (result.Output.Result, result.Output.Reason));
        Assert.Empty(result.CallsTo("RegisterChallenger"));
        Assert.Equal("OfflineRejected", result.CustomStatuses[^1].ReadAs<string>());
    }

    [Fact]
    public async Task QualityGatesRunInTheOrderOfTheDocumentAfterTheOfflineGate()
    {
        var result = await GatedRetraining(secondGate: true).RunAsync(RetrainOrchestrator.Run, Request());
        Assert.Equal("Promoted", result.Output.Result);
        Assert.Equal(["job-train-1", "job-g1", "job-g2", "job-g2-champion"], result.Children.Select(child => child.InstanceId));
        Assert.Equal(
            ["preparing", "training", "gate", "gate 1 (first)", "gate 2 (second)", "Promoted"],
            result.CustomStatuses.Select(status => status.ReadAs<string>()));
        Assert.Equal([0, 1], result.CallsTo("PassGate").Select(call => call.ReadInputAs<GateJobs>()!.Gate.Index));
    }

    [Fact]
    public async Task AGateThatIsNotPassedEndsTheRetrainingWithItsNameAndFigures()
    {
        var result = await GatedRetraining(secondGate: false).RunAsync(RetrainOrchestrator.Run, Request());
        Assert.Equal(("OfflineRejected", "gate 2 (second): g2 against g2-champion"), (result.Output.Result, result.Output.Reason));
        Assert.Empty(result.CallsTo("RegisterChallenger"));
    }

    [Fact]
    public async Task AGateWhoseJobFailsEndsTheRetrainingAndSaysWhich()
    {
        var harness = GatedRetraining(secondGate: true);
        harness.OnActivity("FailJob").Returns(null);
        harness.OnActivity<JobStart>("PlanJob", job => job.JobId == "g2-champion").Throws(new JobInputException("rows", "must be places"));
        var result = await harness.RunAsync(RetrainOrchestrator.Run, Request());
        Assert.Equal(("Failed", "gate 2 (second): rows: must be places"), (result.Output.Result, result.Output.Reason));
    }

    [Fact]
    public async Task AChallengerWaitsForAnotherExperimentOfItsModel()
    {
        var result = await WaitingRetraining().RunAsync(RetrainOrchestrator.Run, Request());
        Assert.Equal("Promoted", result.Output.Result);
        Assert.Equal(["job-train-1", "next-hq", "exp-exp"], result.Children.Select(child => child.InstanceId));
        Assert.Equal(["preparing", "training", "gate", "next", "experiment", "Promoted"], result.CustomStatuses.Select(status => status.ReadAs<string>()));
    }

    [Fact]
    public async Task AChallengerThatWaitsGivesWayToANewerOne()
    {
        var harness = new OrchestrationHarness { InstanceId = NextChallengerOrchestrator.InstanceId("hq") };
        harness.OnActivity("TakeTurn").Runs((NextChallenger next) => next.Registered);
        harness.OnActivity("ArchiveChallenger").Returns(null);
        harness.RaiseEvent(NextChallengerOrchestrator.SupersedeEvent, true, TimeSpan.FromHours(2.5));
        var result = await harness.RunAsync(NextChallengerOrchestrator.Run, new NextChallenger(Request(), new Registered("v2", Experiment(), "other")));
        Assert.Null(result.Output.Experiment);
        Assert.Single(result.CallsTo("ArchiveChallenger"));
        Assert.Equal(TimeSpan.FromHours(2.5), result.EndedAt - result.StartedAt);
        Assert.Equal(2, result.EarlierExecutions.Count);
    }

    [Fact]
    public async Task ARetrainingWhoseTrainingFailsIsRetriedAsAWholeAndEndsFailed()
    {
        var harness = Retraining(null, null);
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
        AddExperiment(harness, better: false);
        var result = await harness.RunAsync(ExperimentOrchestrator.Run, Experiment());
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
        AddExperiment(harness, better: false);
        harness.RaiseEvent("STOP", new ExperimentWish("ann", "enough"), TimeSpan.FromMinutes(10.5));
        var result = await harness.RunAsync(ExperimentOrchestrator.Run, Experiment());
        Assert.Equal(nameof(ExperimentPhase.Aborted), result.Output.Result);
        Assert.Equal(TimeSpan.FromMinutes(10.5), result.EndedAt - result.StartedAt);
        Assert.Equal("ann", result.CallsTo("TakeLook")[^1].ReadInputAs<LookRequest>()!.AbortedBy);
        Assert.True(result.Timers[^1].IsCanceled);
    }

    [Fact]
    public async Task AnExperimentThatCannotBeLookedAtForHalfAnHourGoesBackToTheChampion()
    {
        var harness = new OrchestrationHarness { InstanceId = "exp-exp" };
        harness.OnActivity<LookRequest>("TakeLook", request => request.State.Phase == ExperimentPhase.Ramping && request.FailingSince is null)
            .Throws(new IOException("storage is away")).Times(100);
        harness.OnActivity<LookRequest>("TakeLook", request => request.FailingSince is not null).Runs(
            (LookRequest request) => ExperimentActivities.Failing(request));
        AddExperiment(harness, better: true);
        var result = await harness.RunAsync(ExperimentOrchestrator.Run, Experiment());
        Assert.Equal((nameof(ExperimentPhase.RolledBack), "EvaluatorUnavailable"), (result.Output.Result, result.Output.Reason));
        var since = result.CallsTo("TakeLook")[^1].ReadInputAs<LookRequest>()!.FailingSince!.Value;
        Assert.InRange((result.EndedAt - since)!.Value, TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(31.5));
        Assert.Equal(
            ["RampHeld"],
            result.CallsTo("ApplyStep").SelectMany(call => call.ReadInputAs<ApplyRequest>()!.Step.Events).Select(e => e.Name).Where(
                name => name == "RampHeld"));
    }

    [Fact]
    public async Task AStepThatCannotBeMadeTrueIsMadeTrueWhenTheStorageIsBack()
    {
        var harness = new OrchestrationHarness { InstanceId = "exp-exp" };
        harness.OnActivity<ApplyRequest>("ApplyStep", request => request.Turn == 1).Throws(new IOException("storage is away")).Times(25)
            .Runs((ApplyRequest request) => new Applied(false));
        AddExperiment(harness, better: true);
        var result = await harness.RunAsync(ExperimentOrchestrator.Run, Experiment());
        Assert.Equal(nameof(ExperimentPhase.Promoted), result.Output.Result);
        Assert.Equal(3, result.CallsTo("ApplyStep").Count(call => call.ReadInputAs<ApplyRequest>()!.Turn == 1));
    }

    [Fact]
    public async Task AnExperimentBeginsWhenTheOtherOfItsModelHasEnded()
    {
        var harness = new OrchestrationHarness { InstanceId = "exp-exp" };
        harness.OnActivity<ApplyRequest>("ApplyStep", request => request.Turn < 5).Returns(new Applied(false, Blocked: true));
        AddExperiment(harness, better: true);
        var result = await harness.RunAsync(ExperimentOrchestrator.Run, Experiment());
        Assert.Equal(nameof(ExperimentPhase.Promoted), result.Output.Result);
        var began = result.CallsTo("ApplyStep")[5].ReadInputAs<ApplyRequest>()!;
        Assert.Equal("ExperimentStarted", began.Step.Events[0].Name);
        Assert.Equal(result.StartedAt + TimeSpan.FromMinutes(5), began.Look.Now);
        Assert.InRange(began.Step.State.StartedAt, result.StartedAt + TimeSpan.FromMinutes(4), began.Look.Now);
    }

    [Fact]
    public async Task ALookThatIsAskedForIsTakenAtOnce()
    {
        var harness = new OrchestrationHarness { InstanceId = "exp-exp" };
        AddExperiment(harness, better: false);
        harness.RaiseEvent("look", new ExperimentWish("ann", null), TimeSpan.FromMinutes(10.5));
        harness.RaiseEvent("rollback", new ExperimentWish("ann", "enough"), TimeSpan.FromMinutes(20.25));
        var result = await harness.RunAsync(ExperimentOrchestrator.Run, Experiment());
        Assert.Equal((nameof(ExperimentPhase.RolledBack), "ByHand"), (result.Output.Result, result.Output.Reason));
        var looks = result.CallsTo("TakeLook").Select(call => call.ReadInputAs<LookRequest>()!.Now - result.StartedAt).ToList();
        Assert.Equal([TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10.5), TimeSpan.FromMinutes(11.5)], looks[10..13]);
        Assert.Equal(TimeSpan.FromMinutes(20.25), looks[^1]);
    }

    [Fact]
    public async Task AnExperimentsLookIsTriedAgainWhenTheLogsCannotBeRead()
    {
        var harness = new OrchestrationHarness { InstanceId = "exp-exp" };
        harness.OnActivity<LookRequest>("TakeLook", request => request.State.Phase == ExperimentPhase.Draft)
            .Throws(new IOException("storage is away")).Times(3).Runs((LookRequest request) => Look(request, false));
        AddExperiment(harness, better: true);
        var result = await harness.RunAsync(ExperimentOrchestrator.Run, Experiment());
        Assert.Equal(nameof(ExperimentPhase.Promoted), result.Output.Result);
        Assert.Equal(result.StartedAt + TimeSpan.FromSeconds(1 + 2 + 4), result.CallsTo("ApplyStep")[0].At);
    }
}
