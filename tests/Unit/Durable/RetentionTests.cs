using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>What finished long ago is purged, by its status and its age.</summary>
public class RetentionTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static InMemoryFunctions Functions() => new InMemoryFunctions()
        .Orchestrator("Done", context => Task.FromResult<object?>(context.InstanceId))
        .Orchestrator("Failed", _ => throw new InvalidOperationException("failed"))
        .Orchestrator("Waiting", async context => await context.WaitForExternalEvent<string>("go"));

    [Theory]
    [InlineData(29.9, "done failed terminated waiting")]
    [InlineData(30.1, "failed terminated waiting")]
    [InlineData(39.9, "failed terminated waiting")]
    [InlineData(40.1, "failed waiting")]
    [InlineData(89.9, "failed waiting")]
    [InlineData(90.1, "waiting")]
    public async Task EachStatusHasItsAge(double days, string left)
    {
        var time = new VirtualTime(Start);
        await using var hub = await OpenAsync(time, settings => settings with { TerminatedRetention = TimeSpan.FromDays(40) });
        await FinishOfEachAsync(hub);
        time.MoveTo(Start.AddDays(days));
        await SweepAsync(hub);
        Assert.Equal(left, string.Join(' ', await IdsAsync(hub)));
    }

    [Fact]
    public async Task WithoutAnAgeAllIsKept()
    {
        var time = new VirtualTime(Start);
        await using var hub = await OpenAsync(
            time, settings => settings with { CompletedRetention = null, FailedRetention = null, TerminatedRetention = null });
        await FinishOfEachAsync(hub);
        time.MoveTo(Start.AddYears(5));
        await SweepAsync(hub);
        Assert.Equal(4, (await IdsAsync(hub)).Count);
    }

    [Fact]
    public async Task TheAgeCountsFromTheEnd()
    {
        var time = new VirtualTime(Start);
        await using var hub = await OpenAsync(time);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Waiting", null, new StartOrchestrationOptions("long"));
        await hub.UntilAsync("long", instance => instance.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        time.MoveTo(Start.AddDays(100));
        await hub.Client.RaiseEventAsync("long", "go", "on");
        await hub.FinishAsync("long");
        time.MoveTo(Start.AddDays(129));
        await SweepAsync(hub);
        Assert.Equal(["long"], await IdsAsync(hub));
        time.MoveTo(Start.AddDays(131));
        await SweepAsync(hub);
        Assert.Empty(await IdsAsync(hub));
    }

    [Fact]
    public async Task TheSweepComesByItself()
    {
        var time = new VirtualTime(Start);
        await using var hub = await OpenAsync(time);
        await hub.RunAsync("Done", null, "first");
        time.MoveTo(Start.AddDays(30).AddHours(2));
        await UntilGoneAsync(hub, "first");
        await hub.RunAsync("Done", null, "second");
        time.MoveTo(Start.AddDays(60).AddHours(4));
        await UntilGoneAsync(hub, "second");
    }

    [Fact]
    public async Task ASweepGoesBySlices()
    {
        var time = new VirtualTime(Start);
        var transactions = new TransactionCount();
        await using var hub = await TestHub.OpenAsync(Functions());
        await hub.Engine.DisposeAsync();
        await hub.ReopenAsync(transactions, time);
        var ids = await Task.WhenAll(Enumerable.Range(0, 250).Select(i =>
            hub.Client.ScheduleNewOrchestrationInstanceAsync("Done", null, new StartOrchestrationOptions($"done-{i}"))));
        foreach (var id in ids)
            await hub.FinishAsync(id);
        using var sweeper = new RetentionSweeper(hub.Engine, NullLogger.Instance);
        Assert.Equal(0, await sweeper.SweepAsync());
        var before = transactions.Count;
        time.MoveTo(Start.AddDays(30).AddSeconds(30));
        Assert.InRange(await sweeper.SweepAsync(), 0, 250); // The engine's own sweep may have come first.
        foreach (var id in ids)
            await UntilGoneAsync(hub, id);
        Assert.True(transactions.Count - before >= 3, "the sweep went in one go");
        Assert.Equal(0, await sweeper.SweepAsync());
    }

    private static async Task<TestHub> OpenAsync(TimeProvider time, Func<DurableTaskSettings, DurableTaskSettings>? configure = null)
    {
        var hub = await TestHub.OpenAsync(Functions(), configure);
        await hub.Engine.DisposeAsync();
        await hub.ReopenAsync(null, time);
        return hub;
    }

    private static async Task FinishOfEachAsync(TestHub hub)
    {
        await hub.RunAsync("Done", null, "done");
        await hub.RunAsync("Failed", null, "failed");
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Waiting", null, new StartOrchestrationOptions("terminated"));
        await hub.Client.TerminateInstanceAsync("terminated", "enough");
        await hub.FinishAsync("terminated");
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Waiting", null, new StartOrchestrationOptions("waiting"));
    }

    // The engine sweeps by its clock too, and gives way to none: what is over its age is gone after both.
    private static async Task SweepAsync(TestHub hub)
    {
        using var sweeper = new RetentionSweeper(hub.Engine, NullLogger.Instance);
        await sweeper.SweepAsync();
    }

    private static async Task<List<string>> IdsAsync(TestHub hub)
    {
        var ids = new List<string>();
        await foreach (var instance in hub.Client.GetAllInstancesAsync())
            ids.Add(instance.InstanceId);
        ids.Sort(StringComparer.Ordinal);
        return ids;
    }

    private static async Task UntilGoneAsync(TestHub hub, string id)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await hub.Client.GetInstanceAsync(id, limit.Token) is not null)
            await Task.Delay(5, limit.Token);
    }

    /// <summary>Counts the transactions of the store and crashes nothing.</summary>
    private sealed class TransactionCount : IFaultInjector
    {
        private int count;

        public int Count => Volatile.Read(ref count);

        public bool ShouldCrash(string point)
        {
            if (point == CrashPoint.BeforeTransaction)
                Interlocked.Increment(ref count);
            return false;
        }
    }
}
