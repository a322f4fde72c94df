using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.Testing;
using Iml4e.LocalRuntime.Testing.Fakes;
using Iml4e.LocalRuntime.Testing.Replay;
using Iml4e.Tests.Unit.Durable;

namespace Iml4e.Tests.Unit.LocalTesting;

/// <summary>Recorded histories as the gate for a change of the code: what passes goes on, what would break a running instance is named.</summary>
public sealed class HistoryReplayerTests
{
    [Fact]
    public async Task ARunningInstanceOfAHubIsExportedAndReplayed()
    {
        await using var hub = await TestHub.OpenAsync(new InMemoryFunctions()
            .Activity<int>("Reserve", i => i + 1)
            .Orchestrator("Order", async context => await OrderV1(context)));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Order", 4, new StartOrchestrationOptions("order-4"));
        await hub.UntilAsync(id, instance => instance.ReadCustomStatusAs<string>() == "reserved");
        var running = OrchestrationHistoryDocument.Export(hub.Client, id);
        Assert.Equal(("Order", "order-4", "4"), (running.Name, running.InstanceId, running.Input));
        Assert.True(Replayer(OrderV1).Replay(running).IsSame);

        // What comes after the point where the instance waits may change; what it has done may not.
        Assert.True(Replayer(OrderWithALaterStep).Replay(running).IsSame);
        var report = Replayer(OrderWithAnEarlierStep).Replay(running);
        Assert.Equal("Turn 1: recorded is activity 'Reserve' (#0), today's code asks for activity 'Check' (#0) instead.", report.Difference!.Message);
        Assert.Equal("Check", report.Difference.Replayed!.Name);
        var thrown = Assert.Throws<NonDeterminismException>(report.ThrowIfDifferent);
        Assert.Contains("'Reserve'", thrown.Message, StringComparison.Ordinal);

        await hub.Client.RaiseEventAsync(id, "paid", true);
        await hub.FinishAsync(id);
        var finished = OrchestrationHistoryDocument.Export(hub.Client, id);
        Assert.True(Replayer(OrderV1).Replay(finished).IsSame);
        Assert.Contains("asks for activity 'Thank' (#1)", Replayer(OrderWithALaterStep).Replay(finished).Difference!.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => OrchestrationHistoryDocument.Export(hub.Client, "nobody"));
        Assert.Throws<ArgumentException>(() => OrchestrationHistoryDocument.Export(new FakeDurableTaskClient(), id));
    }

