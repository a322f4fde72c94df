using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Critical sections: what they allow, whom they keep out, and that they always end.</summary>
public class EntityLockTests
{
    private static readonly EntityInstanceId A = new("Tally", "a");
    private static readonly EntityInstanceId B = new("Tally", "b");

    public sealed class Register : TaskEntity<List<string>>
    {
        public void Note(string text) => State.Add(text);

        public List<string> Get() => State;
    }

    private static InMemoryFunctions Functions() => new InMemoryFunctions()
        .Entity<Tally>("Tally")
        .Entity<Register>("Register")
        .Activity<int>("Fails", _ => throw new InvalidOperationException("no luck"))
        .Orchestrator("Hold", async context =>
        {
            await using (await context.Entities.LockEntitiesAsync(A, B))
            {
                context.SetCustomStatus("holds");
                await context.WaitForExternalEvent<int>("go");
            }

            return "let go";
        })
        .Orchestrator("Child", _ => Task.FromResult<object?>(1));

    [Fact]
    public async Task WhatACriticalSectionRefuses()
    {
        await using var hub = await TestHub.OpenAsync(Functions().Orchestrator("Rules", async context =>
        {
            var entities = context.Entities;
            var said = new List<string>();
            async Task RefusedAsync(Func<Task> ask)
            {
                try
                {
                    await ask();
                    said.Add("was allowed");
                }
                catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
                {
                    said.Add(exception.Message);
                }
            }

            await RefusedAsync(() => entities.LockEntitiesAsync());
            var pending = entities.LockEntitiesAsync(B, A, B);
            said.Add($"{entities.InCriticalSection()}");
            await RefusedAsync(() => entities.CallEntityAsync(A, "get"));
            await RefusedAsync(() => entities.SignalEntityAsync(A, "add", 1));
            await RefusedAsync(() => entities.LockEntitiesAsync(A));
            await RefusedAsync(() => context.CallSubOrchestratorAsync("Child"));
            var held = await pending;
            await RefusedAsync(() => entities.LockEntitiesAsync(new EntityInstanceId("Tally", "c")));
            await RefusedAsync(() => context.CallSubOrchestratorAsync("Child"));
            await entities.SignalEntityAsync(new EntityInstanceId("Tally", "c"), "add", 3);
            var call = entities.CallEntityAsync(A, "add", 1);
            await RefusedAsync(() => entities.CallEntityAsync(A, "add", 1));
            said.Add(entities.InCriticalSection(out var available) ? string.Join(' ', available) : "outside");
            await call;
            said.Add(entities.InCriticalSection(out available) ? string.Join(' ', available) : "outside");
            await entities.CallEntityAsync(A, "add", 1);
            await held.DisposeAsync();
            await held.DisposeAsync();
            said.Add($"{entities.InCriticalSection(out available)} {available?.Count}");
            var again = await entities.LockEntitiesAsync(A);
            await held.DisposeAsync();
            said.Add($"{entities.InCriticalSection()}");
            await again.DisposeAsync();
            said.Add($"{await context.CallSubOrchestratorAsync<int>("Child")}");
            said.Add($"{await entities.CallEntityAsync<int>(A, "get")} {await entities.CallEntityAsync<int>(new EntityInstanceId("Tally", "c"), "get")}");
            return said;
        }));
        Assert.Equal(
            [
                "The list of entities to lock must not be empty. (Parameter 'entityIds')",
                "False",
                "Must await the completion of the lock request prior to calling any entity.",
                "Must not signal a locked entity from a critical section.",
                "Must not enter another critical section from within a critical section.",
                "While holding locks, cannot call suborchestrators.",
                "Must not enter another critical section from within a critical section.",
                "While holding locks, cannot call suborchestrators.",
                "Must not call an entity from a critical section while a prior call to the same entity is still pending.",
                "@tally@b",
                "@tally@a @tally@b",
                "False 0",
                "True",
                "1",
                "2 3",
            ],
            (await hub.RunAsync("Rules")).ReadOutputAs<List<string>>()!);
    }

