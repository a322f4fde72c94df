using System.Diagnostics;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Durable tasks tell listeners what they do, in spans that hang together and under whoever started them.</summary>
public sealed class TracingTests
{
    private static readonly TaskOptions TwoAttempts = TaskOptions.FromRetryPolicy(new RetryPolicy(2, TimeSpan.FromMilliseconds(1)));

    [Fact]
    public async Task AFanOutWithRetriesIsATreeOfSpans()
    {
        using var spans = new RecordedSpans();
        var attempts = 0;
        var functions = new InMemoryFunctions()
            .Activity<string>("Echo", text => text)
            .Activity<string>("Flaky", text => Interlocked.Increment(ref attempts) == 1 ? throw new InvalidOperationException("not yet") : text)
            .Orchestrator("FanOut", async context =>
            {
                await Task.WhenAll(context.CallActivityAsync<string>("Echo", "a"), context.CallActivityAsync<string>("Echo", "b"));
                return await context.CallActivityAsync<string>("Flaky", "c", TwoAttempts);
            });
        await using var hub = await OpenAsync(functions);
        var done = await hub.RunAsync("FanOut", null, "fan");
        Assert.Equal("c", done.ReadOutputAs<string>());
        await spans.UntilAsync(11);
        Assert.Equal(
            """
            Producer create_orchestration:FanOut
              Server orchestration:FanOut
                Client activity:Echo
                  Server activity:Echo
                Client activity:Echo
                  Server activity:Echo
                Client activity:Flaky ! not yet
                  Server activity:Flaky ! not yet
                Internal orchestration:FanOut:timer
                Client activity:Flaky
                  Server activity:Flaky
            """,
            spans.Tree);
        Assert.All(spans.All, span => Assert.Equal("vendor=1", span.TraceStateString));
        var orchestration = spans.Single("orchestration:FanOut", ActivityKind.Server);
        Assert.Equal("Completed", orchestration.GetTagItem("durabletask.task.status"));
        Assert.Equal("orchestration", orchestration.GetTagItem("durabletask.type"));
        Assert.Equal("FanOut", orchestration.GetTagItem("durabletask.task.name"));
        Assert.Equal("fan", orchestration.GetTagItem("durabletask.task.instance_id"));
        Assert.Equal(ActivityStatusCode.Ok, orchestration.Status);
        var last = spans.All.Last(span => span is { OperationName: "activity:Flaky", Kind: ActivityKind.Server });
        Assert.Equal(4, last.GetTagItem("durabletask.task.task_id"));
        Assert.Equal("activity", last.GetTagItem("durabletask.type"));
        var timer = spans.Single("orchestration:FanOut:timer", ActivityKind.Internal);
        Assert.Equal(3, timer.GetTagItem("durabletask.task.task_id"));
        Assert.NotNull(timer.GetTagItem("durabletask.fire_at"));
    }

    [Fact]
    public async Task ASubOrchestrationItsFailureAndAnEventToAnotherHangTogether()
    {
        using var spans = new RecordedSpans();
        var functions = new InMemoryFunctions()
            .Orchestrator("Parent", async context =>
            {
                context.SendEvent("waiter", "go", "on");
                return await context.CallSubOrchestratorAsync<string>("Child", null, new TaskOptions { Version = "2.0" });
            })
            .Orchestrator("Child", _ => throw new InvalidOperationException("broken"))
            .Orchestrator("Waiter", async context => await context.WaitForExternalEvent<string>("go"));
        await using var hub = await OpenAsync(functions);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Waiter", null, new StartOrchestrationOptions("waiter"));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await hub.RunAsync("Parent", null, "parent")).RuntimeStatus);
        await hub.FinishAsync("waiter");
        await spans.UntilAsync(7);
        Assert.Equal(
            """
            Producer create_orchestration:Waiter
              Server orchestration:Waiter
            Producer create_orchestration:Parent
              Server orchestration:Parent ! Task 'Child' (#1) failed with an unhandled exception: broken
                Client orchestration:Child@(2.0) ! broken
                  Server orchestration:Child@(2.0) ! broken
                Producer orchestration_event:go
            """,
            spans.Tree);
        Assert.Equal("waiter", spans.Single("orchestration_event:go", ActivityKind.Producer).GetTagItem("durabletask.event.target_instance_id"));
        Assert.Equal("2.0", spans.Single("orchestration:Child@(2.0)", ActivityKind.Server).GetTagItem("durabletask.task.version"));
    }

