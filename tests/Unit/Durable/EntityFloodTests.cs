using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>More messages for one entity than are kept in memory: each is dealt with once, and those of a sender in their order.</summary>
public class EntityFloodTests
{
    private const int Flood = 1200;
    private static readonly EntityInstanceId Id = new("Sequence", "k");

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public async Task AFloodOfSignalsIsWorkedOffInOrder(int live)
    {
        var gate = new TaskCompletionSource();
        await using var hub = await TestHub.OpenAsync(Functions(gate.Task), settings => settings with { MaxLiveSessions = live });
        await hub.Client.Entities.SignalEntityAsync(Id, "wait");
        await hub.RunAsync("Flood", "first");
        await Task.WhenAll(hub.RunAsync("Flood", "second"), SendAsync(hub, "third"), SendAsync(hub, "fourth"));
        Assert.Equal(4 * Flood, await BacklogAsync(hub) - 1);
        gate.SetResult();
        await TestHub.UntilAsync(async () => await BacklogAsync(hub) < 3 * Flood);
        await hub.CrashAsync();
        await SendAsync(hub, "fifth");
        var state = (await hub.UntilEntityAsync<Sequences>(Id, state => state.Next.Values.Sum() == 5 * Flood)).State;
        Assert.Equal(["fifth", "first", "fourth", "second", "third"], state.Next.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(0, state.OutOfOrder);
        Assert.Equal(0, await BacklogAsync(hub));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AHolderIsServedThroughAFloodThatTheLockKeepsWaiting(bool crash)
    {
        await using var hub = await TestHub.OpenAsync(Functions(Task.CompletedTask).Orchestrator("Hold", async context =>
        {
            var seen = new List<int>();
            await using (await context.Entities.LockEntitiesAsync(Id))
            {
                context.SetCustomStatus("holds");
                await context.WaitForExternalEvent<int>("go");
                for (var i = 0; i < 3; i++)
                    seen.Add(await context.Entities.CallEntityAsync<int>(Id, "note", new Note("holder", i)));
            }

            seen.Add(await context.Entities.CallEntityAsync<int>(Id, "note", new Note("holder", 3)));
            return seen;
        }));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Hold");
        await hub.UntilAsync(id, instance => instance.SerializedCustomStatus == "\"holds\"");
        await SendAsync(hub, "client");
        if (crash)
            await hub.CrashAsync();
        await hub.Client.RaiseEventAsync(id, "go", 1);

        // Inside the lock nobody else's have been done; the call after it comes after those that came before.
        Assert.Equal([1, 2, 3, 4 + Flood], (await hub.FinishAsync(id)).ReadOutputAs<List<int>>()!);
        Assert.Equal(0, (await hub.Client.Entities.GetEntityAsync<Sequences>(Id))!.State.OutOfOrder);
        Assert.Equal(0, await BacklogAsync(hub));
    }

    private static InMemoryFunctions Functions(Task gate) => new InMemoryFunctions()
        .Entity("Sequence", dispatcher => dispatcher.DispatchAsync(async operation =>
        {
            var state = operation.State.GetState<Sequences>() ?? new Sequences();
            if (operation.Name == "wait")
            {
                await gate;
            }
            else
            {
                var note = operation.GetInput<Note>()!;
                var next = state.Next.GetValueOrDefault(note.Sender);
                state.OutOfOrder += note.Index == next ? 0 : 1;
                state.Next[note.Sender] = next + 1;
            }

            operation.State.SetState(state);
            return state.Next.Values.Sum();
        }))
        .Orchestrator("Flood", async context =>
        {
            for (var i = 0; i < Flood; i++)
                await context.Entities.SignalEntityAsync(Id, "note", new Note(context.GetInput<string>()!, i));
            return null;
        });

    // In order, but not one by one.
    private static Task SendAsync(TestHub hub, string sender) =>
        Task.WhenAll(Enumerable.Range(0, Flood).Select(i => hub.Client.Entities.SignalEntityAsync(Id, "note", new Note(sender, i))));

    private static Task<int> BacklogAsync(TestHub hub) => Task.FromResult(hub.Engine.Queries.Read(
        database => database.Query("SELECT COUNT(*) FROM entity_inbox", row => row.GetInt32(0))[0]));

    public sealed class Sequences
    {
        public Dictionary<string, int> Next { get; init; } = [];

        public int OutOfOrder { get; set; }
    }

    private sealed record Note(string Sender, int Index);
}
