using Iml4e.Assessment.Experiment;
using Iml4e.Assessment.Pipelines;
using Iml4e.Functions.Experiments;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.Retraining;
using Iml4e.Functions.Retraining.External;
using Iml4e.LocalRuntime.Testing;

namespace Iml4e.Tests.Unit.Functions;

/// <summary>What the activities of the product's orchestrators give in tests.</summary>
internal static class ProductScripts
{
    private static readonly ExperimentConfiguration Configuration = new()
    {
        StageMinDwell = TimeSpan.FromMinutes(1), StageMinUnitsPerArm = 50, MinUnitsPerArm = 100, Smoke = new() { Enabled = false },
        Labels = new() { Maturity = TimeSpan.Zero, Deadline = TimeSpan.FromHours(1) }, MaxDuration = TimeSpan.FromMinutes(70),
        PostPromotionWatch = TimeSpan.FromMinutes(10), Stages = [0.05, 0.5],
    };

    public static JobStart Job { get; } = new("train-1", "train", "digest");

    /// <summary>A job of three units, of which the second works at its third attempt.</summary>
    public static OrchestrationHarness JobWithAFlakyUnit()
    {
        var harness = new OrchestrationHarness { InstanceId = "job-train-1" };
        harness.OnActivity("PlanJob").Returns(new JobPlan(3, "units"));
        harness.OnActivity<JobUnit>("ExecuteJobUnit", unit => unit.Index == 1).Throws(new IOException("blob is gone")).Times(2).Returns("part-1");
        harness.OnActivity("ExecuteJobUnit").Runs((JobUnit unit) => $"part-{unit.Index}");
        harness.OnActivity("AggregateJob").Runs((JobParts parts) => Summary(parts.PartDigests));
        return harness;
    }

    /// <summary>A retraining whose training works; the gate and what is registered are as given.</summary>
    public static OrchestrationHarness Retraining(GateResult? gate, Registered? registered)
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

    /// <summary>A retraining with two quality gates, of which the second needs the champion too; whether it is passed is as given.</summary>
    public static OrchestrationHarness GatedRetraining(bool secondGate)
    {
        var harness = new OrchestrationHarness { InstanceId = "retrain-hq" }.AddOrchestrators(typeof(RetrainOrchestrator).Assembly);
        harness.OnActivity("PrepareRetraining").Runs(
            (RetrainRequest request) => new RetrainPlan { RunId = request.RunId, DatasetVersion = "d1", Champion = "v1", TrainJob = Job, Gates = 2 });
        harness.OnActivity("PlanJob").Returns(new JobPlan(1, "units"));
        harness.OnActivity("ExecuteJobUnit").Returns("part");
        harness.OnActivity("AggregateJob").Runs((JobParts parts) => Summary(["part"]) with { JobId = parts.Job.JobId });
        harness.OnActivity("PassOfflineGate").Returns(Gate(true));
        harness.OnActivity("PlanGates").Returns(new PlannedGate[]
        {
            new() { Index = 0, Name = "first", Accept = "mae < 3", Challenger = new JobStart("g1", "evaluate", "digest") },
            new()
            {
                Index = 1, Name = "second", Accept = "mae < champion.mae", Challenger = new JobStart("g2", "evaluate", "digest"),
                Champion = new JobStart("g2-champion", "evaluate", "digest"),
            },
        });
        harness.OnActivity("PassGate").Runs(
            (GateJobs jobs) => new GateVerdict(jobs.Gate.Index == 0 || secondGate, $"{jobs.Challenger?.JobId} against {jobs.Champion?.JobId}"));
        harness.OnActivity("RegisterChallenger").Returns(new Registered("v2", null));
        harness.OnActivity("EndRetraining").Returns(null);
        return harness;
    }

    /// <summary>A retraining whose challenger has to wait for another experiment, which ends after three minutes.</summary>
    public static OrchestrationHarness WaitingRetraining()
    {
        var harness = Retraining(Gate(true), new Registered("v2", Experiment(), "exp-of-somebody"));
        var looks = 0;
        harness.OnActivity("TakeTurn").Runs((NextChallenger next) => next.Registered with { WaitsFor = ++looks < 3 ? "exp-of-somebody" : null });
        harness.OnActivity("ArchiveChallenger").Returns(null);
        AddExperiment(harness, better: true);
        return harness;
    }

    /// <summary>An external training whose trainer does as given at each look.</summary>
    public static OrchestrationHarness ExternalTraining(Func<ExternalAttempt, ExternalStanding> look)
    {
        var harness = new OrchestrationHarness { InstanceId = ExternalTrainOrchestrator.InstanceId("run") };
        harness.OnActivity("FreezeData").Returns(new ExternalData("data", "train", "holdout", 100));
        harness.OnActivity("CallTrainer").Runs((ExternalAttempt attempt) => new ExternalStanding(TrainingState.Waiting, attempt.At, null));
        harness.OnActivity("LookAtTraining").Runs(look);
        harness.OnActivity("EndAttempt").Runs((ExternalAttempt attempt) => new ExternalStanding(TrainingState.Failed, attempt.At, attempt.Failure));
        harness.OnActivity("TakeModel").Returns(Summary(["model"]));
        return harness;
    }

    public static ExternalStart External() => new()
    {
        RunId = "run", Pipeline = "hq", DatasetVersion = "d1", Heartbeat = TimeSpan.FromMinutes(5), Timeout = TimeSpan.FromHours(6),
    };

    /// <summary>Looks at an experiment whose challenger is better, or the same.</summary>
    public static void AddExperiment(OrchestrationHarness harness, bool better)
    {
        harness.OnActivity("TakeLook").Runs((LookRequest request) => Look(request, better));
        harness.OnActivity("ApplyStep")
            .Runs((ApplyRequest request) => new Applied(request.Step.State.Phase is ExperimentPhase.Promoting or ExperimentPhase.Watching));
    }

    /// <summary>400 units an arm and minute; since the promotion, counted anew.</summary>
    public static ExperimentLook Look(LookRequest request, bool better)
    {
        var units = (long)(400 * (request.Now - (request.State.PromotedAt ?? request.State.StartedAt)).TotalMinutes);
        return new ExperimentLook
        {
            Now = request.Now,
            AbortedBy = request.AbortedBy,
            RolledBackBy = request.RolledBackBy,
            ApprovedBy = request.ApprovedBy,
            PromotionApplied = request.PromotionApplied,
            Control = Arm(units, 1),
            Challenger = Arm(units, better ? 0.8 : 1),
        };
    }

    public static ExperimentStart Experiment() => new()
    {
        ExperimentId = "exp", Model = "hq", Champion = "v1", Challenger = "v2", RunId = "run", Configuration = Configuration,
    };

    public static RetrainRequest Request() => new()
    {
        Pipeline = "hq", Reason = RetrainTrigger.Schedule, TriggerId = "t1", Evidence = "nightly", At = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
    };

    public static JobSummary Summary(IReadOnlyList<string> parts) => new()
    {
        JobId = "train-1", Kind = "train", Metrics = new Dictionary<string, double?>(), ReportDigest = string.Join(' ', parts),
    };

    public static GateResult Gate(bool accepted) => new(accepted, "as scripted", new Dictionary<string, double?>(), null, 100);

    private static ArmCounts Arm(long units, double loss) => new() { Units = units, Outcomes = units == 0 ? default : new Moments(units, loss, 0.5 * units) };
}
