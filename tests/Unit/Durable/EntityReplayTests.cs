using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Converters;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Iml4e.LocalRuntime.Testing.Replay;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Histories with entities replay as they were recorded, and what is asked of entities is part of what must be the same.</summary>
public class EntityReplayTests
{
    [Fact]
    public async Task EveryPrefixOfARandomProgramReplaysAsRecorded()
    {
        await using var hub = await TestHub.OpenAsync(EntityPrograms.Functions());
        await Task.WhenAll(Enumerable.Range(0, 60).Select(async seed =>
        {
            var steps = EntityPrograms.Generate(new Random(seed));
            var result = await hub.RunAsync(EntityPrograms.Orchestrator, new EntityPrograms.Program($"program-{seed}", steps, 0));
            Assert.Equal(EntityPrograms.Reads(steps), result.ReadOutputAs<List<int>>()!);
        }));
        var replayer = Replayer(EntityPrograms.Orchestrator, EntityPrograms.RunAsync);
        replayer.AddOrchestrator("Add", EntityPrograms.AddAsync);
        var asked = 0;
        await foreach (var instance in hub.Client.GetAllInstancesAsync(new OrchestrationQuery { Statuses = [OrchestrationRuntimeStatus.Completed] }))
        {
            var document = OrchestrationHistoryDocument.Parse(OrchestrationHistoryDocument.Export(hub.Client, instance.InstanceId).ToJson());
            var report = replayer.Replay(document);
            Assert.True(report.IsSame, report.ToString());
            asked += document.Events.Count(item => item.Request is not null);
        }

        Assert.True(asked > 200, $"only {asked} requests");
    }

    [Fact]
    public async Task AnotherRequestIsADifference()
    {
        var (a, b) = (new EntityInstanceId("Tally", "a"), new EntityInstanceId("Tally", "b"));
        async Task<object?> Original(TaskOrchestrationContext context)
        {
            await using (await context.Entities.LockEntitiesAsync(a, b))
                return await context.Entities.CallEntityAsync<int>(a, "get");
        }

        await using var hub = await TestHub.OpenAsync(new InMemoryFunctions().Entity<Tally>("Tally").Orchestrator("One", Original));
        await hub.RunAsync("One", null, "one");
        var document = OrchestrationHistoryDocument.Export(hub.Client, "one");
        Assert.True(Replayer("One", Original).Replay(document).IsSame);
        foreach (var changed in new Func<TaskOrchestrationContext, Task<object?>>[]
        {
            async context => await context.Entities.CallEntityAsync<int>(a, "get"),
            async context =>
            {
                await using (await context.Entities.LockEntitiesAsync(a))
                    return await context.Entities.CallEntityAsync<int>(a, "get");
            },
            async context =>
            {
                await using (await context.Entities.LockEntitiesAsync(a, b))
                    return await context.Entities.CallEntityAsync<int>(b, "get");
            },
            async context =>
            {
                await using (await context.Entities.LockEntitiesAsync(a, b))
                {
                    await context.Entities.SignalEntityAsync(new EntityInstanceId("Tally", "c"), "get");
                    return 0;
                }
            },
            async context =>
            {
                await context.Entities.LockEntitiesAsync(a, b);
                return await context.Entities.CallEntityAsync<int>(a, "get");
            },
        })
            Assert.False(Replayer("One", changed).Replay(document).IsSame);
    }

    [Fact]
    public async Task ALockSetOfAnySizeIsRecognised()
    {
        var many = Enumerable.Range(0, 300).Select(i => new EntityInstanceId("Tally", $"{i}-{new string('x', 200)}")).ToArray();
        await using var hub = await TestHub.OpenAsync(new InMemoryFunctions().Entity<Tally>("Tally").Orchestrator("Many", async context =>
        {
            await using (await context.Entities.LockEntitiesAsync(many))
            {
                context.SetCustomStatus("holds");
                await context.WaitForExternalEvent<int>("go");
                return await context.Entities.CallEntityAsync<int>(many[7], "get");
            }
        }));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Many");
        await hub.UntilAsync(id, instance => instance.SerializedCustomStatus == "\"holds\"");
        await hub.CrashAsync();
        await hub.Client.RaiseEventAsync(id, "go", 1);
        var result = await hub.FinishAsync(id);
        Assert.True(result.RuntimeStatus == OrchestrationRuntimeStatus.Completed, $"{result.FailureDetails}");
    }

    private static HistoryReplayer Replayer(string name, Func<TaskOrchestrationContext, Task<object?>> orchestrator)
    {
        var replayer = new HistoryReplayer { Converter = JsonDataConverter.Default, Comparison = ReplayComparison.Payloads };
        replayer.AddOrchestrator(name, orchestrator);
        return replayer;
    }
}
