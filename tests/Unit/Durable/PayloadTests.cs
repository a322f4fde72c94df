using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Microsoft.Data.Sqlite;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Large payloads are kept apart, once each, as long as an execution or an entity uses them.</summary>
public class PayloadTests
{
    private static readonly string Large = new('x', 100_000);

    [Fact]
    public async Task ManyUsesOfOnePayloadKeepItOnce()
    {
        await using var hub = await TestHub.OpenAsync(Functions());
        var result = await hub.RunAsync("FanOut", Large, "fan");
        Assert.Equal(20 * Large.Length, result.ReadOutputAs<int>());
        Assert.Equal(1, Count(hub, "payloads"));
        var history = await Rows(hub, "SELECT SUM(length(events)) FROM history");
        Assert.True(history < Large.Length, $"the histories have {history} characters");

        var instance = await hub.Client.GetInstanceAsync("fan", getInputsAndOutputs: true);
        Assert.Equal(Large, instance!.ReadInputAs<string>());
        Assert.All(
            hub.Engine.Queries.ReadHistory(hub.Engine.Queries.Find("fan", false)!.Execution).Where(item => item.Name == "Echo"),
            item => Assert.Equal(Large.Length + 2, item.Input!.Length));
    }

    [Fact]
    public async Task PurgingTheLastUserRemovesThePayload()
    {
        await using var hub = await TestHub.OpenAsync(Functions());
        await hub.RunAsync("FanOut", Large, "one");
        await hub.RunAsync("FanOut", Large, "two");
        await hub.Client.PurgeInstanceAsync("one");
        Assert.Equal(1, Count(hub, "payloads"));
        await hub.Client.PurgeInstanceAsync("two");
        Assert.Equal(0, Count(hub, "payloads"));
        Assert.Equal(0, Count(hub, "payload_uses"));
    }

