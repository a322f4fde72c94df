using Iml4e.Functions.Experiments;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.Retraining;
using Iml4e.Functions.Retraining.External;
using Iml4e.LocalRuntime.Testing;
using Iml4e.LocalRuntime.Testing.Replay;
using static Iml4e.Tests.Unit.Functions.ProductScripts;

namespace Iml4e.Tests.Unit.Functions;

/// <summary>
/// The gate for changes of the product's orchestrators: what earlier versions recorded must go on with today's code, or instances that run while an update is
/// deployed fail. A change that breaks it goes behind <c>context.CompareVersionTo</c>. A history that is missing in the folder is recorded by the test
/// and is then to be committed; one that was exported from a hub (<see cref="OrchestrationHistoryDocument.Export"/>) can be put beside them.
/// </summary>
public sealed class RecordedHistoryTests
{
    private static readonly Dictionary<string, Func<Task<OrchestrationResult>>> Scenarios = new(StringComparer.Ordinal)
    {
        ["job"] = async () => await JobWithAFlakyUnit().RunAsync(JobOrchestrator.Run, Job),
        ["job-failed"] = async () =>
        {
            var harness = new OrchestrationHarness { InstanceId = "job-train-1" };
            harness.OnActivity("PlanJob").Throws(new IOException("blob is gone"));
            harness.OnActivity("FailJob").Returns(null);
            return await harness.RunAsync(JobOrchestrator.Run, Job);
        },
        ["experiment"] = async () =>
        {
            var harness = new OrchestrationHarness { InstanceId = "exp-exp" };
            AddExperiment(harness, better: true);
            return await harness.RunAsync(ExperimentOrchestrator.Run, Experiment());
        },
        ["experiment-stopped"] = async () =>
        {
            var harness = new OrchestrationHarness { InstanceId = "exp-exp" }.RaiseEvent("stop", new ExperimentWish("ann", null), TimeSpan.FromMinutes(1.5));
            AddExperiment(harness, better: false);
            return await harness.RunAsync(ExperimentOrchestrator.Run, Experiment());
        },
        ["retraining"] = async () =>
        {
            var harness = Retraining(Gate(true), new Registered("v2", Experiment()));
            AddExperiment(harness, better: true);
            return await harness.RunAsync(RetrainOrchestrator.Run, Request());
        },
        ["training-external"] = async () =>
        {
            var looks = 0;
            return await ExternalTraining(attempt => new ExternalStanding(++looks == 3 ? TrainingState.Delivered : TrainingState.Waiting, attempt.At, null))
                .RunAsync(ExternalTrainOrchestrator.Run, External());
        },
        ["training-external-silent"] = async () =>
            await ExternalTraining(attempt => new ExternalStanding(TrainingState.Waiting, attempt.Start.CalledAt!.Value, null))
            .RunAsync(ExternalTrainOrchestrator.Run, External()),
        ["next-challenger"] = async () =>
        {
            var looks = 0;
            var harness = new OrchestrationHarness { InstanceId = NextChallengerOrchestrator.InstanceId("hq") };
            harness.OnActivity("TakeTurn").Runs((NextChallenger next) => next.Registered with { WaitsFor = ++looks < 3 ? "exp-of-somebody" : null });
            return await harness.RunAsync(NextChallengerOrchestrator.Run, new NextChallenger(Request(), new Registered("v2", Experiment(), "exp-of-somebody")));
        },
        ["retraining-waits"] = async () => await WaitingRetraining().RunAsync(RetrainOrchestrator.Run, Request()),
        ["retraining-gates"] = async () => await GatedRetraining(secondGate: false).RunAsync(RetrainOrchestrator.Run, Request()),
        ["retraining-rejected"] = async () => await Retraining(Gate(false), null).RunAsync(RetrainOrchestrator.Run, Request()),
    };

    public static TheoryData<string> Recorded => [.. Scenarios.Keys];

    [Theory, MemberData(nameof(Recorded))]
    public async Task WhatWasRecordedGoesOnWithTodaysCode(string scenario)
    {
        var path = Path.Combine(Folder(), scenario + ".json");
        if (!File.Exists(path))
        {
            (await Scenarios[scenario]()).History.Save(path);
            Assert.Fail($"{path} was missing; it is recorded now, and to be committed.");
        }

        Replayer().Replay(OrchestrationHistoryDocument.Load(path)).ThrowIfDifferent();
    }

    [Fact]
    public void EveryHistoryOfTheFolderGoesOnAndEveryOrchestratorHasOne()
    {
        var replayer = Replayer();
        var histories = Directory.EnumerateFiles(Folder(), "*.json").Select(OrchestrationHistoryDocument.Load).ToList();
        foreach (var history in histories)
            replayer.Replay(history).ThrowIfDifferent();
        Assert.Equal(
            [nameof(ExperimentOrchestrator), nameof(ExternalTrainOrchestrator), nameof(JobOrchestrator), nameof(NextChallengerOrchestrator), nameof(RetrainOrchestrator)],
            histories.Select(history => history.Name).Distinct().Order(StringComparer.Ordinal));
    }

    private static HistoryReplayer Replayer() => new HistoryReplayer().AddOrchestrators(typeof(JobOrchestrator).Assembly);

    private static string Folder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Iml4e.Serverless.sln")))
                return Path.Combine(folder.FullName, "tests", "Unit", "Functions", "Histories");
        }

        throw new InvalidOperationException("The tests run outside of the repository.");
    }
}