    [Fact]
    public async Task OthersWaitUntilTheLockIsGivenBack()
    {
        await using var hub = await TestHub.OpenAsync(Functions()
            .Orchestrator("Add", async context =>
            {
                await context.Entities.CallEntityAsync(A, "add", 1);
                return await context.Entities.CallEntityAsync<int>(A, "get");
            }));
        await HoldAsync(hub, "holder");
        for (var i = 0; i < 3; i++)
            await hub.Client.Entities.SignalEntityAsync(A, "add", 10);
        var waiting = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Add");
        await hub.UntilAsync(waiting, instance => instance.IsRunning);
        await TestHub.UntilAsync(async () => await LockOfAsync(hub) == ("holder", 4));
        await hub.CrashAsync();
        Assert.Equal(("holder", 4), await LockOfAsync(hub));
        await hub.Client.RaiseEventAsync("holder", "go", 1);
        Assert.Equal(31, (await hub.FinishAsync(waiting)).ReadOutputAs<int>());
        await hub.FinishAsync("holder");
        await TestHub.UntilAsync(async () => await LockOfAsync(hub) == (null, 0));
    }

    [Theory]
    [InlineData("Hold")]
    [InlineData("ForgetAndComplete")]
    [InlineData("Fail")]
    [InlineData("ForgetAndFail")]
    [InlineData("ForgetAndContinue")]
    [InlineData("Terminated")]
    [InlineData("TerminatedByParent")]
    [InlineData("Replaced")]
    [InlineData("Nondeterministic")]
    public async Task ALockEndsWithItsOrchestrationHoweverThatEnds(string ending)
    {
        var changed = false;
        async Task<string> ForgetAsync(TaskOrchestrationContext context)
        {
            if (Volatile.Read(ref changed))
                await context.CreateTimer(TimeSpan.FromHours(1), CancellationToken.None);
            await context.Entities.LockEntitiesAsync(A, B);
            context.SetCustomStatus("holds");
            return await context.WaitForExternalEvent<string>("go");
        }

        await using var hub = await TestHub.OpenAsync(
            Functions()
                .Orchestrator("ForgetAndComplete", async context => await ForgetAsync(context))
                .Orchestrator("ForgetAndFail", async context => throw new InvalidOperationException(await ForgetAsync(context)))
                .Orchestrator("ForgetAndContinue", async context =>
                {
                    if (context.GetInput<bool?>() == true)
                        return await context.WaitForExternalEvent<string>("never");
                    await ForgetAsync(context);
                    context.ContinueAsNew(true);
                    return null;
                })
                .Orchestrator("Fail", async context =>
                {
                    await using (await context.Entities.LockEntitiesAsync(A, B))
                    {
                        context.SetCustomStatus("holds");
                        await context.WaitForExternalEvent<string>("go");
                        await context.CallActivityAsync("Fails", 1);
                        return null;
                    }
                })
                .Orchestrator("Parent", async context =>
                    await context.CallSubOrchestratorAsync<string>("Hold", null, new SubOrchestrationOptions(instanceId: "one"))),
            settings => settings with { OverrideRunningInstances = ending == "Replaced" });
        var name = ending switch
        {
            "Terminated" or "Replaced" => "Hold", "TerminatedByParent" => "Parent", "Nondeterministic" => "ForgetAndComplete", _ => ending,
        };
        await hub.Client.ScheduleNewOrchestrationInstanceAsync(name, null, new StartOrchestrationOptions(name == "Parent" ? "parent" : "one"));
        await hub.UntilAsync("one", instance => instance.SerializedCustomStatus == "\"holds\"");
        Assert.Equal(("one", 0), await LockOfAsync(hub, A));
        Assert.Equal(("one", 0), await LockOfAsync(hub, B));
        switch (ending)
        {
            case "Terminated":
                await hub.Client.TerminateInstanceAsync("one", "enough");
                break;
            case "TerminatedByParent":
                await hub.Client.TerminateInstanceAsync("parent", new TerminateInstanceOptions("enough", true));
                break;
            case "Replaced":
                await hub.Client.ScheduleNewOrchestrationInstanceAsync("Child", null, new StartOrchestrationOptions("one"));
                break;
            case "Nondeterministic":
                Volatile.Write(ref changed, true);
                await hub.CrashAsync();
                goto default;
            default:
                await hub.Client.RaiseEventAsync("one", "go", "went");
                break;
        }

        await HoldAsync(hub, "two");
        await TestHub.UntilAsync(async () => await LockOfAsync(hub, A) == ("two", 0) && await LockOfAsync(hub, B) == ("two", 0));
    }