    [Fact]
    public async Task AnEventOfAClientIsASpanOfTheClient()
    {
        using var spans = new RecordedSpans();
        await using var hub = await OpenAsync(new InMemoryFunctions().Orchestrator("Wait", async context => await context.WaitForExternalEvent<string>("go")));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Wait");
        await hub.Client.RaiseEventAsync(id, "go", "on");
        await hub.FinishAsync(id);
        await spans.UntilAsync(3);
        Assert.Equal(spans.Caller.SpanId, spans.Single("orchestration_event:go", ActivityKind.Producer).ParentSpanId);
    }

    [Fact]
    public async Task ExecutionsThatFollowEachOtherAreOneSpan()
    {
        using var spans = new RecordedSpans();
        var functions = new InMemoryFunctions()
            .Activity<int>("Next", count => count + 1)
            .Orchestrator("Count", async context =>
            {
                var count = await context.CallActivityAsync<int>("Next", context.GetInput<int>());
                if (count < 3)
                    context.ContinueAsNew(count);
                return count;
            });
        await using var hub = await OpenAsync(functions);
        Assert.Equal(3, (await hub.RunAsync("Count", 0)).ReadOutputAs<int>());
        await spans.UntilAsync(8);
        Assert.Equal(
            """
            Producer create_orchestration:Count
              Server orchestration:Count
                Client activity:Next
                  Server activity:Next
                Client activity:Next
                  Server activity:Next
                Client activity:Next
                  Server activity:Next
            """,
            spans.Tree);
        Assert.Equal(8, spans.All.Select(span => span.SpanId).Distinct().Count());
        var orchestration = spans.Single("orchestration:Count", ActivityKind.Server);
        Assert.All(spans.All.Where(span => span.Kind == ActivityKind.Client), call => Assert.True(call.StartTimeUtc >= orchestration.StartTimeUtc));
    }

    [Fact]
    public async Task AnOrchestrationIsOneSpanThroughCrashesAndReplays()
    {
        using var spans = new RecordedSpans();
        var functions = new InMemoryFunctions()
            .Activity<string>("Echo", text => text)
            .Orchestrator("Long", async context =>
            {
                var first = await context.CallActivityAsync<string>("Echo", "a");
                await context.WaitForExternalEvent<string>("go");
                await context.CreateTimer(TimeSpan.FromMilliseconds(20), CancellationToken.None);
                var child = await context.CallSubOrchestratorAsync<string>("Short");
                return first + child + await context.CallActivityAsync<string>("Echo", "c");
            })
            .Orchestrator("Short", async context => await context.WaitForExternalEvent<string>("now"));

        // No session is kept in memory: every turn replays all that was before.
        await using var hub = await OpenAsync(functions, settings => settings with { MaxLiveSessions = 0 });
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Long");
        await spans.UntilAsync(3);
        await hub.CrashAsync();
        using (SuppressCaller())
            await hub.Client.RaiseEventAsync(id, "go", "on");
        await spans.UntilAsync(4);
        string? child = null;
        await TestHub.UntilAsync(async () =>
        {
            await foreach (var instance in hub.Client.GetAllInstancesAsync())
                child = instance is { Name: "Short", RuntimeStatus: OrchestrationRuntimeStatus.Running } ? instance.InstanceId : child;
            return child is not null;
        });
        await hub.CrashAsync();
        using (SuppressCaller())
            await hub.Client.RaiseEventAsync(child!, "now", "b");
        Assert.Equal("abc", (await hub.FinishAsync(id)).ReadOutputAs<string>());
        await spans.UntilAsync(9);
        Assert.Equal(
            """
            Producer create_orchestration:Long
              Server orchestration:Long
                Client activity:Echo
                  Server activity:Echo
                Internal orchestration:Long:timer
                Client orchestration:Short
                  Server orchestration:Short
                Client activity:Echo
                  Server activity:Echo
            """,
            spans.Tree);
        Assert.Equal(9, spans.All.Count);
        Assert.All(spans.All, span => Assert.Equal(spans.Caller.TraceId, span.TraceId));
        var orchestration = spans.Single("orchestration:Long", ActivityKind.Server);
        Assert.True(orchestration.StartTimeUtc + orchestration.Duration >= spans.All.Max(span => span.StartTimeUtc));
    }

