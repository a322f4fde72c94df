using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTaskCore.History;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Tags of instances and of their calls are kept, and sub-orchestrations have those of their parent too.</summary>
public sealed class TagTests
{
    [Fact]
    public async Task ACallIsTaggedInTheHistory()
    {
        var functions = new InMemoryFunctions()
            .Activity<string>("Echo", text => text)
            .Orchestrator("Tagged", async context =>
            {
                var tags = new Dictionary<string, string> { ["unit"] = "7" };
                var call = context.CallActivityAsync<string>("Echo", "a", new TaskOptions(tags: tags));
                tags["unit"] = "8";
                await call;
                await context.CallActivityAsync<string>("Echo", "b");
                return await context.CallSubOrchestratorAsync<string>("Child", null, new TaskOptions(tags: tags));
            })
            .Orchestrator("Child", _ => Task.FromResult<object?>("done"));
        await using var hub = await TestHub.OpenAsync(functions, settings => settings with { MaxLiveSessions = 0 });
        await hub.RunAsync("Tagged", null, "tagged");
        var history = await hub.Client.GetOrchestrationHistoryAsync("tagged");
        var calls = history.OfType<TaskScheduledEvent>().ToList();
        Assert.Equal("7", Assert.Single(calls[0].Tags!).Value);
        Assert.Null(calls[1].Tags);
        Assert.Equal("8", Assert.Single(history.OfType<SubOrchestrationInstanceCreatedEvent>()).Tags!["unit"]);
    }

    [Fact]
    public async Task AChildHasTheTagsOfItsParentUnlessItIsGivenOthers()
    {
        var functions = new InMemoryFunctions()
            .Orchestrator("Parent", async context =>
            {
                await context.CallSubOrchestratorAsync("Child", null, new SubOrchestrationOptions(
                    new TaskOptions(tags: new Dictionary<string, string> { ["stage"] = "gate", ["unit"] = "7" }), "changed"));
                await context.CallSubOrchestratorAsync("Child", null, new SubOrchestrationOptions(instanceId: "same"));
                return null;
            })
            .Orchestrator("Child", _ => Task.FromResult<object?>(null));
        await using var hub = await TestHub.OpenAsync(functions);
        var options = new StartOrchestrationOptions("parent") { Tags = new Dictionary<string, string> { ["customer"] = "granlund", ["stage"] = "train" } };
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Parent", null, options);
        Assert.Equal(options.Tags, (await hub.FinishAsync("parent")).Tags);
        Assert.Equal(
            new Dictionary<string, string> { ["customer"] = "granlund", ["stage"] = "gate", ["unit"] = "7" },
            (await hub.Client.GetInstanceAsync("changed"))!.Tags);
        Assert.Equal(options.Tags, (await hub.Client.GetInstanceAsync("same"))!.Tags);
        var started = (await hub.Client.GetOrchestrationHistoryAsync("changed")).OfType<ExecutionStartedEvent>().Single();
        Assert.Equal("gate", started.Tags!["stage"]);
    }

    [Fact]
    public async Task TagsOutliveContinueAsNewAndACrash()
    {
        var functions = new InMemoryFunctions().Orchestrator("Twice", async context =>
        {
            await context.WaitForExternalEvent<string>("go");
            if (context.GetInput<int>() == 0)
                context.ContinueAsNew(1);
            return null;
        });
        await using var hub = await TestHub.OpenAsync(functions);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync(
            "Twice", 0, new StartOrchestrationOptions("twice") { Tags = new Dictionary<string, string> { ["customer"] = "granlund" } });
        await hub.Client.RaiseEventAsync("twice", "go", "");
        await hub.CrashAsync();
        await hub.Client.RaiseEventAsync("twice", "go", "");
        Assert.Equal("granlund", Assert.Single((await hub.FinishAsync("twice")).Tags).Value);
    }
}