    [Fact]
    public async Task ARewoundATerminatedAndAFailedHistoryReplay()
    {
        var broken = true;
        await using var hub = await TestHub.OpenAsync(new InMemoryFunctions()
            .Activity<object?>("Fragile", _ => broken ? throw new InvalidOperationException("not yet") : 7)
            .Orchestrator("Work", async context => await Work(context)));
        await hub.RunAsync("Work", null, "failed");
        await hub.RunAsync("Work", null, "rewound");
        broken = false;
        await hub.Client.RewindInstanceAsync("rewound", "repaired");
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await hub.FinishAsync("rewound")).RuntimeStatus);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Work", true, new StartOrchestrationOptions("terminated"));
        await hub.UntilAsync("terminated", instance => instance.IsRunning);
        await hub.Client.TerminateInstanceAsync("terminated", "stop");
        await hub.FinishAsync("terminated");
        foreach (var id in new[] { "failed", "rewound", "terminated" })
        {
            foreach (var everyPrefix in new[] { true, false })
            {
                var replayer = new HistoryReplayer { EveryPrefix = everyPrefix }.AddOrchestrator("Work", Work);
                var report = replayer.Replay(OrchestrationHistoryDocument.Parse(OrchestrationHistoryDocument.Export(hub.Client, id).ToJson()));
                Assert.True(report.IsSame, report.ToString());
            }
        }

        static async Task<int> Work(TaskOrchestrationContext context)
        {
            await context.CreateTimer(TimeSpan.FromMilliseconds(1), CancellationToken.None);
            if (context.GetInput<bool?>() == true)
                await context.WaitForExternalEvent<int>("never");
            return await context.CallActivityAsync<int>("Fragile");
        }
    }

    [Fact]
    public async Task BothWaysOfReplayingFindWhatIsOnlyThereAtAReplay()
    {
        var harness = new OrchestrationHarness();
        harness.OnActivity("Step").Returns(1);
        var history = (await harness.RunAsync(Plain)).History;
        foreach (var everyPrefix in new[] { true, false })
        {
            var replayer = new HistoryReplayer { EveryPrefix = everyPrefix }.AddOrchestrator("Plain", async context =>
            {
                var result = await context.CallActivityAsync<int>(context.IsReplaying ? "Other" : "Step");
                await context.CreateTimer(TimeSpan.FromHours(1), CancellationToken.None);
                return result;
            });
            Assert.Contains("'Other'", replayer.Replay(history with { Name = "Plain" }).Difference!.Message, StringComparison.Ordinal);
        }

        static async Task<int> Plain(TaskOrchestrationContext context)
        {
            var result = await context.CallActivityAsync<int>("Step");
            await context.CreateTimer(TimeSpan.FromHours(1), CancellationToken.None);
            return result;
        }
    }

    [Fact]
    public async Task AFileIsReadAsItWasWritten()
    {
        var history = await SampleAsync();
        var path = Path.GetTempFileName();
        try
        {
            history.Save(path);
            var read = OrchestrationHistoryDocument.Load(path);
            Assert.Equal(history.ToJson(), read.ToJson());
            Assert.Equal(history.ReadEvents(), read.ReadEvents());
            Assert.True(Replayer(OrderV1).Replay(read).IsSame);
            await File.WriteAllTextAsync(path, "{");
            Assert.StartsWith(path, Assert.Throws<HistoryFormatException>(() => OrchestrationHistoryDocument.Load(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task AnOrchestratorThatIsGoneIsADifference()
    {
        var report = new HistoryReplayer().AddOrchestrator("Another", OrderV1).Replay(await SampleAsync());
        Assert.Equal("There is no orchestrator 'Order' any more; those known are Another.", report.Difference!.Message);
    }

    [Theory]
    [InlineData("", "not the JSON")]
    [InlineData("null", "it is null")]
    [InlineData("[]", "not the JSON")]
    [InlineData("{}", "required")]
    [InlineData("format=\"other/2\"", "format is 'other/2'")]
    [InlineData("name=\"\"", "name must have")]
    [InlineData("instanceId=\"a/b\"", "instanceId is not an instance id")]
    [InlineData("surplus=1", "surplus")]
    [InlineData("events=[]", "events is empty")]
    [InlineData("events=null", "events")]
    [InlineData("events.0=null", "events[0] is null")]
    [InlineData("events.0.kind=\"Surprise\"", "events[0].kind is 'Surprise'; a kind is one of ExecutionStarted")]
    [InlineData("events.0.kind=\"5\"", "events[0].kind is '5'")]
    [InlineData("events.0.kind=\"TaskScheduled\"", "first event is OrchestratorStarted")]
    [InlineData("events.1.kind=\"TimerFired\"", "taskId is missing")]
    [InlineData("events.2.kind=\"ExecutionStarted\"", "second ExecutionStarted")]
    [InlineData("events.2.eventId=null", "events[2].eventId is missing; TaskScheduled has it")]
    [InlineData("events.2.eventId=-1", "is negative")]
    [InlineData("events.2.name=null", "events[2].name must have")]
    [InlineData("events.3.kind=\"OrchestratorStarted\"", "within a turn")]
    [InlineData("events.4.kind=\"GenericEvent\"", "events[5] is TaskCompleted outside of a turn")]
    [InlineData("events.5.taskId=9", "events[5].taskId is 9; no TaskScheduled before it")]
    [InlineData("events.5.request=\"Call\"", "EventSent alone has it")]
    [InlineData("events.0.timestamp=\"yesterday\"", "not the JSON")]
    [InlineData("events.5.status=\"Lost\"", "not the JSON")]
    [InlineData("events.5.failure={}", "errorType")]
    public async Task WhatNoHubHasWrittenIsRefusedWithItsPlace(string change, string message)
    {
        var text = change;
        if (change.Split('=', 2) is [var path, var value])
        {
            var root = JsonNode.Parse((await SampleAsync()).ToJson())!;
            var steps = path.Split('.');
            var node = steps[..^1].Aggregate(root, (at, step) => int.TryParse(step, out var index) ? at[index]! : at[step]!);
            var parsed = JsonNode.Parse(value);
            if (int.TryParse(steps[^1], out var last))
                node[last] = parsed;
            else
                node[steps[^1]] = parsed;
            text = root.ToJsonString();
        }

        var error = Assert.Throws<HistoryFormatException>(() => OrchestrationHistoryDocument.Parse(text));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RubbishIsRefusedOrReplayedButNeverBreaksTheReplayer()
    {
        var sample = (await SampleAsync()).ToJson();
        var replayer = Replayer(OrderV1);
        var random = new Random(7);
        var refused = 0;
        for (var i = 0; i < 3000; i++)
        {
            var text = i % 2 == 0 ? MutateText(sample, random) : MutateNode(sample, random);
            try
            {
                replayer.Replay(OrchestrationHistoryDocument.Parse(text));
            }
            catch (HistoryFormatException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 500, 2990);
    }

    private static string MutateText(string text, Random random)
    {
        var characters = text.ToCharArray();
        for (var n = random.Next(1, 4); n > 0; n--)
            characters[random.Next(characters.Length)] = (char)random.Next(32, 127);
        return random.Next(4) == 0 ? new string(characters, 0, random.Next(characters.Length)) : new string(characters);
    }

    private static string MutateNode(string text, Random random)
    {
        var root = JsonNode.Parse(text)!;
        var events = root["events"]!.AsArray();
        switch (random.Next(5))
        {
            case 0:
                events.RemoveAt(random.Next(events.Count));
                break;
            case 1:
                events.Insert(random.Next(events.Count), events[random.Next(events.Count)]!.DeepClone());
                break;
            case 2:
                events[random.Next(events.Count)]![random.Next(2) == 0 ? "eventId" : "taskId"] = random.Next(-1, 4);
                break;
            case 3:
                events[random.Next(events.Count)]![new[] { "input", "result", "name", "kind", "instanceId", "reason" }[random.Next(6)]] =
                    new[] { "", "{", "null", "\"x\"", "TimerFired", "ForeignAwait", new string('9', 400) }[random.Next(7)];
                break;
            default:
                root["input"] = new string('[', random.Next(1, 200));
                break;
        }

        return root.ToJsonString();
    }

    private static async Task<OrchestrationHistoryDocument> SampleAsync()
    {
        var harness = new OrchestrationHarness { InstanceId = "order-4" }.RaiseEvent("paid", true, TimeSpan.FromDays(1));
        harness.OnActivity("Reserve").Runs((int i) => i + 1);
        harness.AddOrchestrator("Order", OrderV1);
        return (await harness.RunAsync<int>("Order", 4)).History;
    }

    private static HistoryReplayer Replayer(Func<TaskOrchestrationContext, Task<int>> orchestrator) =>
        new HistoryReplayer().AddOrchestrator("Order", orchestrator);

    private static async Task<int> OrderV1(TaskOrchestrationContext context)
    {
        var reserved = await context.CallActivityAsync<int>("Reserve", context.GetInput<int>());
        context.SetCustomStatus("reserved");
        await context.WaitForExternalEvent<bool>("paid");
        return reserved;
    }

    private static async Task<int> OrderWithALaterStep(TaskOrchestrationContext context)
    {
        var reserved = await OrderV1(context);
        await context.CallActivityAsync("Thank");
        return reserved;
    }

    private static async Task<int> OrderWithAnEarlierStep(TaskOrchestrationContext context)
    {
        await context.CallActivityAsync("Check");
        return await OrderV1(context);
    }
}