    [Fact]
    public async Task WhatRunsInAFunctionHangsUnderIt()
    {
        using var spans = new RecordedSpans();
        Activity? inActivity = null;
        var inOrchestrator = new List<string?>();
        var functions = new InMemoryFunctions()
            .AsyncActivity<string>("Look", async (_, cancellation) =>
            {
                await Task.Delay(1, cancellation);
                inActivity = Activity.Current;
                return null;
            })
            .Orchestrator("Looks", async context =>
            {
                inOrchestrator.Add(Activity.Current?.SpanId.ToHexString());
                Activity.Current?.SetTag("customer", "granlund");
                await context.CallActivityAsync("Look", "");
                inOrchestrator.Add(Activity.Current?.SpanId.ToHexString());
                return null;
            });
        await using var hub = await OpenAsync(functions);
        await hub.RunAsync("Looks");
        await spans.UntilAsync(4);
        Assert.Equal(spans.Single("activity:Look", ActivityKind.Server).SpanId, inActivity?.SpanId);
        var orchestration = spans.Single("orchestration:Looks", ActivityKind.Server);
        Assert.Equal([orchestration.SpanId.ToHexString(), orchestration.SpanId.ToHexString()], inOrchestrator);
        Assert.Equal("granlund", orchestration.GetTagItem("customer"));
    }

    [Fact]
    public async Task EntitiesAreSpansToo()
    {
        using var spans = new RecordedSpans();
        var functions = new InMemoryFunctions()
            .Entity<Tally>("Tally")
            .Orchestrator("Ask", async context =>
            {
                var tally = new EntityInstanceId("Tally", "t");
                await context.Entities.SignalEntityAsync(tally, "add", 2);
                try
                {
                    await context.Entities.CallEntityAsync(tally, "addAndThrow", 1);
                }
                catch (EntityOperationFailedException)
                {
                }

                return await context.Entities.CallEntityAsync<int>(tally, "get");
            });
        await using var hub = await OpenAsync(functions);
        await hub.Client.Entities.SignalEntityAsync(new EntityInstanceId("Tally", "t"), "add", 3);
        Assert.Equal(5, (await hub.RunAsync("Ask")).ReadOutputAs<int>());
        await spans.UntilAsync(10);
        Assert.Equal(
            """
            Producer entity:tally:add
              Consumer entity:tally:add
            Producer create_orchestration:Ask
              Server orchestration:Ask
                Producer entity:tally:add
                  Consumer entity:tally:add
                Client entity:tally:addAndThrow ! bad op
                  Server entity:tally:addAndThrow ! bad op
                Client entity:tally:get
                  Server entity:tally:get
            """,
            spans.Tree);
    }

