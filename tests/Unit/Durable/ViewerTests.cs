using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Viewer;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Iml4e.LocalRuntime.Testing;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>What the viewer says of instances, read from the store alone.</summary>
public class ViewerTests
{
    private static readonly LaneFilter All = new(null, null);

    [Fact]
    public async Task TriesOfOneCallShareALane()
    {
        var tries = new Dictionary<string, int>(StringComparer.Ordinal);
        await using var hub = await TestHub.OpenAsync(new InMemoryFunctions()
            .Activity<string>("Flaky", key =>
            {
                lock (tries)
                {
                    tries[key] = tries.GetValueOrDefault(key) + 1;
                    return tries[key] > key.Length ? tries[key] : throw new InvalidOperationException($"{key} failed");
                }
            })
            .Activity<string>("Broken", _ => throw new InvalidOperationException("broken"))
            .Orchestrator("Fan", async context =>
            {
                var policy = TaskOptions.FromRetryPolicy(new RetryPolicy(4, TimeSpan.FromMilliseconds(5)));
                var handler = TaskOptions.FromRetryHandler(retry => retry.LastAttemptNumber < 3);
                await Task.WhenAll(
                    context.CallActivityAsync<int>("Flaky", "", policy),
                    context.CallActivityAsync<int>("Flaky", "a", policy),
                    context.CallActivityAsync<int>("Flaky", "bb", policy));
                try
                {
                    await context.CallActivityAsync("Broken", "policy", policy);
                }
                catch (TaskFailedException)
                {
                    await context.CreateTimer(TimeSpan.FromMilliseconds(5), CancellationToken.None);
                }

                try
                {
                    await context.CallActivityAsync("Broken", "handler", handler);
                }
                catch (TaskFailedException)
                {
                    return "done";
                }

                return "no failure";
            }));
        await hub.RunAsync("Fan", null, "fan");
        var lanes = Find(hub, "fan").Lanes.Items;
        Assert.Equal(
            ["Flaky 1/0 Completed", "Flaky 2/1 Completed", "Flaky 3/2 Completed", "Broken 4/3 Failed", "timer 1/0 Completed", "Broken 3/0 Failed"],
            lanes.Select(lane => $"{lane.Name} {lane.Attempts.Count}/{lane.Pauses.Count} {lane.Status}"));
        Assert.Equal(["bb failed", "bb failed", null], lanes[2].Attempts.Select(attempt => attempt.Error));
        Assert.All(lanes.SelectMany(lane => lane.Pauses), pause => Assert.True(pause.End >= pause.Due && pause.Due > pause.Start));
        Assert.All(lanes.SelectMany(lane => lane.Attempts), attempt => Assert.True(attempt.End >= attempt.Start));
        Assert.Equal(5, Find(hub, "fan").Activities);
        Assert.Equal(["Broken", "Broken"], Find(hub, "fan", new LaneFilter(AttemptStatus.Failed, "broken")).Lanes.Items.Select(lane => lane.Name));
    }

