using System.Collections.Concurrent;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Whatever point the engine goes down at, the next one carries on, and the orchestration ends as if nothing had happened.</summary>
public class CrashTests
{
    // A hundred of each, with a real SIGKILL: ./iml4e bench crash --points 100.
    private const int Seeds = 20;

    public static TheoryData<string> Points => new(CrashPoint.All.Except(CrashPoint.OfEntities));

    // Some orchestrations a point, each crashed once: at which passage of the point, and which activities fail at first, comes from the seed. Every other
    // one is replayed at each of its turns.
    [Theory, MemberData(nameof(Points))]
    public async Task FanOutSurvivesACrashAt(string point)
    {
        var crashes = 0;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var crash = new CrashAtPoint(point, 1 + random.Next(3));
            var failing = Enumerable.Range(0, 50).Where(_ => random.Next(5) == 0).ToHashSet();
            var executions = new ConcurrentDictionary<RunningWork, int>();
            var functions = new InMemoryFunctions()
                .CountedActivity<int>("Work", (call, i) =>
                {
                    executions.AddOrUpdate(call, 1, (_, count) => count + 1);

                    // The first attempts are the calls 1 to 50, after the timer's 0.
                    return failing.Contains(i) && call.Part == i + 1 ? throw new InvalidOperationException("again") : i;
                })
                .Orchestrator("Fan", async context =>
                {
                    var retry = TaskOptions.FromRetryPolicy(new RetryPolicy(2, TimeSpan.FromMilliseconds(2)));
                    await context.CreateTimer(TimeSpan.FromMilliseconds(2), CancellationToken.None);
                    var parts = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => context.CallActivityAsync<int>("Work", i, retry)));
                    await context.CreateTimer(TimeSpan.FromMilliseconds(2), CancellationToken.None);
                    return parts.Sum();
                });
            await using var hub = await TestHub.OpenAsync(functions, settings => settings with { MaxLiveSessions = seed % 2 * 1000 }, crash);
            var result = await FinishThroughCrashesAsync(hub, "Fan", null, crash);
            Assert.True(result.RuntimeStatus == OrchestrationRuntimeStatus.Completed, $"seed {seed}: {result.FailureDetails}");
            Assert.Equal(49 * 50 / 2, result.ReadOutputAs<int>());
            Assert.Equal(50 + failing.Count, executions.Count);
            Assert.All(executions.Values, count => Assert.InRange(count, 1, crash.HasCrashed ? 2 : 1));
            AssertNoEffectTwice(hub.Engine, result.InstanceId);
            crashes += crash.HasCrashed ? 1 : 0;
        }

        Assert.True(crashes > Seeds / 2, $"only {crashes} crashes: the test does not test much");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public async Task RandomOrchestrationsEndTheSameThroughRandomCrashes(int live)
    {
        var crashes = 0;
        for (var seed = 0; seed < 50; seed++)
        {
            var program = RandomPrograms.Generate(new Random(seed), 2);
            var faults = new RandomCrashes(seed, 4, 0.05);
            await using var hub = await TestHub.OpenAsync(
                RandomPrograms.Functions(), settings => settings with { MaxLiveSessions = live, MaxActivityCrashes = 100 }, faults);
            var result = await FinishThroughCrashesAsync(hub, RandomPrograms.Orchestrator, program, faults);
            Assert.True(result.RuntimeStatus == OrchestrationRuntimeStatus.Completed, $"seed {seed}: {result.FailureDetails}");
            Assert.Equal(RandomPrograms.Expected(program), result.ReadOutputAs<long>());
            AssertNoEffectTwice(hub.Engine, result.InstanceId);
            crashes += faults.Crashes;
        }

        Assert.True(crashes > 50, $"only {crashes} crashes: the test does not test much");
    }

    [Fact]
    public async Task AHundredParallelStartsMakeOneInstance()
    {
        var runs = 0;
        await using var hub = await TestHub.OpenAsync(new InMemoryFunctions()
            .Activity<object?>("Count", _ => Interlocked.Increment(ref runs))
            .Orchestrator("Once", async context =>
            {
                await context.CallActivityAsync("Count");
                return await context.WaitForExternalEvent<int>("end");
            }));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(async () =>
        {
            try
            {
                await hub.Client.ScheduleNewOrchestrationInstanceAsync("Once", null, new StartOrchestrationOptions("one"));
                return true;
            }
            catch (InvalidOperationException exception)
            {
                Assert.Contains("already exists", exception.Message, StringComparison.Ordinal);
                return false;
            }
        })));
        Assert.Equal(1, outcomes.Count(started => started));
        await hub.Client.RaiseEventAsync("one", "end", 1);
        await hub.FinishAsync("one");
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task AnActivityThatTakesTheProcessDownIsFailedInTheEnd()
    {
        var started = 0;
        await using var hub = await TestHub.OpenAsync(new InMemoryFunctions()
            .AsyncActivity<object?>("Hang", async (_, cancellation) =>
            {
                Interlocked.Increment(ref started);
                await Task.Delay(Timeout.Infinite, cancellation);
                return null;
            })
            .Orchestrator("Poison", async context =>
            {
                await context.CallActivityAsync("Hang", TaskOptions.FromRetryPolicy(new RetryPolicy(5, TimeSpan.FromMilliseconds(1))));
                return null;
            }));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Poison");
        await FallAsync(hub, () => started, 3);
        var result = await hub.FinishAsync(id);
        Assert.Equal("ActivityPoisoned", result.FailureDetails!.InnerFailure!.ErrorType);
        Assert.Equal(3, started);
    }

    [Fact]
    public async Task AnOperationThatTakesTheProcessDownIsFailedAndTheNextOnesGoOn()
    {
        var started = 0;
        await using var hub = await TestHub.OpenAsync(new InMemoryFunctions()
            .Entity<Tally>("Tally")
            .Entity("Fuse", dispatcher => dispatcher.DispatchAsync(async operation =>
            {
                operation.State.SetState(operation.State.GetState(0) + 1);
                if (operation.Name == "hang")
                {
                    operation.Context.SignalEntity(new EntityInstanceId("Tally", "rolled-back"), "add", 1);
                    Interlocked.Increment(ref started);
                    await Task.Delay(Timeout.Infinite);
                }

                return operation.State.GetState(0);
            }))
            .Orchestrator("Call", async context =>
            {
                var fuse = new EntityInstanceId("Fuse", "k");
                for (var i = 0; i < 3; i++)
                    await context.Entities.SignalEntityAsync(fuse, "count");
                try
                {
                    await context.Entities.CallEntityAsync(fuse, "hang");
                    return "no failure";
                }
                catch (EntityOperationFailedException failed)
                {
                    return $"{failed.FailureDetails.ErrorType} {await context.Entities.CallEntityAsync<int>(fuse, "count")}";
                }
            }));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Call");
        await FallAsync(hub, () => started, 3);
        Assert.Equal("EntityOperationPoisoned 4", (await hub.FinishAsync(id)).ReadOutputAs<string>());

        // A signal that does so is dropped.
        var signalled = new EntityInstanceId("Fuse", "signalled");
        foreach (var operation in new[] { "count", "hang", "count" })
            await hub.Client.Entities.SignalEntityAsync(signalled, operation);
        await FallAsync(hub, () => started, 6);
        await hub.UntilEntityAsync<int>(signalled, state => state == 2);
        Assert.Equal(6, started);
        Assert.Null(await hub.Client.Entities.GetEntityAsync(new EntityInstanceId("Tally", "rolled-back")));
        Assert.Equal(0, hub.Engine.Queries.Read(database => database.Query("SELECT COUNT(*) FROM entity_inbox", row => row.GetInt32(0))[0]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnOrchestratorThatTakesTheProcessDownIsFailedInTheEnd(bool later)
    {
        var started = 0;
        using var release = new ManualResetEventSlim();
        await using var hub = await TestHub.OpenAsync(new InMemoryFunctions()
            .Activity<int>("Echo", value => value)
            .Orchestrator("Hang", async context =>
            {
                if (later)
                    await context.CallActivityAsync<int>("Echo", 1);
                Interlocked.Increment(ref started);
                release.Wait();
                return "done";
            })
            .Orchestrator("Parent", async context =>
            {
                try
                {
                    var retried = TaskOptions.FromRetryPolicy(new RetryPolicy(5, TimeSpan.FromMilliseconds(1)));
                    return await context.CallSubOrchestratorAsync<string>("Hang", null, new SubOrchestrationOptions(retried, "child"));
                }
                catch (TaskFailedException failed)
                {
                    return failed.FailureDetails.ErrorType;
                }
            }));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Parent");
        await FallAsync(hub, () => started, 3);
        Assert.Equal("OrchestrationPoisoned", (await hub.FinishAsync(id)).ReadOutputAs<string>());
        Assert.Equal(3, started);

        // Mended, it may be tried again, with a clean slate.
        release.Set();
        await hub.Client.RewindInstanceAsync("child", "mended");
        Assert.Equal("done", (await hub.FinishAsync("child")).ReadOutputAs<string>());
    }

    /// <summary>Has the process fall three times, each time once the work has been started again.</summary>
    private static async Task FallAsync(TestHub hub, Func<int> started, int last)
    {
        for (var start = last - 2; start <= last; start++)
        {
            await TestHub.UntilAsync(() => Task.FromResult(started() >= start));
            await hub.CrashAsync();
        }
    }

    private static async Task<OrchestrationMetadata> FinishThroughCrashesAsync(TestHub hub, string name, object? input, IFaultInjector faults)
    {
        while (true)
        {
            try
            {
                if (await hub.Client.GetInstanceAsync("one") is null)
                    await hub.Client.ScheduleNewOrchestrationInstanceAsync(name, input, new StartOrchestrationOptions("one"));
                return await hub.FinishAsync("one");
            }
            catch (EngineAbandonedException)
            {
                await hub.CrashAsync(faults);
            }
        }
    }

    private static void AssertNoEffectTwice(OrchestrationEngine engine, string instanceId)
    {
        var history = engine.Queries.ReadHistory(engine.Queries.Find(instanceId, false)!.Execution);
        var completions = history
            .Where(item => item.TaskId is not null && item.Kind != HistoryEventKind.ExecutionCompleted)
            .Select(item => item.TaskId!.Value)
            .ToList();
        Assert.Equal(completions.Count, completions.Distinct().Count());
        var calls = history.Where(item => item.EventId is not null).Select(item => item.EventId!.Value).ToList();
        Assert.Equal(Enumerable.Range(0, calls.Count), calls);
    }
}
