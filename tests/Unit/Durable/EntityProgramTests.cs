using FsCheck;
using FsCheck.Fluent;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Random programs with entities come to what a model says, also through crashes: no effect is lost, none happens twice.</summary>
public class EntityProgramTests
{
    public static TheoryData<string, int> Points
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var point in CrashPoint.All.Where(point => !point.Contains("Activity", StringComparison.Ordinal)))
            {
                foreach (var hit in new[] { 1, 3 })
                    data.Add(point, hit);
            }

            return data;
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1000, 100)]
    public void RandomProgramsComeToWhatTheModelSays(int live, int batch)
    {
        var step = from kind in Gen.Elements(Enum.GetValues<EntityPrograms.StepKind>())
            from value in Gen.Choose(1, 9)
            from target in Gen.Choose(0, EntityPrograms.Counters - 1)
            from other in Gen.Choose(1, EntityPrograms.Counters - 1)
            select new EntityPrograms.Step(kind, value, target, other);
        var programs = step.NonEmptyListOf().NonEmptyListOf().Select(lists => lists.Take(5).Select(list => list.Take(10).ToList()).ToList());
        Prop.ForAll(programs.ToArbitrary(), all => RunAsync(all, null, live, batch).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    [Fact]
    public async Task RandomProgramsComeToTheSameThroughRandomCrashes()
    {
        var crashes = 0;
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var programs = Enumerable.Range(0, 3).Select(_ => EntityPrograms.Generate(random)).ToList();
            var faults = new RandomCrashes(seed, 5, 0.04);
            await RunAsync(programs, faults, seed % 2 * 1000, seed % 3 == 0 ? 1 : 100);
            crashes += faults.Crashes;
        }

        Assert.True(crashes > 100, $"only {crashes} crashes: the test does not test much");
    }

    [Theory, MemberData(nameof(Points))]
    public async Task AProgramSurvivesACrashAt(string point, int hit)
    {
        var random = new Random(1);
        var programs = Enumerable.Range(0, 3).Select(i => Enum.GetValues<EntityPrograms.StepKind>()
            .Select(kind => new EntityPrograms.Step(kind, random.Next(1, 10), random.Next(EntityPrograms.Counters), 1 + (i % 2)))
            .ToList()).ToList();
        var crash = new CrashAtPoint(point, hit);
        await RunAsync(programs, crash, 1000, 100);
        Assert.True(crash.HasCrashed, "the point was not passed so often");
    }

    private static async Task RunAsync(List<List<EntityPrograms.Step>> programs, IFaultInjector? faults, int live, int batch)
    {
        await using var hub = await TestHub.OpenAsync(
            EntityPrograms.Functions(), settings => settings with { MaxLiveSessions = live, MaxEntityBatch = batch, MaxActivityCrashes = 100 }, faults);
        for (var i = 0; i < programs.Count; i++)
        {
            var id = $"program-{i}";
            await ThroughCrashesAsync(hub, faults, async () =>
            {
                if (await hub.Client.GetInstanceAsync(id) is null)
                {
                    await hub.Client.ScheduleNewOrchestrationInstanceAsync(
                        EntityPrograms.Orchestrator, new EntityPrograms.Program(id, programs[i], 0), new StartOrchestrationOptions(id));
                }

                return true;
            });
        }

        for (var i = 0; i < programs.Count; i++)
        {
            var result = await ThroughCrashesAsync(hub, faults, () => hub.FinishAsync($"program-{i}"));
            Assert.True(result.RuntimeStatus == OrchestrationRuntimeStatus.Completed, $"{result.FailureDetails}");
            Assert.Equal(EntityPrograms.Reads(programs[i]), result.ReadOutputAs<List<int>>()!);
        }

        var expected = EntityPrograms.Totals(programs.SelectMany(program => program));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var (sums, balances) = await ThroughCrashesAsync(hub, faults, () => EntityPrograms.ReadTotalsAsync(hub.Client));
            Assert.Equal(expected.Balances, balances);

            // What nobody waits for may still be on its way, but never too much of it.
            Assert.All(sums.Zip(expected.Sums), pair => Assert.True(pair.First <= pair.Second, $"{pair.First} instead of {pair.Second}"));
            if (sums.SequenceEqual(expected.Sums))
                break;
            await Task.Delay(5, limit.Token);
            if (hub.Engine.Crash.IsDown)
                await hub.CrashAsync(faults);
        }
    }

    private static async Task<T> ThroughCrashesAsync<T>(TestHub hub, IFaultInjector? faults, Func<Task<T>> body)
    {
        while (true)
        {
            try
            {
                return await body();
            }
            catch (EngineAbandonedException)
            {
                await hub.CrashAsync(faults);
            }
        }
    }
}
