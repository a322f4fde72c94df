using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Children, limits, restarts and rewinds.</summary>
public class OrchestrationLifecycleTests
{
    private static InMemoryFunctions Functions() => new InMemoryFunctions()
        .Activity<string>("Echo", value => value)
        .Activity<object?>("Broken", _ => throw new InvalidOperationException("broken"))
        .Orchestrator("Wait", async context => await context.WaitForExternalEvent<string>("go"));

    [Fact]
    public async Task AChildKnowsItsParentAndReportsItsFailure()
    {
        await using var hub = await TestHub.OpenAsync(Functions()
            .Orchestrator("Child", async context =>
            {
                if (context.GetInput<bool>())
                    await context.CallActivityAsync("Broken");
                return $"{context.Parent!.Name} {context.Parent.InstanceId}";
            })
            .Orchestrator("Parent", async context =>
            {
                var good = await context.CallSubOrchestratorAsync<string>("child", false);
                try
                {
                    await context.CallSubOrchestratorAsync("Child", true);
                    return "no failure";
                }
                catch (TaskFailedException failed)
                {
                    return $"{good}; {failed.TaskName} #{failed.TaskId} {failed.FailureDetails.InnerFailure!.ErrorMessage}";
                }
            }));
        var result = await hub.RunAsync("Parent", null, "p");
        Assert.Equal("Parent p; Child #1 broken", result.ReadOutputAs<string>());
    }

    [Fact]
    public async Task AChildWhoseIdIsRunningFailsTheCall()
    {
        await using var hub = await TestHub.OpenAsync(Functions()
            .Orchestrator("Parent", async context =>
                await context.CallSubOrchestratorAsync<string>("Wait", null, new SubOrchestrationOptions(instanceId: "taken"))));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Wait", null, new StartOrchestrationOptions("taken"));
        var result = await hub.RunAsync("Parent");
        Assert.Equal("OrchestrationAlreadyExists", result.FailureDetails!.InnerFailure!.ErrorType);
        Assert.True((await hub.Client.GetInstanceAsync("taken"))!.RuntimeStatus is OrchestrationRuntimeStatus.Running or OrchestrationRuntimeStatus.Pending);
    }

    [Fact]
    public async Task UnknownNamesAreNotRetried()
    {
        await using var hub = await TestHub.OpenAsync(Functions()
            .Orchestrator("CallsNobody", async context =>
                await context.CallActivityAsync<string>("Nobody", TaskOptions.FromRetryPolicy(new RetryPolicy(5, TimeSpan.FromHours(1)))))
            .Orchestrator("StartsNobody", async context => await context.CallSubOrchestratorAsync<string>("Nobody")));
        Assert.Equal("ActivityTaskNotFound", (await hub.RunAsync("CallsNobody")).FailureDetails!.InnerFailure!.ErrorType);
        Assert.Equal("OrchestratorTaskNotFound", (await hub.RunAsync("StartsNobody")).FailureDetails!.InnerFailure!.ErrorType);
        await Assert.ThrowsAsync<ArgumentException>(() => hub.Client.ScheduleNewOrchestrationInstanceAsync("Nobody"));
    }

    [Theory]
    [InlineData(true, OrchestrationRuntimeStatus.Terminated)]
    [InlineData(false, OrchestrationRuntimeStatus.Running)]
    public async Task ATerminationReachesChildrenOnlyWhenAsked(bool recursive, OrchestrationRuntimeStatus expected)
    {
        await using var hub = await TestHub.OpenAsync(Functions()
            .Orchestrator("Parent", async context =>
                await context.CallSubOrchestratorAsync<string>("Wait", null, new SubOrchestrationOptions(instanceId: "child"))));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Parent", null, new StartOrchestrationOptions("parent"));
        await hub.UntilAsync("child", instance => instance.IsRunning);
        await hub.Client.TerminateInstanceAsync("parent", new TerminateInstanceOptions("stop", recursive));
        await hub.FinishAsync("parent");
        if (recursive)
            await hub.FinishAsync("child");
        Assert.Equal(expected, (await hub.Client.GetInstanceAsync("child"))!.RuntimeStatus);
        Assert.Equal(recursive ? 2 : 1, (await hub.Client.PurgeInstanceAsync("parent", new PurgeInstanceOptions(true))).PurgedInstanceCount);
    }

