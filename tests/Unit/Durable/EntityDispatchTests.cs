using System.Text.Json;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>How an operation finds its method, and what it leaves behind.</summary>
public class EntityDispatchTests
{
    public sealed class Note
    {
        public string Text { get; set; } = "";

        public void Shout() => Text = Text.ToUpperInvariant();

        public int Length() => Text.Length;
    }

    public sealed class Notebook : TaskEntity<Note>
    {
        public int Hidden { get; set; } = 7;

        public void Write(string text) => State.Text = text;

        public string Read() => State.Text;

        public async Task Append(string text)
        {
            await Task.Yield();
            State.Text += text;
        }

        public async Task<string> AppendAndRead(TaskEntityContext context, string text)
        {
            await Append(text);
            return $"{context.Id}: {State.Text}";
        }

        public async ValueTask Clear()
        {
            await Task.Yield();
            State.Text = "";
        }

        public ValueTask<int> Repeat(int times = 2)
        {
            State.Text = string.Concat(Enumerable.Repeat(State.Text, times));
            return new ValueTask<int>(times);
        }

        public string Where(TaskEntityContext context) => $"{context.Id.Name} {context.Id.Key} {Context == context}";

        public void Forget() => State = null!;

        public void Twice(string first, string second) => State.Text = first + second;

        public void Same(int value) => State.Text = $"{value}";

        public void Same(string value) => State.Text = value;

        public T Generic<T>(T value) => value;

        public override string ToString() => "a notebook";

        protected override Note InitializeState(TaskEntityOperation entityOperation) => new() { Text = entityOperation.HasInput ? "" : "new" };
    }

    public sealed class Spiteful : TaskEntity<int>
    {
        public void Delete() => throw new NotSupportedException("never");

        public void Set(int value) => State = value;
    }

    public sealed class StateOnly : TaskEntity<Note>
    {
        protected override bool AllowStateDispatch => true;

        public void Length(string text) => State.Text = text;
    }

    [Theory]
    [InlineData("READ", null, "\"new\"")]
    [InlineData("write", "\"a\"", "null")]
    [InlineData("append", "\"a\"", "null")]
    [InlineData("appendandread", "\"a\"", "\"@notebook@K: a\"")]
    [InlineData("clear", null, "null")]
    [InlineData("repeat", null, "2")]
    [InlineData("repeat", "3", "3")]
    [InlineData("where", null, "\"notebook K True\"")]
    [InlineData("delete", null, "null")]
    public async Task AnOperationIsAMethod(string operation, string? input, string expected) =>
        Assert.Equal(expected, await CallAsync<Notebook>(operation, input));

    [Theory]
    [InlineData("nope", null, "System.NotSupportedException")]
    [InlineData("tostring", null, "System.NotSupportedException")]
    [InlineData("GetType", null, "System.NotSupportedException")]
    [InlineData("GetHashCode", null, "System.NotSupportedException")]
    [InlineData("RunAsync", "{}", "System.NotSupportedException")]
    [InlineData("get_Hidden", null, "System.NotSupportedException")]
    [InlineData("Hidden", null, "System.NotSupportedException")]
    [InlineData("Generic", "1", "System.NotSupportedException")]
    [InlineData("InitializeState", "1", "System.NotSupportedException")]
    [InlineData("shout", null, "System.NotSupportedException")]
    [InlineData("", null, "System.NotSupportedException")]
    [InlineData("write", null, "System.InvalidOperationException")]
    [InlineData("twice", "\"a\"", "System.InvalidOperationException")]
    [InlineData("same", "1", "System.Reflection.AmbiguousMatchException")]
    [InlineData("repeat", "\"many\"", "System.Text.Json.JsonException")]
    [InlineData("repeat", "-1", "System.ArgumentOutOfRangeException")]
    public async Task WhatIsNoOperationFails(string operation, string? input, string expected) =>
        Assert.Equal(
            expected, (await Assert.ThrowsAsync<EntityOperationFailedException>(() => CallAsync<Notebook>(operation, input))).FailureDetails.ErrorType);

