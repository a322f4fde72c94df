using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Client.Entities;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Messages to and from entities: their order, their time, and what they set going.</summary>
public class EntityMessageTests
{
    public sealed class Journal : TaskEntity<List<string>>
    {
        public void Note(string text) => State.Add(text);

        public List<string> Get() => State;

        /// <summary>Hands a text on to the entities that are named, this one included.</summary>
        public void Pass(string[] keys, TaskEntityContext context)
        {
            foreach (var key in keys)
                context.SignalEntity(new EntityInstanceId("Journal", key), "note", $"from {context.Id.Key}");
        }

        public string Start(TaskEntityContext context) => context.ScheduleNewOrchestration("Noting", context.Id.Key);

        public void StartAgain(string id, TaskEntityContext context) =>
            context.ScheduleNewOrchestration("Noting", context.Id.Key, new StartOrchestrationOptions(id));
    }

    private static InMemoryFunctions Functions() => new InMemoryFunctions()
        .Entity<Journal>("Journal")
        .Entity<Tally>("Tally")
        .Orchestrator("Noting", async context =>
        {
            var key = context.GetInput<string>()!;
            await context.Entities.CallEntityAsync(new EntityInstanceId("Journal", key), "note", "by " + context.Name);
            return key;
        });

    [Fact]
    public async Task MessagesOfOneSenderArriveInTheirOrder()
    {
        var id = new EntityInstanceId("Journal", "k");
        await using var hub = await TestHub.OpenAsync(
            Functions().Orchestrator("Send", async context =>
            {
                var calls = new List<Task>();
                for (var i = 0; i < 40; i++)
                {
                    if (i % 2 == 0)
                        await context.Entities.SignalEntityAsync(id, "note", $"{i}");
                    else
                        calls.Add(context.Entities.CallEntityAsync(id, "note", $"{i}"));
                }

                await Task.WhenAll(calls);
                return await context.Entities.CallEntityAsync<List<string>>(id, "get");
            }),
            settings => settings with { MaxEntityBatch = 7 });
        for (var i = 0; i < 20; i++)
            await hub.Client.Entities.SignalEntityAsync(new EntityInstanceId("Journal", "client"), "note", $"{i}");
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{i}"), (await hub.RunAsync("Send")).ReadOutputAs<List<string>>()!);
        var client = await hub.UntilEntityAsync<List<string>>(new EntityInstanceId("Journal", "client"), notes => notes.Count == 20);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), client.State);
    }

    [Fact]
    public async Task AnEntitySignalsOthersAndItself()
    {
        await using var hub = await TestHub.OpenAsync(Functions());
        await hub.Client.Entities.SignalEntityAsync(new EntityInstanceId("Journal", "a"), "pass", new[] { "b", "a", "b" });
        await hub.UntilEntityAsync<List<string>>(new EntityInstanceId("Journal", "a"), notes => notes.SequenceEqual(["from a"]));
        await hub.UntilEntityAsync<List<string>>(new EntityInstanceId("Journal", "b"), notes => notes.SequenceEqual(["from a", "from a"]));
    }

    [Fact]
    public async Task AnEntityStartsOrchestrationsOnceEach()
    {
        var id = new EntityInstanceId("Journal", "k");
        await using var hub = await TestHub.OpenAsync(Functions()
            .Orchestrator("Start", async context => await context.Entities.CallEntityAsync<string>(id, "start"))
            .Orchestrator("StartTwice", async context =>
            {
                await context.Entities.SignalEntityAsync(id, "startAgain", context.InstanceId);
                return await context.WaitForExternalEvent<string>("go");
            }));
        var started = (await hub.RunAsync("Start")).ReadOutputAs<string>()!;
        Assert.Equal("k", (await hub.FinishAsync(started)).ReadOutputAs<string>());
        await hub.UntilEntityAsync<List<string>>(id, notes => notes.SequenceEqual(["by Noting"]));

        // One that runs already stands in the way; one that has finished is replaced.
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("StartTwice", null, new StartOrchestrationOptions("one"));
        await hub.UntilAsync("one", instance => instance.IsRunning && instance.Name == "StartTwice");
        await hub.Client.Entities.SignalEntityAsync(id, "note", "after");
        await hub.UntilEntityAsync<List<string>>(id, notes => notes.SequenceEqual(["by Noting", "after"]));
        await hub.Client.RaiseEventAsync("one", "go", "went");
        Assert.Equal("\"went\"", (await hub.FinishAsync("one")).SerializedOutput);
        await hub.Client.Entities.SignalEntityAsync(id, "startAgain", "one");
        await hub.UntilEntityAsync<List<string>>(id, notes => notes.SequenceEqual(["by Noting", "after", "by Noting"]));
        Assert.Equal("Noting", (await hub.Client.GetInstanceAsync("one"))!.Name);
    }

    [Fact]
    public async Task DelayedSignalsArriveAtTheirTimeAlsoAfterACrash()
    {
        var id = new EntityInstanceId("Journal", "k");
        await using var hub = await TestHub.OpenAsync(Functions()
            .Entity("Later", dispatcher => dispatcher.DispatchAsync(operation =>
            {
                operation.Context.SignalEntity(id, "note", "entity", new SignalEntityOptions { SignalTime = operation.GetInput<DateTimeOffset>() });
                return default;
            }))
            .Orchestrator("Send", async context =>
            {
                var due = context.GetInput<DateTimeOffset>();
                await context.Entities.SignalEntityAsync(id, "note", "orchestration", new SignalEntityOptions { SignalTime = due });
                await context.Entities.SignalEntityAsync(id, "note", "past", new SignalEntityOptions { SignalTime = due.AddDays(-1) });
                await context.Entities.CallEntityAsync(new EntityInstanceId("Later", "k"), "send", due.AddMilliseconds(100));
                return await context.Entities.CallEntityAsync<List<string>>(id, "get");
            }));
        var due = DateTimeOffset.UtcNow.AddSeconds(1.5);
        await hub.Client.Entities.SignalEntityAsync(id, "note", "never", new SignalEntityOptions { SignalTime = due.AddHours(1) });
        await hub.Client.Entities.SignalEntityAsync(id, "note", "client", new SignalEntityOptions { SignalTime = due.AddMilliseconds(200) });
        Assert.Equal(["past"], (await hub.RunAsync("Send", due)).ReadOutputAs<List<string>>()!);
        Assert.Equal(0, (await hub.Client.Entities.GetEntityAsync(id))!.BacklogQueueSize);
        await hub.CrashAsync();
        var arrived = await hub.UntilEntityAsync<List<string>>(id, notes => notes.Count >= 4);
        Assert.True(arrived.LastModifiedTime >= due);
        Assert.Equal(["past", "orchestration", "entity", "client"], arrived.State);
    }

    [Fact]
    public async Task FailuresOfSignalsAreOnlyLogged()
    {
        var id = new EntityInstanceId("Tally", "k");
        await using var hub = await TestHub.OpenAsync(Functions());
        foreach (var operation in new[] { "add", "addAndThrow", "nope", "add" })
            await hub.Client.Entities.SignalEntityAsync(id, operation, 1);
        await hub.Client.Entities.SignalEntityAsync(new EntityInstanceId("Nobody", "k"), "add", 1);
        await hub.UntilEntityAsync<int>(id, state => state == 2);
        await hub.CrashAsync();
        await hub.Client.Entities.SignalEntityAsync(id, "add", 1);
        await hub.UntilEntityAsync<int>(id, state => state == 3);
        Assert.Null(await hub.Client.Entities.GetEntityAsync(new EntityInstanceId("Nobody", "k")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task AReplayMustAskTheSame(int change)
    {
        var (a, b) = (new EntityInstanceId("Tally", "a"), new EntityInstanceId("Tally", "b"));
        var steps = new Func<TaskOrchestrationContext, Task>[]
        {
            context => context.Entities.CallEntityAsync(a, "add", 1),
            context => context.Entities.CallEntityAsync(b, "add", 1),
            context => context.Entities.CallEntityAsync(a, "get"),
            context => context.Entities.SignalEntityAsync(a, "add", 1),
            context => context.Entities.LockEntitiesAsync(a),
            context => context.Entities.LockEntitiesAsync(a, b),
            context => context.CallActivityAsync("add", 1),
            context =>
            {
                context.SendEvent("@tally@a", "add", 1);
                return Task.CompletedTask;
            },
        };
        var changed = false;
        await using var hub = await TestHub.OpenAsync(Functions()
            .Activity<int>("add", value => value)
            .Orchestrator("Changing", async context =>
            {
                await steps[(context.GetInput<int>() + (Volatile.Read(ref changed) ? change : 0)) % steps.Length](context);
                context.SetCustomStatus("asked");
                return await context.WaitForExternalEvent<int>("go");
            }));
        for (var step = 0; step < steps.Length; step++)
        {
            await hub.Client.ScheduleNewOrchestrationInstanceAsync("Changing", step, new StartOrchestrationOptions($"step-{step}"));
            await hub.UntilAsync($"step-{step}", instance => instance.SerializedCustomStatus == "\"asked\"");
            if (step is 4 or 5)
                await hub.Client.TerminateInstanceAsync($"step-{step}");
        }

        Volatile.Write(ref changed, true);
        await hub.CrashAsync();
        foreach (var step in new[] { 0, 1, 2, 3, 6, 7 })
        {
            await hub.Client.RaiseEventAsync($"step-{step}", "go", 1);
            var failure = (await hub.FinishAsync($"step-{step}")).FailureDetails!;
            Assert.Equal("DurableTask.Core.Exceptions.NonDeterministicOrchestrationException", failure.ErrorType);
        }
    }

    [Fact]
    public async Task ARewindCallsAgainWhatFailed()
    {
        var healed = false;
        var (a, b) = (new EntityInstanceId("Heals", "a"), new EntityInstanceId("Heals", "b"));
        await using var hub = await TestHub.OpenAsync(Functions()
            .Entity("Heals", dispatcher => dispatcher.DispatchAsync(operation =>
            {
                if (operation.Name == "try" && !Volatile.Read(ref healed))
                    throw new InvalidOperationException("not healed");
                operation.State.SetState(operation.State.GetState(0) + 1);
                return new ValueTask<object?>(operation.State.GetState<int>());
            }))
            .Orchestrator("Siblings", async context =>
            {
                await context.Entities.CallEntityAsync(a, "count");
                var answers = await Task.WhenAll(
                    context.Entities.CallEntityAsync<int>(a, "try"), context.Entities.CallEntityAsync<int>(b, "count"));
                return answers.Sum();
            }));
        var failed = await hub.RunAsync("Siblings", null, "s");
        Assert.Equal("Operation 'try' of entity '@heals@a' failed: not healed", failed.FailureDetails!.ErrorMessage);
        Volatile.Write(ref healed, true);
        await hub.Client.RewindInstanceAsync("s", "healed");
        Assert.Equal(3, (await hub.FinishAsync("s")).ReadOutputAs<int>());
        Assert.Equal(1, (await hub.Client.Entities.GetEntityAsync<int>(b))!.State);
    }

    [Fact]
    public async Task IdsAreChecked()
    {
        await using var hub = await TestHub.OpenAsync(Functions().Orchestrator("Ask", async context =>
        {
            var refused = 0;
            foreach (var ask in new Func<EntityInstanceId, Task>[]
            {
                id => context.Entities.CallEntityAsync(id, "add", 1),
                id => context.Entities.CallEntityAsync<int>(id, "get"),
                id => context.Entities.SignalEntityAsync(id, "add", 1),
                id => context.Entities.LockEntitiesAsync(id),
            })
            {
                foreach (var id in Wrong())
                {
                    try
                    {
                        await ask(id);
                    }
                    catch (ArgumentException)
                    {
                        refused++;
                    }
                }
            }

            return refused;
        }));
        Assert.Equal(4 * Wrong().Count(), (await hub.RunAsync("Ask")).ReadOutputAs<int>());
        foreach (var id in Wrong())
        {
            await Assert.ThrowsAsync<ArgumentException>(() => hub.Client.Entities.SignalEntityAsync(id, "add", 1));
            await Assert.ThrowsAsync<ArgumentException>(() => hub.Client.Entities.GetEntityAsync(id));
        }

        await Assert.ThrowsAsync<ArgumentNullException>(() => hub.Client.Entities.SignalEntityAsync(new EntityInstanceId("Tally", "k"), null!));
        var strange = new EntityInstanceId("Tally", "@ %'\"äΩ😀");
        await hub.Client.Entities.SignalEntityAsync(strange, "add", 1);
        Assert.Equal(strange, (await hub.UntilEntityAsync<int>(strange, state => state == 1)).Id);
        await hub.Client.Entities.SignalEntityAsync(new EntityInstanceId("Tally", ""), "add", 1);
        await hub.UntilEntityAsync<int>(new EntityInstanceId("Tally", ""), state => state == 1);

        static IEnumerable<EntityInstanceId> Wrong() =>
        [
            default, new("Tally", "a/b"), new("Tally", "a\\b"), new("Tally", "a?"), new("Tally", "#"), new("Tally", "\0"), new("Tally", "\ud83d"),
            new("Tally", "\ude00x"), new("Tally", new string('x', 256)),
        ];
    }
}
