using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.DurableTask.Converters;
using Iml4e.LocalRuntime.Testing.Replay;
using Iml4e.Tests.Unit.Durable;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace Iml4e.Tests.Unit.LocalTesting;

/// <summary>Histories of random orchestrations from the real engine: every prefix replays as recorded, no planted contradiction is missed.</summary>
public sealed class ReplayEquivalenceTests(ITestOutputHelper output)
{
    private const int Programs = 200;

    // Each program has calls of two kinds, so that each contradiction has a place in it.
    private static readonly RandomPrograms.Step[] First =
        [new(RandomPrograms.StepKind.Activity, 3, null), new(RandomPrograms.StepKind.Timer, 1, null)];

    [Fact]
    public async Task EveryPrefixReplaysAsRecordedAndEveryPlantedContradictionIsCaught()
    {
        await using var hub = await TestHub.OpenAsync(RandomPrograms.Functions());
        await Task.WhenAll(Enumerable.Range(0, Programs).Select(async seed =>
        {
            var program = RandomPrograms.Generate(new Random(seed), 2, First);
            var result = await hub.RunAsync(RandomPrograms.Orchestrator, program);
            Assert.Equal(RandomPrograms.Expected(program), result.ReadOutputAs<long>());
        }));

        var replayer = new HistoryReplayer { Converter = JsonDataConverter.Default, Comparison = ReplayComparison.Payloads };
        replayer.AddOrchestrator(RandomPrograms.Orchestrator, RandomPrograms.RunAsync);
        var random = new Random(1);
        var histories = 0;
        var prefixes = 0;
        await foreach (var instance in hub.Client.GetAllInstancesAsync())
        {
            var document = OrchestrationHistoryDocument.Parse(OrchestrationHistoryDocument.Export(hub.Client, instance.InstanceId).ToJson());
            var report = replayer.Replay(document);
            Assert.True(report.IsSame, report.ToString());
            histories++;
            prefixes += report.Turns;
            foreach (var kind in HistoryPlants.Kinds)
                AssertCaught(replayer, document, kind, HistoryPlants.Plant(kind, document.ReadEvents(), random));
        }

        output.WriteLine($"{histories} histories, {prefixes} prefixes, {histories * HistoryPlants.Kinds.Count} planted contradictions");
        Assert.True(histories >= 200, $"only {histories} histories");
        Assert.True(prefixes >= 1000, $"only {prefixes} prefixes");
    }

    private static void AssertCaught(HistoryReplayer replayer, OrchestrationHistoryDocument document, string kind, List<HistoryEvent> planted)
    {
        var report = replayer.Replay(OrchestrationHistoryDocument.Of(document.Identity, planted));
        Assert.False(report.IsSame, $"{document}: the planted {kind} was not found");
        var (recorded, replayed) = (report.Difference!.Recorded, report.Difference.Replayed);
        Assert.True(kind == "fewer" ? recorded is not null : replayed is not null, $"{kind}: {report}");

        // The engine itself, on the way to carrying such an instance on, comes to the same verdict.
        var outcome = EngineVerdict(document.Identity, planted);
        Assert.True(
            outcome?.Failure?.ErrorType == NonDeterministicOrchestrationException.ReportedType,
            $"{document}: the engine did not see the planted {kind}: {outcome?.Failure}");
    }

    private static OrchestrationOutcome? EngineVerdict(OrchestrationIdentity identity, IReadOnlyList<HistoryEvent> history)
    {
        var settings = new DurableTaskSettings { DataFolder = "" };
        var services = new OrchestrationServices(
            RandomPrograms.Functions(), JsonDataConverter.Default, NullLoggerFactory.Instance, settings, new PayloadGuard(settings, NullLogger.Instance));
        var run = new OrchestrationRun(services, identity, () => { });
        run.Replay(history);
        return run.Advance([]).Outcome;
    }
}