    [Fact]
    public async Task ARewindRunsTheFailedSiblingsAgainAndNothingElse()
    {
        var runs = new int[6];
        var healed = false;
        await using var hub = await TestHub.OpenAsync(Functions()
            .Activity<int>("Part", i =>
            {
                Interlocked.Increment(ref runs[i]);
                return i is 2 or 4 && !Volatile.Read(ref healed) ? throw new InvalidOperationException($"part {i}") : i;
            })
            .Orchestrator("Child", async context =>
            {
                var parts = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => context.CallActivityAsync<int>("Part", i)));
                return parts.Sum();
            })
            .Orchestrator("Parent", async context => await context.CallSubOrchestratorAsync<int>("Child")));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await hub.RunAsync("Parent", null, "p")).RuntimeStatus);
        Volatile.Write(ref healed, true);
        await hub.Client.RewindInstanceAsync("p", "healed");
        var result = await hub.FinishAsync("p");
        Assert.Equal(15, result.ReadOutputAs<int>());
        Assert.Equal([1, 1, 2, 1, 2, 1], runs);
        await Assert.ThrowsAsync<InvalidOperationException>(() => hub.Client.RewindInstanceAsync("p", "again"));
        await Assert.ThrowsAsync<ArgumentException>(() => hub.Client.RewindInstanceAsync("nobody", "again"));
    }

    [Fact]
    public async Task ARewindOfCodeThatThrewRunsItsLastTurnAgain()
    {
        var healed = false;
        await using var hub = await TestHub.OpenAsync(Functions()
            .Orchestrator("Throws", async context =>
            {
                var first = await context.CallActivityAsync<string>("Echo", "a");
                var second = await context.CallActivityAsync<string>("Echo", "b");
                return Volatile.Read(ref healed) ? first + second : throw new InvalidOperationException("not healed");
            }));
        Assert.Equal("not healed", (await hub.RunAsync("Throws", null, "t")).FailureDetails!.ErrorMessage);
        Volatile.Write(ref healed, true);
        await hub.Client.RewindInstanceAsync("t", "healed");
        Assert.Equal("ab", (await hub.FinishAsync("t")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task ARestartUsesTheSameNameAndInput()
    {
        await using var hub = await TestHub.OpenAsync(Functions()
            .Orchestrator("Input", context => Task.FromResult<object?>(context.GetInput<string>())));
        await hub.RunAsync("Input", "x", "one");
        var other = await hub.Client.RestartAsync("one", restartWithNewInstanceId: true);
        Assert.NotEqual("one", other);
        Assert.Equal("x", (await hub.FinishAsync(other)).ReadOutputAs<string>());
        Assert.Equal("one", await hub.Client.RestartAsync("one"));
        Assert.Equal("x", (await hub.FinishAsync("one")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task LimitsFailWithWordsThatHelp()
    {
        await using var hub = await TestHub.OpenAsync(Functions()
            .Activity<int>("Large", size => new string('x', size))
            .Orchestrator("LargeResult", async context => await context.CallActivityAsync<string>("Large", 1_100_000))
            .Orchestrator("LargeStatus", context =>
            {
                try
                {
                    context.SetCustomStatus(new string('x', 9000));
                }
                catch (ArgumentException)
                {
                    // The limit holds even for code that swallows its exception.
                }

                return Task.FromResult<object?>(1);
            }));
        var result = (await hub.RunAsync("LargeResult")).FailureDetails!.InnerFailure!;
        Assert.Equal("PayloadTooLarge", result.ErrorType);
        Assert.Contains("pass a reference", result.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("custom status", (await hub.RunAsync("LargeStatus")).FailureDetails!.ErrorMessage, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => hub.Client.ScheduleNewOrchestrationInstanceAsync("Wait", new string('x', 1_100_000)));
        foreach (var id in new[] { "@x", "a/b", "a?b", "a#b", "a\\b", "a\nb", "", new string('x', 257) })
        {
            await Assert.ThrowsAsync<ArgumentException>(
                () => hub.Client.ScheduleNewOrchestrationInstanceAsync("Wait", null, new StartOrchestrationOptions(id)));
        }
    }

    [Fact]
    public async Task AStartInTheFutureWaitsThroughARestartOfTheProcess()
    {
        await using var hub = await TestHub.OpenAsync(Functions()
            .Orchestrator("Now", context => Task.FromResult<object?>(context.CurrentUtcDateTime)));
        var startAt = DateTimeOffset.UtcNow.AddSeconds(1);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Now", null, new StartOrchestrationOptions("later", startAt));
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await hub.Client.GetInstanceAsync("later"))!.RuntimeStatus);
        await hub.CrashAsync();
        Assert.True((await hub.FinishAsync("later")).ReadOutputAs<DateTime>() >= startAt.UtcDateTime);
    }

    [Fact]
    public async Task VersionsDecideWhatAHostRuns()
    {
        await using var hub = await TestHub.OpenAsync(
            Functions().Orchestrator("Version", context => Task.FromResult<object?>($"{context.Version} {context.CompareVersionTo("1.10")}")),
            settings => settings with { DefaultVersion = "1.9", VersionMatch = VersionMatchStrategy.CurrentOrOlder, FailOnVersionMismatch = true });
        Assert.Equal("1.9 -1", (await hub.RunAsync("Version")).ReadOutputAs<string>());
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Version", new StartOrchestrationOptions("new") { Version = "2.0" });
        Assert.Equal("VersionMismatch", (await hub.FinishAsync("new")).FailureDetails!.ErrorType);
    }

    [Fact]
    public async Task FinishedInstancesAreListedByCompletionAndPurgedByAge()
    {
        await using var hub = await TestHub.OpenAsync(Functions().Orchestrator("Nothing", _ => Task.FromResult<object?>(null)));
        for (var i = 0; i < 5; i++)
            await hub.RunAsync("Nothing", null, $"done-{i}");
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Wait", null, new StartOrchestrationOptions("running"));
        var first = await hub.Client.ListInstanceIdsAsync(pageSize: 3);
        var second = await hub.Client.ListInstanceIdsAsync(pageSize: 3, lastInstanceKey: first.ContinuationToken);
        Assert.Equal(["done-0", "done-1", "done-2", "done-3", "done-4"], first.Values.Concat(second.Values));
        Assert.Null(second.ContinuationToken);
        var purged = await hub.Client.PurgeAllInstancesAsync(new PurgeInstancesFilter(CreatedTo: DateTimeOffset.UtcNow));
        Assert.Equal(5, purged.PurgedInstanceCount);
        Assert.True(purged.IsComplete);
        Assert.NotNull(await hub.Client.GetInstanceAsync("running"));
    }

    [Fact]
    public async Task ReplacedWhileRunningWhenTheHubAllowsIt()
    {
        await using var hub = await TestHub.OpenAsync(
            Functions().Orchestrator("Input", context => Task.FromResult<object?>(context.GetInput<string>())),
            settings => settings with { OverrideRunningInstances = true });
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Wait", null, new StartOrchestrationOptions("one"));
        await hub.UntilAsync("one", instance => instance.IsRunning);
        Assert.Equal("new", (await hub.RunAsync("Input", "new", "one")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task OneProcessHoldsAHub()
    {
        await using var hub = await TestHub.OpenAsync(Functions());
        Assert.Throws<InvalidOperationException>(() =>
            new OrchestrationEngine(hub.Engine.Settings, Functions(), NullLoggerFactory.Instance, TimeProvider.System));
    }

    [Fact]
    public async Task OptionsGivenAsInputAreRefused()
    {
        await using var hub = await TestHub.OpenAsync(Functions()
            .Orchestrator("Mistake", async context => await context.CallActivityAsync<string>("Echo", (object)new TaskOptions())));
        Assert.Equal("System.ArgumentException", (await hub.RunAsync("Mistake")).FailureDetails!.ErrorType);
    }
}