    [Fact]
    public async Task ADeleteThatIsAMethodComesFirst() =>
        Assert.Equal(
            "never", (await Assert.ThrowsAsync<EntityOperationFailedException>(() => CallAsync<Spiteful>("delete", null))).FailureDetails.ErrorMessage);

    [Fact]
    public async Task TheStateIsAskedWhenTheEntityHasNoSuchMethod()
    {
        await using var hub = await OpenAsync(
            new InMemoryFunctions().Entity<StateOnly>("Both").Entity("State", dispatcher => dispatcher.DispatchAsync<Note>()));
        var both = new EntityInstanceId("Both", "k");
        await CallAsync(hub, both, "length", "\"abc\"");
        await CallAsync(hub, both, "SHOUT", null);
        Assert.Equal("ABC", (await hub.Client.Entities.GetEntityAsync<Note>(both))!.State.Text);
        var state = new EntityInstanceId("State", "k");
        Assert.Equal("0", await CallAsync(hub, state, "length", null));
        Assert.Equal("", (await hub.Client.Entities.GetEntityAsync<Note>(state))!.State.Text);
        await CallAsync(hub, state, "delete", null);
        Assert.Null(await hub.Client.Entities.GetEntityAsync(state));
    }

    [Fact]
    public async Task ANullStateDeletesTheEntity()
    {
        await using var hub = await OpenAsync(new InMemoryFunctions().Entity<Notebook>("Notebook"));
        var id = new EntityInstanceId("Notebook", "k");
        await CallAsync(hub, id, "write", "\"a\"");
        Assert.Equal("a", (await hub.Client.Entities.GetEntityAsync<Note>(id))!.State.Text);
        await CallAsync(hub, id, "forget", null);
        Assert.Null(await hub.Client.Entities.GetEntityAsync<Note>(id));
        Assert.Equal("\"new\"", await CallAsync(hub, id, "read", null));
    }

    [Fact]
    public async Task AFunctionGetsTheOperationsOneByOne()
    {
        await using var hub = await OpenAsync(new InMemoryFunctions().Entity("Sum", dispatcher => dispatcher.DispatchAsync(operation =>
        {
            Assert.Equal(operation.Name == "first", !operation.State.HasState);
            var sum = operation.State.GetState(0) + (operation.HasInput ? operation.GetInput<int>() : 100);
            operation.State.SetState(sum);
            return new ValueTask<object?>($"{operation} {sum}");
        })));
        var id = new EntityInstanceId("Sum", "k");
        Assert.Equal("\"sum/first 1\"", await CallAsync(hub, id, "first", "1"));
        Assert.Equal("\"sum/Then 3\"", await CallAsync(hub, id, "Then", "2"));
        Assert.Equal("\"sum/ 103\"", await CallAsync(hub, id, "", null));
    }

    [Fact]
    public async Task AStateThatIsChangedButNotSetIsNotKept()
    {
        await using var hub = await OpenAsync(new InMemoryFunctions().Entity("Note", dispatcher => dispatcher.DispatchAsync(operation =>
        {
            if (operation.HasInput)
                operation.State.SetState(operation.GetInput<Note>());
            var note = operation.State.GetState<Note>()!;
            note.Text += "!";
            return new ValueTask<object?>(note.Text);
        })));
        var id = new EntityInstanceId("Note", "k");
        Assert.Equal("\"a!\"", await CallAsync(hub, id, "change", """{"Text":"a"}"""));
        Assert.Equal("\"a!\"", await CallAsync(hub, id, "change", null));
    }