    [Fact]
    public async Task ARewoundOrchestrationHasASpanForEachTime()
    {
        using var spans = new RecordedSpans();
        var mended = false;
        var functions = new InMemoryFunctions()
            .Activity<string>("Fragile", text => Volatile.Read(ref mended) ? text : throw new InvalidOperationException("broken"))
            .Orchestrator("Parent", async context => await context.CallSubOrchestratorAsync<string>("Child"))
            .Orchestrator("Child", async context => await context.CallActivityAsync<string>("Fragile", "whole"));
        await using var hub = await OpenAsync(functions);
        var failed = await hub.RunAsync("Parent");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, failed.RuntimeStatus);
        await spans.UntilAsync(6);
        Volatile.Write(ref mended, true);
        await hub.Client.RewindInstanceAsync(failed.InstanceId, "mended");
        Assert.Equal("whole", (await hub.FinishAsync(failed.InstanceId)).ReadOutputAs<string>());
        await spans.UntilAsync(11);
        const string Failed = " ! Task 'Fragile' (#0) failed with an unhandled exception: broken";
        Assert.Equal(
            $"""
            Producer create_orchestration:Parent
              Server orchestration:Parent ! Task 'Child' (#0) failed with an unhandled exception: Task 'Fragile' (#0) failed with an unhandled exception: broken
                Client orchestration:Child{Failed}
                  Server orchestration:Child{Failed}
                    Client activity:Fragile ! broken
                      Server activity:Fragile ! broken
              Server orchestration:Parent
                Client orchestration:Child
                  Server orchestration:Child
                    Client activity:Fragile
                      Server activity:Fragile
            """,
            spans.Tree);
    }

    [Fact]
    public async Task ATerminatedOrchestrationIsAFailedSpan()
    {
        using var spans = new RecordedSpans();
        await using var hub = await OpenAsync(new InMemoryFunctions().Orchestrator("Wait", async context => await context.WaitForExternalEvent<string>("go")));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Wait");
        await hub.UntilAsync(id, instance => instance.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        await hub.CrashAsync();
        await hub.Client.TerminateInstanceAsync(id, "enough");
        await hub.FinishAsync(id);
        await spans.UntilAsync(2);
        var span = spans.Single("orchestration:Wait", ActivityKind.Server);
        Assert.Equal((ActivityStatusCode.Error, "Terminated"), (span.Status, span.StatusDescription));
        Assert.Equal("Terminated", span.GetTagItem("durabletask.task.status"));
    }

    [Fact]
    public async Task AStartThatIsRefusedIsAFailedSpan()
    {
        using var spans = new RecordedSpans();
        await using var hub = await OpenAsync(new InMemoryFunctions());
        await Assert.ThrowsAsync<ArgumentException>(() => hub.Client.ScheduleNewOrchestrationInstanceAsync("Nobody"));
        Assert.Equal(ActivityStatusCode.Error, spans.Single("create_orchestration:Nobody", ActivityKind.Producer).Status);
    }

    [Fact]
    public async Task NothingIsToldOrKeptWhenTracingIsOff()
    {
        using var spans = new RecordedSpans();
        var functions = new InMemoryFunctions()
            .Activity<string>("Echo", text => text)
            .Orchestrator("Once", async context => await context.CallActivityAsync<string>("Echo", Activity.Current is null ? "none" : "some"));
        await using var hub = await TestHub.OpenAsync(functions);
        Assert.Equal("none", (await hub.RunAsync("Once", null, "off")).ReadOutputAs<string>());
        Assert.Null(hub.Engine.Queries.Find("off", withPayloads: true)!.Trace);
        Assert.Empty(spans.All);
    }

    [Fact]
    public async Task WhatIsStartedByNobodyTracedKeepsNoTrace()
    {
        await using var hub = await OpenAsync(new InMemoryFunctions().Orchestrator("Once", _ => Task.FromResult<object?>(1)));
        using (SuppressCaller())
            await hub.RunAsync("Once", null, "alone");
        Assert.Null(hub.Engine.Queries.Find("alone", withPayloads: true)!.Trace);
    }

    [Fact]
    public async Task TheTraceIsKeptForALaterListenerThoughNobodyListensNow()
    {
        using var caller = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();
        await using var hub = await OpenAsync(new InMemoryFunctions().Orchestrator("Once", _ => Task.FromResult<object?>(1)));
        await hub.RunAsync("Once", null, "kept");
        var trace = hub.Engine.Queries.Find("kept", withPayloads: true)!.Trace!;
        Assert.Equal(caller.TraceId, trace.OfOrchestration()!.Value.TraceId);
    }

    private static Task<TestHub> OpenAsync(
        InMemoryFunctions functions,
        Func<Iml4e.LocalRuntime.Durable.DurableTaskSettings, Iml4e.LocalRuntime.Durable.DurableTaskSettings>? configure = null) =>
        TestHub.OpenAsync(functions, settings => (configure?.Invoke(settings) ?? settings) with { DistributedTracing = true });

    private static Calm SuppressCaller() => new(Activity.Current);

    /// <summary>A while without a trace.</summary>
    private sealed class Calm : IDisposable
    {
        private readonly Activity? before;

        public Calm(Activity? current)
        {
            before = current;
            Activity.Current = null;
        }

        public void Dispose() => Activity.Current = before;
    }
}