    [Fact]
    public async Task AReplayReadsTheResultsBack()
    {
        await using var hub = await TestHub.OpenAsync(Functions(), settings => settings with { MaxLiveSessions = 0 });
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("EchoThenWait", Large);
        await hub.UntilAsync(id, instance => instance.ReadCustomStatusAs<string>() == "waits");
        await hub.CrashAsync();
        await hub.Client.RaiseEventAsync(id, "go", Large);
        Assert.Equal(2 * Large.Length, (await hub.FinishAsync(id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task ContinuingAsNewKeepsOnlyWhatTheNextExecutionUses()
    {
        await using var hub = await TestHub.OpenAsync(Functions());
        var result = await hub.RunAsync("Generations", "a" + Large);
        Assert.Equal("aaaa", result.ReadOutputAs<string>()![..4]);
        Assert.Equal(2, Count(hub, "payloads")); // The last input, and the output.
        await hub.Client.PurgeInstanceAsync(result.InstanceId);
        Assert.Equal(0, Count(hub, "payloads"));
    }

    [Fact]
    public async Task ARewindSetsTheSameInputsGoingAgain()
    {
        var broken = true;
        await using var hub = await TestHub.OpenAsync(Functions().Activity<string>("Sometimes", value => broken
            ? throw new InvalidOperationException("not yet")
            : value.Length));
        var id = (await hub.RunAsync("TrySometimes", Large)).InstanceId;
        broken = false;
        await hub.Client.RewindInstanceAsync(id, "mended");
        var result = await hub.FinishAsync(id);
        Assert.Equal(2 * Large.Length, result.ReadOutputAs<int>());
    }

    [Fact]
    public async Task AChildsLargeOutputReachesItsParent()
    {
        await using var hub = await TestHub.OpenAsync(Functions().Orchestrator("Parent", async context =>
            (await context.CallSubOrchestratorAsync<string>("Grow", Large)).Length));
        Assert.Equal(Large.Length + 1, (await hub.RunAsync("Parent")).ReadOutputAs<int>());
    }

    [Fact]
    public async Task StatesOfEntitiesAreKeptApart()
    {
        await using var hub = await TestHub.OpenAsync(Functions());
        var ids = Enumerable.Range(0, 5).Select(i => new EntityInstanceId("Box", $"{i}")).ToList();
        foreach (var id in ids)
            await hub.Client.Entities.SignalEntityAsync(id, "put", Large);
        foreach (var id in ids)
            await hub.UntilEntityAsync<string>(id, state => state == Large);
        Assert.Equal((1, 5), (Count(hub, "payloads"), Count(hub, "payload_uses")));
        var kept = await Rows(hub, "SELECT SUM(length(state)) FROM entities");
        Assert.True(kept < Large.Length, $"the states have {kept} characters");
        await foreach (var entity in hub.Client.Entities.GetAllEntitiesAsync<string>())
            Assert.Equal(Large, entity.State);

        // Read back after a fall, changed, and at last deleted.
        await hub.CrashAsync();
        Assert.Equal(Large.Length, (await hub.RunAsync("Measure", "0")).ReadOutputAs<int>());
        await hub.Client.Entities.SignalEntityAsync(ids[0], "put", Large + "y");
        await hub.UntilEntityAsync<string>(ids[0], state => state == Large + "y");
        Assert.Equal((2, 5), (Count(hub, "payloads"), Count(hub, "payload_uses")));
        await hub.Client.Entities.SignalEntityAsync(ids[0], "put", "small");
        await hub.UntilEntityAsync<string>(ids[0], state => state == "small");
        Assert.Equal((1, 4), (Count(hub, "payloads"), Count(hub, "payload_uses")));
        foreach (var id in ids)
            await hub.Client.Entities.SignalEntityAsync(id, "delete");
        await TestHub.UntilAsync(() => Task.FromResult(Count(hub, "payloads") == 0));
        Assert.Equal(5, (await hub.Client.Entities.CleanEntityStorageAsync()).EmptyEntitiesRemoved);
        Assert.Equal(0, Count(hub, "payload_uses"));
    }

    [Fact]
    public async Task InputsOfOperationsAreKeptApartAsLongAsTheyWait()
    {
        await using var hub = await TestHub.OpenAsync(Functions());
        var result = await hub.RunAsync("Lock", Large, "one");
        Assert.Equal(Large.Length, result.ReadOutputAs<int>());
        await hub.Client.PurgeInstanceAsync("one");
        Assert.Equal(1, Count(hub, "payloads"));
        await hub.Client.Entities.SignalEntityAsync(new EntityInstanceId("Box", "locked"), "put", "small");
        await TestHub.UntilAsync(() => Task.FromResult(Count(hub, "payloads") == 0));

        // Signals for later wait with one input, and arrive with it after a fall.
        var late = new SignalEntityOptions { SignalTime = DateTimeOffset.UtcNow.AddSeconds(2) };
        var ids = Enumerable.Range(0, 4).Select(i => new EntityInstanceId("Box", $"late-{i}")).ToList();
        foreach (var id in ids)
            await hub.Client.Entities.SignalEntityAsync(id, "measure", Large, late);
        Assert.Equal((1, 4), (Count(hub, "payloads"), Count(hub, "payload_uses")));
        var kept = await Rows(hub, "SELECT SUM(length(input)) FROM entity_inbox");
        Assert.True(kept < Large.Length, $"the inputs have {kept} characters");
        await hub.CrashAsync();
        foreach (var id in ids)
            await hub.UntilEntityAsync<string>(id, state => state == $"{Large.Length}");
        Assert.Equal((0, 0, 0), (Count(hub, "payloads"), Count(hub, "payload_uses"), Count(hub, "entity_inbox")));
    }

    private static InMemoryFunctions Functions() => new InMemoryFunctions()
        .Entity("Box", dispatcher => dispatcher.DispatchAsync(operation =>
        {
            if (operation.Name == "delete")
                operation.State.SetState(null);
            else if (operation.Name == "measure")
                operation.State.SetState($"{operation.GetInput<string>()!.Length}");
            else if (operation.HasInput)
                operation.State.SetState(operation.GetInput<string>());
            return new ValueTask<object?>(operation.State.GetState<string>()?.Length);
        }))
        .Orchestrator("Measure", async context => await context.Entities.CallEntityAsync<int>(new EntityInstanceId("Box", context.GetInput<string>()!), "get"))
        .Orchestrator("Lock", async context =>
        {
            var box = new EntityInstanceId("Box", "locked");
            await using (await context.Entities.LockEntitiesAsync(box))
                return await context.Entities.CallEntityAsync<int>(box, "put", context.GetInput<string>());
        })
        .Activity<string>("Echo", value => value)
        .Orchestrator("FanOut", async context =>
        {
            var input = context.GetInput<string>();
            var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => context.CallActivityAsync<string>("Echo", input)));
            return results.Sum(result => result.Length);
        })
        .Orchestrator("EchoThenWait", async context =>
        {
            var echo = await context.CallActivityAsync<string>("Echo", context.GetInput<string>());
            context.SetCustomStatus("waits");
            return echo.Length + (await context.WaitForExternalEvent<string>("go")).Length;
        })
        .Orchestrator("Generations", async context =>
        {
            var input = context.GetInput<string>()!;
            await context.CallActivityAsync<string>("Echo", input);
            if (input.StartsWith("aaa", StringComparison.Ordinal))
                return "a" + input;
            context.ContinueAsNew("a" + input);
            return null;
        })
        .Orchestrator("TrySometimes", async context =>
        {
            var echo = await context.CallActivityAsync<string>("Echo", context.GetInput<string>());
            return echo.Length + await context.CallActivityAsync<int>("Sometimes", echo);
        })
        .Orchestrator("Grow", context => Task.FromResult<object?>(context.GetInput<string>() + "y"));

    private static int Count(TestHub hub, string table) => (int)Rows(hub, $"SELECT COUNT(*) FROM {table}").Result;

    private static async Task<long> Rows(TestHub hub, string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={hub.Engine.Settings.DatabasePath};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
