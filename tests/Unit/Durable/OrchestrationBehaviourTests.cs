using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>The behaviours that Durable Functions was observed to have, one by one; each holds with live code and with a replay at every work item.</summary>
public class OrchestrationBehaviourTests
{
    public static TheoryData<int> LiveSessions => new() { 0, 1000 };

    private static InMemoryFunctions Functions() => new InMemoryFunctions()
        .Activity<string>("Echo", value => value)
        .Activity<object?>("Always", _ => throw new ArgumentNullException("p"))
        .Activity<object?>("Boom", _ => throw new InvalidOperationException("boom1", new ArgumentException("inner")));

    private static Task<TestHub> OpenAsync(InMemoryFunctions functions, int live) =>
        TestHub.OpenAsync(functions, settings => settings with { MaxLiveSessions = live });

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V01_FanOut(int live)
    {
        await using var hub = await OpenAsync(
            Functions().Orchestrator("Fan", async context =>
            {
                var input = context.GetInput<string>();
                var parts = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => context.CallActivityAsync<string>("echo", input + i)));
                return string.Join(",", parts);
            }),
            live);
        var result = await hub.RunAsync("Fan", "a");
        Assert.Equal(OrchestrationRuntimeStatus.Completed, result.RuntimeStatus);
        Assert.Equal("\"a0,a1,a2\"", result.SerializedOutput);
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V02_RetryByPolicy(int live)
    {
        var times = new List<DateTime>();
        await using var hub = await OpenAsync(
            Functions()
                .Activity<object?>("Flaky", _ =>
                {
                    times.Add(DateTime.UtcNow);
                    return times.Count < 3 ? throw new InvalidOperationException("not yet") : "ok";
                })
                .Orchestrator("Retry", async context => await context.CallActivityAsync<string>(
                    "Flaky", TaskOptions.FromRetryPolicy(new RetryPolicy(3, TimeSpan.FromMilliseconds(200), 2)))),
            live);
        var result = await hub.RunAsync("Retry");
        Assert.Equal("\"ok\"", result.SerializedOutput);
        Assert.Equal(3, times.Count);
        Assert.True(times[1] - times[0] >= TimeSpan.FromMilliseconds(199));
        Assert.True(times[2] - times[1] >= TimeSpan.FromMilliseconds(399));
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V03_RetriesUsedUp(int live)
    {
        await using var hub = await OpenAsync(
            Functions().Orchestrator("Retry", async context => await context.CallActivityAsync<string>(
                "Always", TaskOptions.FromRetryPolicy(new RetryPolicy(2, TimeSpan.FromMilliseconds(50))))),
            live);
        var result = await hub.RunAsync("Retry");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, result.RuntimeStatus);
        Assert.Equal("Task 'Always' (#2) failed with an unhandled exception: Value cannot be null. (Parameter 'p')", result.FailureDetails!.ErrorMessage);
        Assert.Equal(typeof(TaskFailedException).FullName, result.FailureDetails.ErrorType);
        Assert.Equal("System.ArgumentNullException", result.FailureDetails.InnerFailure!.ErrorType);
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V04_FailureDetails(int live)
    {
        await using var hub = await OpenAsync(
            Functions().Orchestrator("Catch", async context =>
            {
                try
                {
                    await context.CallActivityAsync("Boom");
                    return "no failure";
                }
                catch (TaskFailedException failed)
                {
                    var details = failed.FailureDetails;
                    return $"{failed.TaskId} {details.IsCausedBy<InvalidOperationException>()} {details.IsCausedBy<ArgumentException>()} "
                        + $"{details.InnerFailure!.ErrorType} {details.ErrorMessage}";
                }
            }),
            live);
        var result = await hub.RunAsync("Catch");
        Assert.Equal("0 True False System.ArgumentException boom1", result.ReadOutputAs<string>());
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V05_EventNamesWhateverTheirCase(int live)
    {
        await using var hub = await OpenAsync(Functions().Orchestrator("Events", ThreeEvents), live);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Events");
        await hub.UntilAsync(id, instance => instance.IsRunning);
        await hub.Client.RaiseEventAsync(id, "E", 1);
        await hub.Client.RaiseEventAsync(id, "E", 2);
        await hub.Client.RaiseEventAsync(id, "e", 3);
        Assert.Equal("1,2,3", (await hub.FinishAsync(id)).ReadOutputAs<string>());
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V06_EventsBeforeTheyAreWaitedFor(int live)
    {
        await using var hub = await OpenAsync(
            Functions().Orchestrator("Events", async context =>
            {
                await context.WaitForExternalEvent<bool>("go");
                return await ThreeEvents(context);
            }),
            live);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Events");
        await hub.Client.RaiseEventAsync(id, "E", 1);
        await hub.Client.RaiseEventAsync(id, "other", "x");
        await hub.Client.RaiseEventAsync(id, "E", 2);
        await hub.Client.RaiseEventAsync(id, "e", 3);
        await hub.Client.RaiseEventAsync(id, "go", true);
        Assert.Equal("1,2,3", (await hub.FinishAsync(id)).ReadOutputAs<string>());
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V07_TheLatestWaiterIsServedFirst(int live)
    {
        await using var hub = await OpenAsync(
            Functions().Orchestrator("Waiters", async context =>
            {
                var first = context.WaitForExternalEvent<int>("E");
                var second = context.WaitForExternalEvent<int>("E");
                await Task.WhenAll(first, second);
                return $"t1={first.Result},t2={second.Result}";
            }),
            live);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Waiters");
        await hub.UntilAsync(id, instance => instance.IsRunning);
        await hub.Client.RaiseEventAsync(id, "E", 1);
        await hub.Client.RaiseEventAsync(id, "E", 2);
        Assert.Equal("t1=2,t2=1", (await hub.FinishAsync(id)).ReadOutputAs<string>());
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V08_EventTimeout(int live)
    {
        await using var hub = await OpenAsync(
            Functions().Orchestrator("Wait", async context => await context.WaitForExternalEvent<int>("X", TimeSpan.FromMilliseconds(300))), live);
        var result = await hub.RunAsync("Wait");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, result.RuntimeStatus);
        Assert.Equal("System.Threading.Tasks.TaskCanceledException: A task was canceled.", result.FailureDetails!.ToString());
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V09_EternalSum(int live)
    {
        await using var hub = await OpenAsync(
            Functions().Orchestrator("Sum", async context =>
            {
                var sum = context.GetInput<int>() + await context.WaitForExternalEvent<int>("add");
                if (sum >= 6)
                    return sum;
                context.ContinueAsNew(sum);
                return -1;
            }),
            live);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Sum", 0);
        for (var i = 1; i <= 3; i++)
            await hub.Client.RaiseEventAsync(id, "add", i);
        Assert.Equal(6, (await hub.FinishAsync(id)).ReadOutputAs<int>());
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V10_Terminate(int live)
    {
        await using var hub = await OpenAsync(
            Functions().Orchestrator("Wait", async context =>
            {
                context.SetCustomStatus("waiting");
                return await context.WaitForExternalEvent<int>("never");
            }),
            live);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Wait");
        await hub.UntilAsync(id, instance => instance.IsRunning);
        await hub.Client.TerminateInstanceAsync(id, new { why = "stop" });
        var result = await hub.FinishAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, result.RuntimeStatus);
        Assert.Equal("""{"why":"stop"}""", result.SerializedOutput);
        Assert.Equal("\"waiting\"", result.SerializedCustomStatus);
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V11_SuspendAndResume(int live)
    {
        await using var hub = await OpenAsync(Functions().Orchestrator("Wait", async context => await context.WaitForExternalEvent<int>("E")), live);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Wait");
        await hub.UntilAsync(id, instance => instance.IsRunning);
        await hub.Client.SuspendInstanceAsync(id, "hold");
        await hub.UntilAsync(id, instance => instance.RuntimeStatus == OrchestrationRuntimeStatus.Suspended);
        await hub.Client.RaiseEventAsync(id, "E", 42);
        await hub.CrashAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await hub.Client.GetInstanceAsync(id))!.RuntimeStatus);
        await hub.Client.ResumeInstanceAsync(id);
        Assert.Equal(42, (await hub.FinishAsync(id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task V12_OtherKindAtReplay()
    {
        var runs = 0;
        await using var hub = await OpenAsync(
            Functions().Orchestrator("Changed", async context =>
            {
                if (runs++ == 0)
                    await context.CallActivityAsync<string>("Echo", "x");
                else
                    await context.CreateTimer(TimeSpan.FromMilliseconds(1), CancellationToken.None);
                return null;
            }),
            0);
        var failure = (await hub.RunAsync("Changed")).FailureDetails!;
        Assert.Equal("DurableTask.Core.Exceptions.NonDeterministicOrchestrationException", failure.ErrorType);
        Assert.StartsWith("Non-Deterministic workflow detected:", failure.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("'Echo'", failure.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("CreateTimerOrchestratorAction", failure.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task V13_OtherNameAtReplay()
    {
        var runs = 0;
        await using var hub = await OpenAsync(
            Functions().Orchestrator("Changed", async context => await context.CallActivityAsync<string>(runs++ == 0 ? "Echo" : "Flaky", "x")), 0);
        var failure = (await hub.RunAsync("Changed")).FailureDetails!;
        Assert.Equal("DurableTask.Core.Exceptions.NonDeterministicOrchestrationException", failure.ErrorType);
        Assert.Contains("'Echo'", failure.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("'Flaky'", failure.ErrorMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public async Task AnotherCountAtReplayIsFound(int first, int later)
    {
        var runs = 0;
        await using var hub = await OpenAsync(
            Functions().Orchestrator("Changed", async context =>
            {
                var count = runs++ == 0 ? first : later;
                await Task.WhenAll(Enumerable.Range(0, count).Select(_ => context.CallActivityAsync<string>("Echo", "x")));
                await context.WaitForExternalEvent<int>("go");
                return null;
            }),
            0);
        var failure = (await hub.RunAsync("Changed")).FailureDetails!;
        Assert.Equal("DurableTask.Core.Exceptions.NonDeterministicOrchestrationException", failure.ErrorType);
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V14_RetryHandler(int live)
    {
        var attempts = 0;
        await using var hub = await OpenAsync(
            Functions()
                .Activity<object?>("Counted", _ => throw new InvalidOperationException($"attempt {Interlocked.Increment(ref attempts)}"))
                .Orchestrator("Handler", async context =>
                    await context.CallActivityAsync<string>("Counted", TaskOptions.FromRetryHandler(retry => retry.LastAttemptNumber < 4))),
            live);
        var result = await hub.RunAsync("Handler");
        Assert.Equal(4, attempts);
        Assert.Equal(typeof(TaskFailedException).FullName, result.FailureDetails!.ErrorType);
        Assert.Contains("attempt 4", result.FailureDetails.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void V15_RetryTimeoutAllowsOneAttemptAfterIt()
    {
        // The delays of the policy (100, 200 ms, ×1, timeout 700 ms) when attempts themselves take no time.
        var policy = new RetryPolicy(100, TimeSpan.FromMilliseconds(200), 1, null, TimeSpan.FromMilliseconds(700));
        var start = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var now = start;
        var attempts = 1;
        while (RetryLoop.Delay(policy, attempts - 1, start, now) is { } delay)
        {
            now += delay;
            attempts++;
        }

        Assert.Equal(5, attempts);
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V16_Clock(int live)
    {
        await using var hub = await OpenAsync(
            Functions().Orchestrator("Clock", async context =>
            {
                var a = context.CurrentUtcDateTime;
                var b = context.CurrentUtcDateTime;
                await context.CreateTimer(TimeSpan.FromMilliseconds(200), CancellationToken.None);
                var d = context.CurrentUtcDateTime;
                return $"{a == b} {a.Kind} {d - a >= TimeSpan.FromMilliseconds(200)}";
            }),
            live);
        Assert.Equal("True Utc True", (await hub.RunAsync("Clock")).ReadOutputAs<string>());
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V17_CancelledTimer(int live)
    {
        await using var hub = await OpenAsync(
            Functions().Orchestrator("Cancel", async context =>
            {
                using var cancellation = new CancellationTokenSource();
                var timer = context.CreateTimer(TimeSpan.FromHours(30), cancellation.Token);
                await context.CallActivityAsync<string>("Echo", "x");
#pragma warning disable CA1849 // CancelAsync would leave the orchestration's thread.
                cancellation.Cancel();
#pragma warning restore CA1849
                await timer;
                return null;
            }),
            live);
        var result = await hub.RunAsync("Cancel");
        Assert.Equal("System.Threading.Tasks.TaskCanceledException", result.FailureDetails!.ErrorType);
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V18_PurgeTwice(int live)
    {
        await using var hub = await OpenAsync(Functions().Orchestrator("Nothing", _ => Task.FromResult<object?>(null)), live);
        var result = await hub.RunAsync("Nothing");
        Assert.Equal(1, (await hub.Client.PurgeInstanceAsync(result.InstanceId)).PurgedInstanceCount);
        Assert.Equal(0, (await hub.Client.PurgeInstanceAsync(result.InstanceId)).PurgedInstanceCount);
        Assert.Null(await hub.Client.GetInstanceAsync(result.InstanceId));
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task V19_StartAgainAfterTermination(int live)
    {
        await using var hub = await OpenAsync(
            Functions().Orchestrator("Maybe", async context => context.GetInput<bool>() ? "done" : await context.WaitForExternalEvent<string>("never")), live);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Maybe", false, new StartOrchestrationOptions("one"));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => hub.Client.ScheduleNewOrchestrationInstanceAsync("Maybe", true, new StartOrchestrationOptions("one")));
        await hub.Client.TerminateInstanceAsync("one", "x");
        await hub.FinishAsync("one");
        var result = await hub.RunAsync("Maybe", true, "one");
        Assert.Equal(OrchestrationRuntimeStatus.Completed, result.RuntimeStatus);
        Assert.Equal("done", result.ReadOutputAs<string>());
    }

    [Theory, MemberData(nameof(LiveSessions))]
    public async Task ForeignAwaitFailsTheInstance(int live)
    {
        await using var hub = await OpenAsync(
            Functions()
                .Orchestrator("Delay", async _ =>
                {
                    await Task.Delay(30);
                    return null;
                })
                .Orchestrator("DelayBesideTimer", async context =>
                {
                    var timer = context.CreateTimer(TimeSpan.FromHours(1), CancellationToken.None);
                    await Task.Delay(30);
                    await timer;
                    return null;
                })
                .Orchestrator("LeaveThread", async context =>
                {
                    var timer = context.CreateTimer(TimeSpan.FromHours(1), CancellationToken.None);
                    await Task.Delay(30).ConfigureAwait(false);
                    await context.CallActivityAsync("Echo", "x");
                    await timer;
                    return null;
                }),
            live);
        foreach (var name in new[] { "Delay", "DelayBesideTimer", "LeaveThread" })
        {
            var result = await hub.RunAsync(name);
            Assert.Equal(OrchestrationRuntimeStatus.Failed, result.RuntimeStatus);
            Assert.Equal("System.InvalidOperationException", result.FailureDetails!.ErrorType);
            Assert.StartsWith("An invalid asynchronous invocation was detected.", result.FailureDetails.ErrorMessage, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("2026-01-01T00:00:00.0000000Z", 0, "c4a0644e-ca70-5b62-a7df-bb0baa6e2441")]
    [InlineData("2026-01-01T00:00:00.0000000Z", 1, "2bc60ebc-81c7-51bb-8351-137d0a42c590")]
    [InlineData("2026-01-01T00:00:05.1234567Z", 2, "2a7e456b-6181-5875-a4be-08c22f51995f")]
    public void NewGuidIsAVersion5Uuid(string time, int counter, string expected)
    {
        var at = DateTime.Parse(time, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.RoundtripKind);
        Assert.Equal(Guid.Parse(expected), NameBasedGuid.Create("job-1", at, counter));
    }

    [Fact]
    public void RetryDelaysDoubleUpToTheLongest()
    {
        var policy = new RetryPolicy(6, TimeSpan.FromSeconds(5), 2, TimeSpan.FromSeconds(60));
        var now = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        Assert.Equal([5, 10, 20, 40, 60], Enumerable.Range(0, 5).Select(retry => RetryLoop.Delay(policy, retry, now, now)!.Value.TotalSeconds));
    }

    private static async Task<object?> ThreeEvents(TaskOrchestrationContext context)
    {
        var first = await context.WaitForExternalEvent<int>("E");
        var second = await context.WaitForExternalEvent<int>("e");
        var third = await context.WaitForExternalEvent<int>("E");
        return $"{first},{second},{third}";
    }
}
