using System.Net;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Iml4e.LocalRuntime.Testing;
using Iml4e.LocalRuntime.Testing.Scripts;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Extensions.DurableTask.Http;
using Microsoft.Extensions.Primitives;

namespace Iml4e.Tests.Unit.LocalTesting;

public sealed class OrchestrationHarnessTests
{
    private static readonly TaskOptions Thrice = TaskOptions.FromRetryPolicy(new RetryPolicy(3, TimeSpan.FromMinutes(1), 2));

    [Fact]
    public async Task AFanOutIsAnsweredByAFunctionOfTheInput()
    {
        var harness = new OrchestrationHarness();
        harness.OnActivity("echo").Runs((string value) => value + "!");
        var result = await harness.RunAsync(async context =>
        {
            var parts = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => context.CallActivityAsync<string>("Echo", context.GetInput<string>() + i)));
            return string.Join(",", parts);
        }, "a");
        Assert.Equal("a0!,a1!,a2!", result.Output);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, result.Status);
        Assert.Equal(["a0", "a1", "a2"], result.CallsTo("Echo").Select(call => call.ReadInputAs<string>()));
        Assert.Equal(result.StartedAt, result.EndedAt);
    }

    [Fact]
    public async Task FailuresAreRetriedInVirtualTimeAsTheEngineDoes()
    {
        var harness = new OrchestrationHarness();
        harness.OnActivity("Train").Throws(new IOException("disk full")).Times(2).Returns("v1").After(TimeSpan.FromMinutes(20));
        var result = await harness.RunAsync(context => context.CallActivityAsync<string>("Train", 7, Thrice));
        Assert.Equal("v1", result.Output);
        Assert.Equal(TimeSpan.FromMinutes(1 + 2 + 20), result.EndedAt - result.StartedAt);
        Assert.Equal(3, result.AttemptsOf("Train"));
        var call = Assert.Single(result.Calls);
        Assert.Equal(OrchestrationCallKind.Activity, call.Kind);
        Assert.Equal("7", call.Input);
        Assert.Same(Thrice, call.Options);
        Assert.True(call is { IsCompleted: true, IsFailed: false });
        Assert.Empty(result.Timers);
    }

    [Fact]
    public async Task AFailureSurfacesAsInTheEngine()
    {
        var harness = new OrchestrationHarness();
        harness.OnActivity("Boom").Throws(new InvalidOperationException("boom", new ArgumentException("inner")));
        var result = await harness.RunAsync(context => context.CallActivityAsync("Boom"));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, result.Status);
        Assert.Equal("Task 'Boom' (#0) failed with an unhandled exception: boom", result.FailureDetails!.ErrorMessage);
        Assert.Equal("System.InvalidOperationException", result.FailureDetails.InnerFailure!.ErrorType);
        Assert.True(Assert.Single(result.Calls).IsFailed);
        var error = Assert.Throws<InvalidOperationException>(() => result.ReadOutputAs<string>());
        Assert.Contains("boom", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnswersAreForTheCallsThatTheyAreFor()
    {
        var harness = new OrchestrationHarness();
        harness.OnActivity("Step").ReturnsInTurn("a", "b");
        harness.OnActivity<int>("Step", i => i == 3).Returns("three");
        var result = await harness.RunAsync(async context =>
        {
            var all = "";
            for (var i = 0; i < 5; i++)
                all += await context.CallActivityAsync<string>("Step", i);
            return all;
        });
        Assert.Equal("abbthreeb", result.Output);
    }

    [Fact]
    public async Task AScriptThatIsUsedUpSaysSo()
    {
        var harness = new OrchestrationHarness();
        harness.OnActivity("Step").Returns(1).Times(2);
        var error = await Assert.ThrowsAsync<UnscriptedCallException>(() => harness.RunAsync(async context =>
        {
            for (var i = 0; i < 3; i++)
                await context.CallActivityAsync<int>("Step");
        }));
        Assert.Equal("The script of activity 'Step' has answers for 2 calls; there was one more.", error.Message);
    }

    [Theory]
    [InlineData(true, "activity 'Ship' with input {\"Id\":5}", "OnActivity")]
    [InlineData(false, "sub-orchestration 'Ship' with input {\"Id\":5}", "OnSubOrchestration")]
    public async Task WhatNothingAnswersIsNamed(bool activity, string what, string how)
    {
        var error = await Assert.ThrowsAsync<UnscriptedCallException>(() => new OrchestrationHarness().RunAsync(async context =>
        {
            try
            {
                await (activity ? context.CallActivityAsync("Ship", new { Id = 5 }) : context.CallSubOrchestratorAsync("Ship", new { Id = 5 }));
            }
            catch (Exception)
            {
                // The orchestrator's own handlers must not hide a hole in the test.
            }
        }));
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
        Assert.Contains(how, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EventsTimersAndTimeoutsComeInOrderOfVirtualTime()
    {
        var harness = new OrchestrationHarness().RaiseEvent("APPROVE", "ann", TimeSpan.FromDays(2));
        var result = await harness.RunAsync(async context =>
        {
            var log = new List<string>();
            for (var day = 1; day <= 3; day++)
            {
                try
                {
                    log.Add(await context.WaitForExternalEvent<string>("approve", TimeSpan.FromHours(36)));
                }
                catch (TaskCanceledException)
                {
                    log.Add($"none by {context.CurrentUtcDateTime:dd HH}");
                }
            }

            return log;
        });
        Assert.Equal(["none by 02 12", "ann", "none by 04 12"], result.Output);
        Assert.Equal([true, false, true], result.Timers.Select(timer => timer.IsFired));
        Assert.Equal([false, true, false], result.Timers.Select(timer => timer.IsCanceled));
        Assert.Equal(TimeSpan.FromDays(3.5), result.EndedAt - result.StartedAt);
    }

    [Fact]
    public async Task ALongWaitIsSplitAndStillTakesNoTime()
    {
        var result = await new OrchestrationHarness().RunAsync(context => context.CreateTimer(TimeSpan.FromDays(10), CancellationToken.None));
        Assert.Equal(TimeSpan.FromDays(10), result.EndedAt - result.StartedAt);
        Assert.Equal(4, result.History.Events.Count(item => item.Kind == "TimerCreated"));
        Assert.Single(result.Timers);
    }

    [Fact]
    public async Task WhatNeverComesLeavesTheOrchestrationRunningAndIsNamed()
    {
        var harness = new OrchestrationHarness();
        harness.OnActivity("Hang").NeverEnds();
        var result = await harness.RunAsync(async context =>
        {
            await Task.WhenAll(context.CallActivityAsync("Hang"), context.WaitForExternalEvent<int>("go"));
            return 1;
        });
        Assert.Equal(OrchestrationRuntimeStatus.Running, result.Status);
        Assert.Equal(["activity 'Hang' (#0)", "event 'go'"], result.WaitingFor);
        Assert.Null(result.EndedAt);
        Assert.Contains("event 'go'", Assert.Throws<InvalidOperationException>(() => result.Output).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SuspendedItKeepsEverythingForLater()
    {
        var seen = new List<(OrchestrationRuntimeStatus Status, string Waiting)>();
        var harness = new OrchestrationHarness()
            .Suspend(TimeSpan.FromMinutes(1))
            .RaiseEvent("value", 42, TimeSpan.FromMinutes(2))
            .At(TimeSpan.FromMinutes(3), running => seen.Add((running.Status, string.Join(", ", running.WaitingFor))))
            .Resume(TimeSpan.FromMinutes(4));
        var result = await harness.RunAsync(context => context.WaitForExternalEvent<int>("value"));
        Assert.Equal(42, result.Output);
        Assert.Equal([(OrchestrationRuntimeStatus.Suspended, "to be resumed, event 'value'")], seen);
        Assert.Equal(TimeSpan.FromMinutes(4), result.EndedAt - result.StartedAt);
    }

    [Fact]
    public async Task TerminatedItHasTheGivenOutput()
    {
        var harness = new OrchestrationHarness().Terminate(TimeSpan.FromHours(1), new { why = "stop" });
        var result = await harness.RunAsync(async context =>
        {
            context.SetCustomStatus("waiting");
            await context.WaitForExternalEvent<int>("never");
        });
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, result.Status);
        Assert.Equal("""{"why":"stop"}""", result.SerializedOutput);
        Assert.Equal("waiting", Assert.Single(result.CustomStatuses).ReadAs<string>());
    }

    [Fact]
    public async Task TerminationReachesTheChildrenWhenItIsRecursive()
    {
        foreach (var recursive in new[] { false, true })
        {
            var harness = new OrchestrationHarness()
                .AddOrchestrator("Child", context => context.WaitForExternalEvent<int>("never"))
                .At(TimeSpan.FromHours(1), running => running.Terminate(recursive: recursive))
                .At(TimeSpan.FromHours(1), _ => { });
            var result = await harness.RunAsync(context => context.CallSubOrchestratorAsync<int>("Child"));
            Assert.Equal(OrchestrationRuntimeStatus.Terminated, result.Status);
            Assert.Equal(
                recursive ? OrchestrationRuntimeStatus.Terminated : OrchestrationRuntimeStatus.Running, Assert.Single(result.Children).Status);
        }
    }

    [Fact]
    public async Task ContinueAsNewStartsOverAndKeepsWhatNobodyHasTakenYet()
    {
        var harness = new OrchestrationHarness().RaiseEvent("add", 1).RaiseEvent("add", 2).RaiseEvent("add", 3, TimeSpan.FromMinutes(5));
        var result = await harness.RunAsync(async context =>
        {
            var sum = context.GetInput<int>() + await context.WaitForExternalEvent<int>("add");
            if (sum < 6)
                context.ContinueAsNew(sum);
            return sum;
        }, 0);
        Assert.Equal(6, result.Output);
        Assert.Equal(2, result.EarlierExecutions.Count);
        Assert.Equal(["0", "1"], result.EarlierExecutions.Select(execution => execution.Input));
        Assert.Equal("3", result.History.Input);
    }

    [Fact]
    public async Task ScriptedAndRealSubOrchestrationsAnswerTheirParent()
    {
        var harness = new OrchestrationHarness().AddOrchestrators(typeof(SampleOrchestrators));
        harness.OnSubOrchestration("Scripted").Returns(5).After(TimeSpan.FromMinutes(1));
        harness.OnActivity("Double").Runs((int value) => value * 2);
        var result = await harness.RunAsync(async context =>
        {
            var real = context.CallSubOrchestratorAsync<int>(nameof(SampleOrchestrators.Doubler), 4, new SubOrchestrationOptions(instanceId: "child"));
            var scripted = context.CallSubOrchestratorAsync<int>("Scripted", 1);
            return await real + await scripted;
        });
        Assert.Equal(8 + 2 + 5, result.Output);
        var child = Assert.Single(result.Children);
        Assert.Equal("child", child.InstanceId);
        Assert.Equal("test", child.History.Parent!.InstanceId);
        Assert.Equal(["Doubler", "Scripted"], result.Calls.Select(call => call.Name));
    }

    [Fact]
    public async Task AChildWhoseIdRunsAlreadyFailsTheCall()
    {
        var harness = new OrchestrationHarness().AddOrchestrator("Child", context => context.WaitForExternalEvent<int>("never"));
        var result = await harness.RunAsync(async context =>
        {
            _ = context.CallSubOrchestratorAsync<int>("Child", new SubOrchestrationOptions(instanceId: "one"));
            try
            {
                return await context.CallSubOrchestratorAsync<string>("Child", new SubOrchestrationOptions(instanceId: "one"));
            }
            catch (TaskFailedException failed)
            {
                return failed.FailureDetails.ErrorMessage;
            }
        });
        Assert.Equal("An Orchestration instance with the ID one already exists.", result.Output);
    }

    [Fact]
    public async Task EventsBetweenOrchestrationsArrive()
    {
        var harness = new OrchestrationHarness().AddOrchestrator("Child", async context =>
        {
            context.SendEvent(context.Parent!.InstanceId, "hello", context.InstanceId);
            context.SendEvent("elsewhere", "hello", 2);
            return await context.WaitForExternalEvent<string>("answer");
        });
        var result = await harness.RunAsync(async context =>
        {
            var child = context.CallSubOrchestratorAsync<string>("Child");
            var id = await context.WaitForExternalEvent<string>("hello");
            context.SendEvent(id, "answer", "well");
            return await child;
        });
        Assert.Equal("well", result.Output);
        Assert.Equal(["test", "elsewhere"], Assert.Single(result.Children).SentEvents.Select(sent => sent.InstanceId));
        Assert.Equal("well", Assert.Single(result.SentEvents).ReadPayloadAs<string>());
    }

    [Fact]
    public async Task FunctionsAreFoundByTheirNameAndBoundAsTheHostDoes()
    {
        var harness = new OrchestrationHarness { InstanceId = "order-7", Version = "2.0" }.AddOrchestrators(typeof(SampleOrchestrators).Assembly);
        harness.OnActivity("Double").Runs((int value) => value * 2);
        var result = await harness.RunAsync<int>("doubler", 21);
        Assert.Equal(42 + 2, result.Output);
        Assert.Equal("Doubler", result.History.Events[1].Name, ignoreCase: true);
        var named = await new OrchestrationHarness().RunAsync(SampleOrchestrators.Named);
        Assert.Equal("custom", named.Name);
        Assert.Equal("custom", named.Output);
        var known = new OrchestrationHarness().AddOrchestrators(typeof(SampleOrchestrators));
        var error = await Assert.ThrowsAsync<ArgumentException>(() => known.RunAsync<int>("none"));
        Assert.Contains("Doubler", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new OrchestrationHarness().AddOrchestrators(typeof(string)));
    }

    [Fact]
    public async Task EntitiesAnswerFromScriptsAndAreLockedByOneAtATime()
    {
        var signals = new List<(DateTimeOffset At, int Value)>();
        var log = new List<string>();
        var balance = new Dictionary<string, int> { ["a"] = 10, ["b"] = 0 };
        var harness = new OrchestrationHarness().AddOrchestrator("Transfer", async context =>
        {
            var (from, to) = (new EntityInstanceId("Account", "a"), new EntityInstanceId("Account", "b"));
            await using (await context.Entities.LockEntitiesAsync(to, from))
            {
                log.Add("in " + context.InstanceId);
                var has = await context.Entities.CallEntityAsync<int>(from, "Get");
                await context.Entities.CallEntityAsync(from, "Set", has - 3);
                await context.Entities.CallEntityAsync(to, "Set", 13 - has);
                log.Add("out " + context.InstanceId);
            }

            return 0;
        });
        harness.OnEntity("Tally", "Add").Runs((int value) =>
        {
            signals.Add((harness.Time.GetUtcNow(), value));
            return 0;
        });
        harness.OnEntity(new EntityInstanceId("Account", "a"), "Get").Runs((object? _) => balance["a"]).After(TimeSpan.FromMinutes(1));
        harness.OnEntity(new EntityInstanceId("Account", "a"), "Set").Runs((int value) => balance["a"] = value);
        harness.OnEntity(new EntityInstanceId("Account", "b"), "Set").Runs((int value) => balance["b"] = value);
        var result = await harness.RunAsync(async context =>
        {
            var tally = new EntityInstanceId("Tally", "x");
            await context.Entities.SignalEntityAsync(tally, "add", 1);
            var later = new SignalEntityOptions { SignalTime = context.CurrentUtcDateTime.AddMinutes(1) };
            await context.Entities.SignalEntityAsync(tally, "add", 2, later);
            await context.Entities.SignalEntityAsync(new EntityInstanceId("Nobody", "listens"), "ping");
            await Task.WhenAll(
                context.CallSubOrchestratorAsync("Transfer", new SubOrchestrationOptions(instanceId: "one")),
                context.CallSubOrchestratorAsync("Transfer", new SubOrchestrationOptions(instanceId: "two")));
        });
        Assert.Equal(OrchestrationRuntimeStatus.Completed, result.Status);
        Assert.Equal((4, 6), (balance["a"], balance["b"]));
        Assert.Equal(["in one", "out one", "in two", "out two"], log.Take(4));
        Assert.Equal([(result.StartedAt, 1), (result.StartedAt.AddMinutes(1), 2)], signals);
        Assert.Equal([("add", true), ("add", true), ("ping", true)], result.EntityRequests.Select(request => (request.Operation, request.IsSignal)));
        Assert.Equal(["Get", "Set", "Set"], result.Children[1].EntityRequests.Select(request => request.Operation));
        Assert.Equal(7, result.Children[0].EntityRequests[1].ReadInputAs<int>());
    }

    [Fact]
    public async Task AnEntityThatFailsFailsTheCallAndOneThatNothingAnswersIsNamed()
    {
        var harness = new OrchestrationHarness();
        harness.OnEntity("Tally", "Get").Throws(new InvalidOperationException("bad op"));
        var result = await harness.RunAsync(context => context.Entities.CallEntityAsync(new EntityInstanceId("Tally", "r"), "get"));
        Assert.Equal("Operation 'get' of entity '@tally@r' failed: bad op", result.FailureDetails!.ErrorMessage);
        var error = await Assert.ThrowsAsync<UnscriptedCallException>(
            () => new OrchestrationHarness().RunAsync(context => context.Entities.CallEntityAsync(new EntityInstanceId("Tally", "r"), "get", 3)));
        Assert.Contains("'get' of entity '@tally@r' with input 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("OnEntity", error.Message, StringComparison.Ordinal);
        var silent = new OrchestrationHarness();
        silent.OnEntity("Tally", "Get").NeverEnds();
        var waiting = await silent.RunAsync(context => context.Entities.CallEntityAsync(new EntityInstanceId("Tally", "r"), "get"));
        Assert.Equal(["Call 'get' of entity '@tally@r' (#0)"], waiting.WaitingFor);
    }

    [Fact]
    public async Task HttpRequestsAreAnsweredFromScriptsAndPolledInVirtualTime()
    {
        var accepted = new DurableHttpResponse(HttpStatusCode.Accepted)
        {
            Headers = new Dictionary<string, StringValues> { ["Location"] = "/jobs/1", ["Retry-After"] = "60" },
        };
        var harness = new OrchestrationHarness();
        harness.OnHttpRequest(request => request.Method == HttpMethod.Post).Returns(accepted);
        harness.OnHttpRequest().ReturnsInTurn(accepted, new DurableHttpResponse(HttpStatusCode.OK) { Content = "done" });
        var result = await harness.RunAsync(async context =>
            (await context.CallHttpAsync(HttpMethod.Post, new Uri("http://localhost/jobs"), "{}")).Content);
        Assert.Equal("done", result.Output);
        Assert.Equal(TimeSpan.FromMinutes(2), result.EndedAt - result.StartedAt);
    }

    [Fact]
    public async Task VirtualTimeIsThereForTheBodiesOfScripts()
    {
        var harness = new OrchestrationHarness(new DateTimeOffset(2030, 5, 1, 0, 0, 0, TimeSpan.Zero));
        harness.OnActivity("Clock").RunsAsync(async (object? _) =>
        {
            await Task.Yield();
            return harness.Time.GetUtcNow();
        });
        var result = await harness.RunAsync(async context =>
        {
            await context.CreateTimer(TimeSpan.FromDays(1), CancellationToken.None);
            return await context.CallActivityAsync<DateTimeOffset>("Clock");
        });
        Assert.Equal(new DateTimeOffset(2030, 5, 2, 0, 0, 0, TimeSpan.Zero), result.Output);
    }

    [Fact]
    public async Task ABodyThatHangsIsToldOf()
    {
        var harness = new OrchestrationHarness { Patience = TimeSpan.FromMilliseconds(20) };
        harness.OnActivity("Wait").RunsAsync(async (object? _) =>
        {
            await Task.Delay(TimeSpan.FromHours(1), harness.Time);
            return 1;
        });
        var error = await Assert.ThrowsAsync<UnscriptedCallException>(() => harness.RunAsync(context => context.CallActivityAsync<int>("Wait")));
        Assert.Contains("say After", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnEndlessOrchestrationStopsAtTheLimitOrIsRefused()
    {
        static async Task<int> Heartbeat(TaskOrchestrationContext context)
        {
            await context.CreateTimer(TimeSpan.FromHours(1), CancellationToken.None);
            context.ContinueAsNew(context.GetInput<int>() + 1);
            return 0;
        }

        var limited = await new OrchestrationHarness { StopAfter = TimeSpan.FromDays(1) }.RunAsync(Heartbeat, 0);
        Assert.Equal(OrchestrationRuntimeStatus.Running, limited.Status);
        Assert.Equal(24, limited.EarlierExecutions.Count);
        Assert.Equal("24", limited.History.Input);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => new OrchestrationHarness { MaxTurns = 100 }.RunAsync(Heartbeat, 0));
        Assert.Contains("StopAfter", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AForeignAwaitFailsTheOrchestrationAsInTheHost()
    {
        var result = await new OrchestrationHarness().RunAsync(async _ => await Task.Delay(1));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, result.Status);
        Assert.StartsWith("An invalid asynchronous invocation was detected.", result.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARandomInputIsNotDeterministic()
    {
        var harness = new OrchestrationHarness();
        harness.OnActivity("Save").Returns(null);
        var error = await Assert.ThrowsAsync<NonDeterminismException>(() => harness.RunAsync(context => context.CallActivityAsync("Save", Guid.NewGuid())));
        Assert.Equal("activity 'Save' (#0)", error.Difference.Recorded!.ToString());
        Assert.NotEqual(error.Difference.Recorded.Input, error.Difference.Replayed!.Input);
        Assert.Contains(error.Difference.Recorded.Input!, error.Message, StringComparison.Ordinal);
        Assert.Contains(error.Difference.Replayed.Input!, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CodeThatLooksAtItsReplayIsNotDeterministic()
    {
        var harness = new OrchestrationHarness();
        harness.OnActivity("Once").Returns(null);
        var error = await Assert.ThrowsAsync<NonDeterminismException>(() => harness.RunAsync(async context =>
        {
            if (!context.IsReplaying)
                await context.CallActivityAsync("Once");
            await context.CreateTimer(TimeSpan.FromMinutes(1), CancellationToken.None);
        }));
        Assert.Contains("Non-Deterministic workflow detected", error.Message, StringComparison.Ordinal);
        Assert.Contains("'Once'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StateOutsideOfTheOrchestrationIsNotDeterministic()
    {
        var runs = 0;
        var harness = new OrchestrationHarness();
        harness.OnActivity("First").Returns(null);
        harness.OnActivity("Later").Returns(null);
        var error = await Assert.ThrowsAsync<NonDeterminismException>(() => harness.RunAsync(CountRuns));
        Assert.Contains("recorded is activity 'First' (#0), today's code asks for activity 'Later' (#0) instead", error.Message, StringComparison.Ordinal);
        var trusting = new OrchestrationHarness { VerifyDeterminism = false };
        trusting.OnActivity("Later").Returns(null);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await trusting.RunAsync(CountRuns)).Status);

        Task CountRuns(TaskOrchestrationContext context) => context.CallActivityAsync(runs++ == 0 ? "First" : "Later");
    }

    [Fact]
    public async Task AHarnessRunsOnce()
    {
        var harness = new OrchestrationHarness();
        await harness.RunAsync(_ => Task.CompletedTask);
        await Assert.ThrowsAsync<InvalidOperationException>(() => harness.RunAsync(_ => Task.CompletedTask));
    }

    [Fact]
    public void TheVirtualClockFiresItsTimersInOrder()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var time = new VirtualTime(start);
        var fired = new List<string>();
        using var late = time.CreateTimer(_ => fired.Add($"late {time.GetUtcNow() - start}"), null, TimeSpan.FromSeconds(30), Timeout.InfiniteTimeSpan);
        using var tick = time.CreateTimer(_ => fired.Add($"tick {time.GetUtcNow() - start}"), null, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(20));
        using var gone = time.CreateTimer(_ => fired.Add("gone"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        gone.Dispose();
        var stamp = time.GetTimestamp();
        time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(["tick 00:00:20", "late 00:00:30", "tick 00:00:40"], fired);
        Assert.Equal(TimeSpan.FromSeconds(50), time.GetElapsedTime(stamp));
        time.MoveTo(start);
        Assert.Equal(start + TimeSpan.FromSeconds(50), time.GetUtcNow());
    }

    /// <summary>Orchestrators as an app declares them.</summary>
    internal sealed class SampleOrchestrators
    {
        [Function(nameof(Doubler))]
        public static async Task<int> Doubler(
            [OrchestrationTrigger] TaskOrchestrationContext context, int value, FunctionContext function, CancellationToken cancellation)
        {
            cancellation.ThrowIfCancellationRequested();
            return await context.CallActivityAsync<int>("Double", value) + (function.FunctionDefinition.Name == "Doubler" ? 2 : 0);
        }

        [Function("Other")]
        public static Task<string> Named([OrchestrationTrigger(Orchestration = "custom")] TaskOrchestrationContext context) =>
            Task.FromResult(context.Name.Name);

        [Function(nameof(Instance))]
        public Task<int> Instance([OrchestrationTrigger] TaskOrchestrationContext context) => Task.FromResult(1);
    }
}