    [Fact]
    public async Task CallsOfOneInputAreKeptApart()
    {
        var calls = 0;
        await using var hub = await TestHub.OpenAsync(new InMemoryFunctions()
            .Activity<int>("Odd", _ => Interlocked.Increment(ref calls) % 2 == 1 ? throw new InvalidOperationException("odd") : calls)
            .Orchestrator("Twins", async context =>
            {
                var policy = TaskOptions.FromRetryPolicy(new RetryPolicy(9, TimeSpan.FromMilliseconds(1)));
                return (await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => context.CallActivityAsync<int>("Odd", 7, policy)))).Length;
            }));
        await hub.RunAsync("Twins", null, "twins");
        var lanes = Find(hub, "twins").Lanes.Items;
        Assert.Equal(8, lanes.Count);
        Assert.Equal(calls, lanes.Sum(lane => lane.Attempts.Count));
        Assert.All(lanes, lane => Assert.Equal((AttemptStatus.Completed, lane.Attempts.Count - 1), (lane.Status, lane.Pauses.Count)));
    }

    [Fact]
    public async Task WaitsAreNamed()
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using var hub = await TestHub.OpenAsync(
            new InMemoryFunctions()
                .AsyncActivity<string>("Slow", async (_, _) =>
                {
                    started.TrySetResult();
                    await release.Task;
                    return null;
                })
                .Activity<string>("Broken", _ => throw new InvalidOperationException("broken"))
                .Orchestrator("Child", async context => await context.WaitForExternalEvent<string>("go"))
                .Orchestrator("Waits", async context =>
                {
                    using var given = new CancellationTokenSource();
                    var policy = TaskOptions.FromRetryPolicy(new RetryPolicy(3, TimeSpan.FromHours(1)));
                    var cancelled = context.CreateTimer(TimeSpan.FromDays(1), given.Token);
                    given.Cancel();
                    await Task.WhenAll(
                        context.CallActivityAsync("Slow", "x"),
                        context.CallActivityAsync("Slow", "y"),
                        context.CallActivityAsync("Broken", "x", policy),
                        context.CallSubOrchestratorAsync("Child", null, new SubOrchestrationOptions(instanceId: "the-child")),
                        context.CreateTimer(TimeSpan.FromDays(2), CancellationToken.None),
                        context.WaitForExternalEvent<string>("Approved"));
                    return null;
                }),
            settings => settings with { MaxConcurrentActivities = 1, GracePeriod = TimeSpan.FromMilliseconds(1) });
        var before = DateTime.UtcNow;
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Waits", null, new StartOrchestrationOptions("waits"));
        await started.Task;
        await UntilAsync(() => hub.Engine.Queries.Find("the-child", false)?.Status == OrchestrationRuntimeStatus.Running);
        var detail = Find(hub, "waits");
        Assert.Equal(
            [
                "activity 'Slow', running", "activity 'Slow', queued", "activity 'Broken', queued", "sub-orchestration 'Child' the-child", "timer #5",
                "event 'Approved'",
            ],
            detail.Waits.Select(wait => wait.What));
        Assert.All(detail.Waits, wait => Assert.InRange(wait.Since, before.AddSeconds(-1), DateTime.UtcNow));
        Assert.Equal("the-child", detail.Waits[3].Target);
        Assert.Equal("timer #5", detail.NextTimer!.What);
        Assert.Equal(AttemptStatus.Dropped, detail.Lanes.Items[0].Status);
        Assert.Equal(["the-child"], detail.Children.Select(child => child.InstanceId));
        Assert.Equal("event 'go'", Assert.Single(Find(hub, "the-child").Waits).What);

        release.SetResult();
        await UntilAsync(() => Find(hub, "waits").Waits.Any(wait => wait.Kind == WaitKind.Retry));
        detail = Find(hub, "waits");
        Assert.Equal(
            ["attempt 2 of activity 'Broken'", "sub-orchestration 'Child' the-child", "timer #5", "event 'Approved'"], detail.Waits.Select(wait => wait.What));
        Assert.Equal("attempt 2 of activity 'Broken'", detail.NextTimer!.What);
        Assert.InRange(detail.NextTimer.Due!.Value, before.AddMinutes(59), DateTime.UtcNow.AddMinutes(61));
        Assert.Equal(AttemptStatus.Open, detail.Lanes.Items.Single(lane => lane.Name == "Broken").Status);
    }

    [Fact]
    public async Task EventsThatNothingHasTakenAreBuffered()
    {
        await using var hub = await TestHub.OpenAsync(new InMemoryFunctions()
            .Orchestrator("Events", async context =>
            {
                var generation = context.GetInput<int>();
                await context.WaitForExternalEvent<string>("go");
                await context.WaitForExternalEvent<string>("go");
                if (generation > 0)
                    return "done";
                context.ContinueAsNew(1);
                return null;
            }));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Events", 0, new StartOrchestrationOptions("events"));
        foreach (var name in new[] { "other", "GO", "Other", "third" })
            await hub.Client.RaiseEventAsync("events", name, name);
        await UntilAsync(() => Find(hub, "events") is { EventCount: 4, Buffered.Count: 3 });
        AssertState("other Other third", "event 'go'");

        // Read again after a restart, before anything has run.
        await hub.CrashAsync();
        AssertState("other Other third", "event 'go'");

        // What has arrived while it is suspended nobody has looked at.
        await hub.Client.SuspendInstanceAsync("events", "inspection");
        await hub.UntilAsync("events", instance => instance.RuntimeStatus == OrchestrationRuntimeStatus.Suspended);
        await hub.Client.RaiseEventAsync("events", "go", "2");
        await UntilAsync(() => Find(hub, "events").EventCount == 5);
        AssertState("other Other third go", "to be resumed (suspended: inspection)", "event 'go'");
        Assert.Null(Find(hub, "events").Buffered[^1].Sequence);

        // Carried over into the next generation, where they are buffered still.
        await hub.Client.ResumeInstanceAsync("events");
        await UntilAsync(() => Find(hub, "events") is { Instance.Execution: > 1, Waits: [{ Kind: WaitKind.Event }] });
        AssertState("other Other third", "event 'go'");
        await hub.Client.RaiseEventAsync("events", "go", "3");
        await hub.Client.RaiseEventAsync("events", "go", "4");
        await hub.FinishAsync("events");
        Assert.Empty(Find(hub, "events").Waits);
        Assert.Empty(Find(hub, "events").Buffered);
        Assert.Equal(0, hub.Engine.Queries.Read(database => database.Query("SELECT COUNT(*) FROM waits", row => row.GetInt32(0))[0]));

        void AssertState(string buffered, params string[] waits)
        {
            var detail = Find(hub, "events");
            Assert.Equal(buffered, string.Join(' ', detail.Buffered.Select(mark => mark.Name)));
            Assert.Equal(waits, detail.Waits.Select(wait => wait.What));
        }
    }

    [Fact]
    public async Task OperationsOfEntitiesHaveLanes()
    {
        var release = new TaskCompletionSource();
        await using var hub = await TestHub.OpenAsync(new InMemoryFunctions()
            .Entity("slow", dispatcher => dispatcher.DispatchAsync(async operation =>
            {
                await release.Task;
                return operation.Name == "bad" ? throw new InvalidOperationException("bad indeed") : operation.Name;
            }))
            .Orchestrator("Caller", async context =>
            {
                var id = new EntityInstanceId("slow", "k");
                await using (await context.Entities.LockEntitiesAsync(id))
                    await context.Entities.CallEntityAsync<string>(id, "get");
                await context.Entities.SignalEntityAsync(id, "note");
                try
                {
                    await context.Entities.CallEntityAsync<string>(id, "bad");
                }
                catch (EntityOperationFailedException)
                {
                    await context.WaitForExternalEvent<string>("go");
                }

                return null;
            }));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Caller", null, new StartOrchestrationOptions("caller"));
        await UntilAsync(() => Find(hub, "caller").Waits is [{ Kind: WaitKind.Entity, What: "'get' of entity @slow@k" }]);
        release.SetResult();
        await UntilAsync(() => Find(hub, "caller").Waits is [{ Kind: WaitKind.Event }]);
        await hub.Client.RaiseEventAsync("caller", "unasked", 1);
        await UntilAsync(() => Find(hub, "caller").EventCount == 1);
        var detail = Find(hub, "caller");
        var lanes = detail.Lanes.Items.Select(lane => $"{lane.Name} {lane.Kind} {lane.Status}");
        Assert.Equal(["lock Entity Completed", "get Entity Completed", "bad Entity Failed"], lanes);
        Assert.Equal("bad indeed", detail.Lanes.Items[2].Attempts[0].Error);
        Assert.Equal("unasked", Assert.Single(detail.Buffered).Name);
        await hub.Client.RaiseEventAsync("caller", "go", 1);
        await hub.FinishAsync("caller");
    }

    [Fact]
    public async Task TheTimersOfALongWaitShareALane()
    {
        var tries = 0;
        await using var hub = await TestHub.OpenAsync(
            new InMemoryFunctions()
                .Activity<string>("Flaky", _ => ++tries == 1 ? throw new InvalidOperationException("once") : "done")
                .Orchestrator("Long", async context =>
                {
                    var start = context.CurrentUtcDateTime;
                    context.SetCustomStatus(start);
                    await Task.WhenAll(
                        context.CreateTimer(start.AddMilliseconds(70), CancellationToken.None),
                        context.CreateTimer(start.AddMilliseconds(130), CancellationToken.None));
                    for (var i = 0; i < 2; i++)
                        await context.CreateTimer(TimeSpan.FromMilliseconds(20), CancellationToken.None);
                    await context.CallActivityAsync<string>("Flaky", "", TaskOptions.FromRetryPolicy(new RetryPolicy(2, TimeSpan.FromMilliseconds(50))));
                    using var given = new CancellationTokenSource();
                    var cancelled = context.CreateTimer(start.AddDays(9), given.Token);
                    await context.CreateTimer(TimeSpan.FromMilliseconds(30), CancellationToken.None);
                    given.Cancel();
                    await context.CreateTimer(start.AddDays(10), CancellationToken.None);
                    return null;
                }),
            settings => settings with { MaximumTimerInterval = TimeSpan.FromMilliseconds(20) });
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Long", null, new StartOrchestrationOptions("long"));
        await UntilAsync(() => Find(hub, "long").Lanes.Items.Count == 8);
        var start = (await hub.Client.GetInstanceAsync("long", true))!.ReadCustomStatusAs<DateTime>();
        await hub.Client.SuspendInstanceAsync("long");
        await hub.UntilAsync("long", instance => instance.RuntimeStatus == OrchestrationRuntimeStatus.Suspended);
        var lanes = Find(hub, "long").Lanes.Items;
        Assert.Equal(
            ["timer Completed", "timer Completed", "timer Completed", "timer Completed", "Flaky Completed", "timer Dropped", "timer Completed", "timer Open"],
            lanes.Select(lane => $"{lane.Name} {lane.Status}"));
        Assert.Equal([start.AddMilliseconds(70), start.AddMilliseconds(130)], lanes.Take(2).Select(lane => lane.Due!.Value));
        Assert.All(lanes.Take(2), lane => Assert.True(lane.Attempts.Single().End >= lane.Due));
        Assert.Equal((2, 1), (lanes[4].Attempts.Count, lanes[4].Pauses.Count));
        Assert.True(lanes[4].Pauses[0].Due - lanes[4].Pauses[0].Start == TimeSpan.FromMilliseconds(50));
        Assert.Equal(start.AddDays(10), lanes[7].Due);
        Assert.Equal(start.AddDays(10), Find(hub, "long").NextTimer!.Due);
    }

    [Fact]
    public async Task WhatStandsStillIsTold()
    {
        var time = new VirtualTime(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var functions = new InMemoryFunctions()
            .Orchestrator("Event", async context => await context.WaitForExternalEvent<string>("go"))
            .Orchestrator("Timer", async context =>
            {
                await context.CreateTimer(TimeSpan.FromDays(10), CancellationToken.None);
                return null;
            })
            .Orchestrator("Timeout", async context => await context.WaitForExternalEvent<string>("go", TimeSpan.FromDays(10)))
            .Orchestrator("Parent", async context =>
                await context.CallSubOrchestratorAsync<string>("Event", null, new SubOrchestrationOptions(instanceId: "child")));
        await using var hub = await TestHub.OpenAsync(functions);
        await hub.Engine.DisposeAsync();
        await hub.ReopenAsync(null, time);
        foreach (var name in new[] { "Event", "Timer", "Timeout", "Parent" })
            await hub.Client.ScheduleNewOrchestrationInstanceAsync(name, null, new StartOrchestrationOptions(name));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Event", null, new StartOrchestrationOptions("held"));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Timer", null, new StartOrchestrationOptions("later", time.GetUtcNow().AddDays(2)));
        await hub.Client.SuspendInstanceAsync("held", "by hand");
        await UntilAsync(() => hub.Engine.Queries.Find("held", false)!.Status == OrchestrationRuntimeStatus.Suspended);
        await UntilAsync(() => hub.Engine.Queries.Find("child", false)?.Status == OrchestrationRuntimeStatus.Running);
        time.MoveTo(time.GetUtcNow().AddDays(1));
        var waiting = new ViewerReports(hub.Engine).Waiting(100, null).Items.ToDictionary(item => item.Instance.InstanceId, StringComparer.Ordinal);
        Assert.Equal(["Event", "Parent", "Timeout", "Timer", "child", "held", "later"], waiting.Keys.Order(StringComparer.Ordinal));
        var still = waiting.Where(item => item.Value.StandsStillSince is not null).Select(item => item.Key);
        Assert.Equal(["Event", "child", "held"], still.Order(StringComparer.Ordinal));
        Assert.Equal(new DateTime(2026, 1, 1), waiting["Event"].StandsStillSince);
        Assert.Equal("to be resumed (suspended: by hand)", waiting["held"].Waits[0].What);
        Assert.Equal((WaitKind.Start, new DateTime(2026, 1, 3)), (waiting["later"].Waits[0].Kind, waiting["later"].Waits[0].Due));
        Assert.Equal(["timer #0", "event 'go'"], waiting["Timeout"].Waits.Select(wait => wait.What));
    }

    [Fact]
    public async Task AVersionThatNobodyRunsIsTold()
    {
        await using var hub = await TestHub.OpenAsync(
            new InMemoryFunctions().Orchestrator("Event", async context => await context.WaitForExternalEvent<string>("go")),
            settings => settings with { DefaultVersion = "1.0", VersionMatch = VersionMatchStrategy.Strict });
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Event", null, new StartOrchestrationOptions("other") { Version = new TaskVersion("2.0") });
        var item = Assert.Single(new ViewerReports(hub.Engine).Waiting(100, null).Items);
        Assert.Equal(WaitKind.Host, Assert.Single(item.Waits).Kind);
        Assert.Contains("version '2.0'", item.Waits[0].What, StringComparison.Ordinal);
        Assert.NotNull(item.StandsStillSince);
    }

    [Fact]
    public async Task LargePayloadsAreShownByTheirBeginning()
    {
        var large = new string('x', 100_000);
        await using var hub = await TestHub.OpenAsync(new InMemoryFunctions()
            .Activity<string>("Echo", value => value)
            .Orchestrator("Large", async context => await context.CallActivityAsync<string>("Echo", context.GetInput<string>())));
        await hub.RunAsync("Large", large, "large");
        var reports = new ViewerReports(hub.Engine);
        var header = Find(hub, "large").Instance;
        Assert.Equal((100_002, 2000), (header.Input!.Length, header.Input.Text.Length));
        Assert.Equal((100_002, 2000), (header.Output!.Length, header.Output.Text.Length));
        Assert.Equal($"\"{large}\"", reports.Payload("large", "input"));
        Assert.Null(reports.Payload("large", "password"));
        Assert.Null(reports.Payload("nobody", "input"));
        var history = reports.History("large", 0, 100)!;
        var completed = history.Items.Single(item => item.Kind == "TaskCompleted");
        Assert.Equal((100_002, 2000), (completed.Result!.Length, completed.Result.Text.Length));
        Assert.Equal($"\"{large}\"", reports.Event("large", completed.Sequence)!.Result!.Text);
        Assert.Null(reports.Event("large", history.Total));
        Assert.Empty(reports.History("large", history.Total, 100)!.Items);
        Assert.Equal(2, reports.History("large", history.Total - 2, 100)!.Items.Count);
    }

    [Fact]
    public async Task InstancesAreListedNewestFirst()
    {
        await using var hub = await TestHub.OpenAsync(new InMemoryFunctions()
            .Orchestrator("Done", context => Task.FromResult<object?>(context.InstanceId))
            .Orchestrator("100%", context => Task.FromResult<object?>(context.InstanceId)));
        for (var i = 0; i < 7; i++)
            await hub.RunAsync("Done", null, $"done_{i}");
        await hub.RunAsync("100%", null, "odd");
        var reports = new ViewerReports(hub.Engine);
        var all = new InstanceFilter(null, null, false);
        var first = reports.List(all, 3, null);
        Assert.Equal(["odd", "done_6", "done_5"], first.Items.Select(item => item.InstanceId));
        Assert.Equal(8, first.Counts["Completed"]);
        var second = reports.List(all, 3, first.Next);
        Assert.Equal(["done_4", "done_3", "done_2"], second.Items.Select(item => item.InstanceId));
        Assert.Null(reports.List(all, 3, second.Next).Next);
        Assert.Equal(["odd"], Search("0%"));
        Assert.Equal(["done_3"], Search("E_3"));
        Assert.Equal(7, Search("DONE").Count);
        Assert.Empty(Search("done%"));
        Assert.Empty(reports.List(all with { Statuses = [OrchestrationRuntimeStatus.Failed] }, 3, null).Items);
        Assert.Throws<ArgumentException>(() => reports.List(all, 3, "nonsense"));

        List<string> Search(string text) => [.. reports.List(all with { Search = text }, 50, null).Items.Select(item => item.InstanceId)];
    }

    private static InstanceDetail Find(TestHub hub, string id, LaneFilter? lanes = null) => new ViewerReports(hub.Engine).Find(id, lanes ?? All, 0, 500)!;

    private static async Task UntilAsync(Func<bool> reached)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!reached())
            await Task.Delay(5, limit.Token);
    }
}