    [Theory]
    [InlineData(true, "1", null)]
    [InlineData(false, "11", "1")]
    public async Task AFailedOperationIsTakenBackUnlessTheHubKeepsIt(bool rollBack, string tally, string? signalled)
    {
        var started = new TaskCompletionSource();
        await using var hub = await OpenAsync(
            new InMemoryFunctions()
                .Entity<Tally>("Tally")
                .Entity("Sender", dispatcher => dispatcher.DispatchAsync(operation =>
                {
                    operation.Context.SignalEntity(new EntityInstanceId("Tally", "signalled"), "add", 1);
                    operation.Context.ScheduleNewOrchestration("Started", null, new StartOrchestrationOptions("started"));
                    operation.State.SetState(1);
                    throw new InvalidOperationException("after all");
                }))
                .Orchestrator("Started", _ =>
                {
                    started.TrySetResult();
                    return Task.FromResult<object?>(null);
                }),
            settings => settings with { RollBackFailedOperations = rollBack });
        var id = new EntityInstanceId("Tally", "k");
        await CallAsync(hub, id, "add", "1");
        await Assert.ThrowsAsync<EntityOperationFailedException>(() => CallAsync(hub, id, "addAndThrow", "10"));
        await Assert.ThrowsAsync<EntityOperationFailedException>(() => CallAsync(hub, id, "nope", "10"));
        Assert.Equal(tally, await CallAsync(hub, id, "get", null));
        var sender = new EntityInstanceId("Sender", "k");
        await Assert.ThrowsAsync<EntityOperationFailedException>(() => CallAsync(hub, sender, "send", null));
        Assert.Equal(signalled ?? "0", await CallAsync(hub, new EntityInstanceId("Tally", "signalled"), "get", null));
        Assert.Equal(rollBack, await hub.Client.Entities.GetEntityAsync(sender) is null);
        Assert.Equal(rollBack, await hub.Client.GetInstanceAsync("started") is null);
        if (!rollBack)
            await started.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task WhatIsTooLargeFailsTheOperation()
    {
        await using var hub = await OpenAsync(new InMemoryFunctions()
            .Entity("State", dispatcher => dispatcher.DispatchAsync(operation =>
            {
                operation.State.SetState(new string('x', operation.GetInput<int>()));
                return default;
            }))
            .Entity("Result", dispatcher => dispatcher.DispatchAsync(operation => new ValueTask<object?>(new string('x', operation.GetInput<int>()))))
            .Entity("Signal", dispatcher => dispatcher.DispatchAsync(operation =>
            {
                operation.Context.SignalEntity(new EntityInstanceId("State", "k"), "set", new string('x', operation.GetInput<int>()));
                return default;
            })));
        var state = new EntityInstanceId("State", "k");
        await CallAsync(hub, state, "set", "3");
        foreach (var (name, type) in new[] { ("State", "PayloadTooLarge"), ("Result", "PayloadTooLarge"), ("Signal", "System.ArgumentException") })
        {
            var failed = await Assert.ThrowsAsync<EntityOperationFailedException>(() => CallAsync(hub, new EntityInstanceId(name, "k"), "set", "1100000"));
            Assert.Equal(type, failed.FailureDetails.ErrorType);
            Assert.Contains("pass a reference", failed.FailureDetails.ErrorMessage, StringComparison.Ordinal);
        }

        Assert.Equal("xxx", (await hub.Client.Entities.GetEntityAsync<string>(state))!.State);
        await Assert.ThrowsAsync<ArgumentException>(() => hub.Client.Entities.SignalEntityAsync(state, "set", new string('x', 1_100_000)));
    }

    [Fact]
    public async Task AFunctionThatFailsOrForgetsFailsItsOperations()
    {
        await using var hub = await OpenAsync(new InMemoryFunctions()
            .Entity("Throws", _ => throw new InvalidOperationException("no such luck"))
            .Entity("Forgets", _ => Task.CompletedTask)
            .Entity("Leaves", dispatcher =>
            {
                _ = dispatcher.DispatchAsync(async operation =>
                {
                    await Task.Delay(20);
                    return operation.Name;
                });
                return Task.CompletedTask;
            })
            .Entity("Doubles", async dispatcher =>
            {
                var first = dispatcher.DispatchAsync(async operation =>
                {
                    await Task.Delay(20);
                    return operation.Name;
                });
                await Assert.ThrowsAsync<InvalidOperationException>(() => dispatcher.DispatchAsync(_ => default));
                await first;
                await dispatcher.DispatchAsync(_ => throw new InvalidOperationException("nothing is left to dispatch"));
            }));
        var thrown = await Assert.ThrowsAsync<EntityOperationFailedException>(() => CallAsync(hub, new EntityInstanceId("Throws", "k"), "x", null));
        Assert.Equal("no such luck", thrown.FailureDetails.ErrorMessage);
        var forgotten = await Assert.ThrowsAsync<EntityOperationFailedException>(() => CallAsync(hub, new EntityInstanceId("Forgets", "k"), "x", null));
        Assert.Equal("The function of entity '@forgets@k' ended without having dispatched the operation.", forgotten.FailureDetails.ErrorMessage);
        Assert.Equal("\"x\"", await CallAsync(hub, new EntityInstanceId("Leaves", "k"), "x", null));
        Assert.Equal("\"x\"", await CallAsync(hub, new EntityInstanceId("Doubles", "k"), "x", null));
    }

    [Fact]
    public async Task AnOperationThatIsOverSetsNothingGoing()
    {
        TaskEntityContext? kept = null;
        await using var hub = await OpenAsync(new InMemoryFunctions().Entity("Leaks", dispatcher => dispatcher.DispatchAsync(operation =>
        {
            kept = operation.Context;
            Assert.Throws<ArgumentException>(() => kept.SignalEntity(default, "x"));
            Assert.Throws<ArgumentNullException>(() => kept.SignalEntity(kept.Id, null!));
            Assert.Throws<ArgumentException>(() => kept.ScheduleNewOrchestration("Nobody"));
            Assert.Throws<ArgumentException>(() => kept.ScheduleNewOrchestration("Call", null, new StartOrchestrationOptions("@x")));
            return default;
        })));
        await CallAsync(hub, new EntityInstanceId("Leaks", "k"), "x", null);
        Assert.Throws<InvalidOperationException>(() => kept!.SignalEntity(kept.Id, "x"));
        Assert.Throws<InvalidOperationException>(() => kept!.ScheduleNewOrchestration("Call"));
    }

    private static Task<TestHub> OpenAsync(InMemoryFunctions functions, Func<DurableTaskSettings, DurableTaskSettings>? configure = null) => TestHub.OpenAsync(
        functions.Orchestrator("Call", async context =>
        {
            var call = context.GetInput<Call>()!;
            try
            {
                var result = await context.Entities.CallEntityAsync<JsonElement?>(
                    EntityInstanceId.FromString(call.Entity), call.Operation, call.Input is { } json ? JsonDocument.Parse(json).RootElement : null);
                return new Answer(result?.GetRawText() ?? "null", null);
            }
            catch (EntityOperationFailedException exception)
            {
                return new Answer(null, exception.FailureDetails);
            }
        }),
        configure);

    private static async Task<string> CallAsync<TEntity>(string operation, string? input)
        where TEntity : ITaskEntity
    {
        await using var hub = await OpenAsync(new InMemoryFunctions().Entity<TEntity>("Notebook"));
        return await CallAsync(hub, new EntityInstanceId("Notebook", "K"), operation, input);
    }

    /// <summary>The JSON that an orchestration gets for its call.</summary>
    private static async Task<string> CallAsync(TestHub hub, EntityInstanceId id, string operation, string? input)
    {
        var answer = (await hub.RunAsync("Call", new Call(id.ToString(), operation, input))).ReadOutputAs<Answer>()!;
        return answer.Failure is { } failure ? throw new EntityOperationFailedException(id, operation, failure) : answer.Json!;
    }

    private sealed record Call(string Entity, string Operation, string? Input);

    private sealed record Answer(string? Json, TaskFailureDetails? Failure);
}