    [Fact]
    public async Task ALockRequestEndsWithItsOrchestrationToo()
    {
        await using var hub = await TestHub.OpenAsync(Functions()
            .Orchestrator("HoldB", async context =>
            {
                await using (await context.Entities.LockEntitiesAsync(B))
                {
                    context.SetCustomStatus("holds");
                    return await context.WaitForExternalEvent<int>("go");
                }
            }));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("HoldB", null, new StartOrchestrationOptions("b"));
        await hub.UntilAsync("b", instance => instance.SerializedCustomStatus == "\"holds\"");

        // It gets the first lock and waits for the second one.
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Hold", null, new StartOrchestrationOptions("doomed"));
        await TestHub.UntilAsync(async () => await LockOfAsync(hub, A) == ("doomed", 0) && await LockOfAsync(hub, B) == ("b", 1));
        await hub.Client.TerminateInstanceAsync("doomed", "enough");
        await hub.FinishAsync("doomed");
        await TestHub.UntilAsync(async () => await LockOfAsync(hub, A) == (null, 0) && await LockOfAsync(hub, B) == ("b", 0));
        await hub.Client.RaiseEventAsync("b", "go", 1);
        await hub.FinishAsync("b");
        await HoldAsync(hub, "next");
        Assert.Equal(("next", 0), await LockOfAsync(hub, B));
    }

    [Fact]
    public async Task WhatIsAskedInACriticalSectionComesBeforeWhatItKeptWaiting()
    {
        var register = new EntityInstanceId("Register", "r");
        await using var hub = await TestHub.OpenAsync(Functions().Orchestrator("Section", async context =>
        {
            var held = await context.Entities.LockEntitiesAsync(register);
            context.SetCustomStatus("holds");
            await context.WaitForExternalEvent<int>("go");
            _ = context.Entities.CallEntityAsync(register, "note", "inside, not awaited");
            if (context.GetInput<bool>())
                await held.DisposeAsync();
            return 1;
        }));
        foreach (var disposes in new[] { true, false })
        {
            var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Section", disposes);
            await hub.UntilAsync(id, instance => instance.SerializedCustomStatus == "\"holds\"");
            await hub.Client.Entities.SignalEntityAsync(register, "note", "kept waiting");
            await hub.Client.RaiseEventAsync(id, "go", 1);
            await hub.FinishAsync(id);
        }

        var notes = await hub.UntilEntityAsync<List<string>>(register, notes => notes.Count == 4);
        Assert.Equal(["inside, not awaited", "kept waiting", "inside, not awaited", "kept waiting"], notes.State);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public async Task TransfersUnderLocksKeepTheSum(int live)
    {
        const int Accounts = 5;
        const int Transfers = 60;
        var random = new Random(7);
        var expected = new int[Accounts];
        var plans = Enumerable.Range(0, Transfers).Select(_ =>
        {
            var from = random.Next(Accounts);
            var to = (from + random.Next(1, Accounts)) % Accounts;
            var amount = random.Next(1, 100);
            expected[from] -= amount;
            expected[to] += amount;
            return new[] { from, to, amount };
        }).ToList();
        await using var hub = await TestHub.OpenAsync(
            Functions()
                .Entity("Account", dispatcher => dispatcher.DispatchAsync(operation =>
                {
                    if (operation.HasInput)
                        operation.State.SetState(operation.GetInput<int>());
                    return new ValueTask<object?>(operation.State.GetState(0));
                }))
                .Orchestrator("Transfer", async context =>
                {
                    var plan = context.GetInput<int[]>()!;
                    EntityInstanceId from = new("Account", $"{plan[0]}"), to = new("Account", $"{plan[1]}");

                    // Read, then written: without the locks transfers would be lost.
                    await using (await context.Entities.LockEntitiesAsync(from, to))
                    {
                        var balances = await Task.WhenAll(
                            context.Entities.CallEntityAsync<int>(from, "get"), context.Entities.CallEntityAsync<int>(to, "get"));
                        await context.Entities.CallEntityAsync(to, "set", balances[1] + plan[2]);
                        await context.Entities.CallEntityAsync(from, "set", balances[0] - plan[2]);
                    }

                    return null;
                }),
            settings => settings with { MaxLiveSessions = live });
        var results = await Task.WhenAll(plans.Select(plan => hub.RunAsync("Transfer", plan)));
        Assert.All(results, result => Assert.Equal(OrchestrationRuntimeStatus.Completed, result.RuntimeStatus));
        for (var i = 0; i < Accounts; i++)
            Assert.Equal(expected[i], (await hub.Client.Entities.GetEntityAsync<int>(new EntityInstanceId("Account", $"{i}")))!.State);
    }

    [Fact]
    public async Task AnInstanceThatFailedInACriticalSectionIsNotRewound()
    {
        var healed = false;
        await using var hub = await TestHub.OpenAsync(Functions()
            .Activity<int>("Heals", value => Volatile.Read(ref healed) ? value : throw new InvalidOperationException("not healed"))
            .Orchestrator("Inside", async context =>
            {
                await using (await context.Entities.LockEntitiesAsync(A))
                    return await context.CallActivityAsync<int>("Heals", 1);
            })
            .Orchestrator("After", async context =>
            {
                await using (await context.Entities.LockEntitiesAsync(A))
                    await context.Entities.CallEntityAsync(A, "add", 1);
                await context.Entities.CallEntityAsync(A, "add", 1);
                await context.CallActivityAsync<int>("Heals", 1);
                await using (await context.Entities.LockEntitiesAsync(A, B))
                    return await context.Entities.CallEntityAsync<int>(A, "get");
            })
            .Orchestrator("Beside", async context =>
            {
                var locked = context.Entities.LockEntitiesAsync(A, B);
                await context.CallActivityAsync<int>("Heals", 1);
                await using (await locked)
                    return await context.Entities.CallEntityAsync<int>(A, "get");
            }));
        await HoldAsync(hub, "holder");
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Beside", null, new StartOrchestrationOptions("beside"));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await hub.FinishAsync("beside")).RuntimeStatus);
        await hub.Client.RaiseEventAsync("holder", "go", 1);
        await hub.FinishAsync("holder");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await hub.RunAsync("Inside", null, "inside")).RuntimeStatus);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await hub.RunAsync("After", null, "after")).RuntimeStatus);
        Volatile.Write(ref healed, true);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => hub.Client.RewindInstanceAsync("inside", "healed"));
        Assert.Contains("critical section", refused.Message, StringComparison.Ordinal);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await hub.Client.GetInstanceAsync("inside"))!.RuntimeStatus);
        await hub.Client.RewindInstanceAsync("after", "healed");
        Assert.Equal(2, (await hub.FinishAsync("after")).ReadOutputAs<int>());
        await hub.Client.RewindInstanceAsync("beside", "healed");
        Assert.Equal(2, (await hub.FinishAsync("beside")).ReadOutputAs<int>());
    }

    /// <summary>Starts an instance that holds both locks until it is told to go on.</summary>
    private static async Task HoldAsync(TestHub hub, string id)
    {
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Hold", null, new StartOrchestrationOptions(id));
        await hub.UntilAsync(id, instance => instance.SerializedCustomStatus == "\"holds\"");
    }

    private static async Task<(string? LockedBy, int Backlog)> LockOfAsync(TestHub hub, EntityInstanceId? id = null)
    {
        var text = (id ?? A).ToString();
        await foreach (var entity in hub.Client.Entities.GetAllEntitiesAsync(new() { InstanceIdStartsWith = text, IncludeTransient = true }))
        {
            if (entity.Id.ToString() == text)
                return (entity.LockedBy, entity.BacklogQueueSize);
        }

        return (null, 0);
    }
}
