using System.Globalization;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Entities;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Converters;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.CrashWorker;

/// <summary>Orchestrations of every kind of durable call. Their outputs depend on the input alone, unless an effect is lost or comes twice.</summary>
internal sealed class CrashPrograms(ExecutionLog executions) : IDurableFunctionInvoker
{
    private const int FanOutWidth = 50;
    private static readonly TaskOptions Retried = TaskOptions.FromRetryPolicy(new RetryPolicy(4, TimeSpan.FromMilliseconds(10), 2));

    private static readonly Dictionary<string, Func<TaskOrchestrationContext, Task<object?>>> Orchestrators = new(StringComparer.OrdinalIgnoreCase)
    {
        ["FanOut"] = FanOutAsync,
        ["Timers"] = TimersAsync,
        ["Events"] = EventsAsync,
        ["Family"] = FamilyAsync,
        ["Child"] = ChildAsync,
        ["Late"] = LateAsync,
        ["Eternal"] = EternalAsync,
        ["Letters"] = LettersAsync,
        ["Pen"] = PenAsync,
        ["Ledger"] = LedgerAsync,
        ["Poison"] = PoisonAsync,
        ["PoisonedEntity"] = PoisonedEntityAsync,
        ["PoisonedChild"] = PoisonedChildAsync,
        ["Overflow"] = OverflowAsync,
    };

    public bool HasOrchestrator(string name) => Orchestrators.ContainsKey(name);

    public bool HasActivity(string name) => name is "Work" or "FallOver";

    public bool HasEntity(string name) => name is CountEntity.Name;

    public Task RunEntityAsync(string name, EntityBatch batch) => batch.DispatchAsync(new CountEntity());

    public Task<object?> RunOrchestratorAsync(string name, TaskOrchestrationContext context, string? inputJson) => Orchestrators[name](context);

    public async Task<object?> RunActivityAsync(string name, TaskActivityContext context, string? inputJson, CancellationToken cancellationToken)
    {
        var call = ((LocalActivityContext)context).Call;
        executions.Begin(call, name);
        if (name == "FallOver")
            Environment.FailFast("An activity that takes the process down.");
        var work = JsonDataConverter.Default.Deserialize<Work>(inputJson)!;
        await Task.Delay(work.Milliseconds, cancellationToken);
        executions.End(call, name);
        return work.FailsAs == call.Part ? throw new InvalidOperationException("This attempt is one to fail.") : Mix(work.Seed, work.Index);
    }

    // 50 at once, of which each fifth fails at its first attempt.
    private static async Task<object?> FanOutAsync(TaskOrchestrationContext context)
    {
        var seed = context.GetInput<int>();
        var parts = await Task.WhenAll(Enumerable.Range(0, FanOutWidth).Select(i =>
            context.CallActivityAsync<long>("Work", new Work(seed, i, Duration(seed, i), i % 5 == 0 ? i : null), Retried)));
        await context.CreateTimer(TimeSpan.FromMilliseconds(5), CancellationToken.None);
        return parts.Aggregate(0L, Fold);
    }

    private static async Task<object?> TimersAsync(TaskOrchestrationContext context)
    {
        var seed = context.GetInput<int>();
        var sum = 0L;
        for (var i = 0; i < 6; i++)
        {
            await context.CreateTimer(TimeSpan.FromMilliseconds(Duration(seed, i)), CancellationToken.None);
            using var cancellation = new CancellationTokenSource();
            var never = context.CreateTimer(TimeSpan.FromHours(1), cancellation.Token);
            var work = context.CallActivityAsync<long>("Work", new Work(seed, i, Duration(seed, -i), null));
            var first = await Task.WhenAny(never, work);
            sum = Fold(sum, first == work ? await work : 0);
#pragma warning disable CA1849 // CancelAsync would leave the orchestration's thread.
            cancellation.Cancel();
#pragma warning restore CA1849
        }

        return sum;
    }

    // A number of parcels from outside; whoever sends one twice, for want of an answer, has it counted once.
    private static async Task<object?> EventsAsync(TaskOrchestrationContext context)
    {
        var count = context.GetInput<int>();
        var late = false;
        try
        {
            await context.WaitForExternalEvent<int>("never", TimeSpan.FromMilliseconds(20));
        }
        catch (OperationCanceledException)
        {
            late = true;
        }

        var parcels = new SortedDictionary<int, long>();
        var received = 0;
        while (parcels.Count < count)
        {
            var parcel = await context.WaitForExternalEvent<Parcel>("parcel");
            received++;
            if (parcels.TryAdd(parcel.Id, parcel.Value))
                await context.CallActivityAsync<long>("Work", new Work(parcel.Id, 0, 2, null));
        }

        return new Receipt(parcels.Values.Aggregate(late ? 1L : 0, Fold), received);
    }

    private static async Task<object?> FamilyAsync(TaskOrchestrationContext context)
    {
        var seed = context.GetInput<int>();
        var children = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => context.CallSubOrchestratorAsync<long>("Child", new Order(seed + i, 0))));
        var sum = children.Aggregate(0L, Fold);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                sum = Fold(sum, await context.CallSubOrchestratorAsync<long>("Child", new Order(seed, 3 - attempt)));
                break;
            }
            catch (TaskFailedException)
            {
                await context.CreateTimer(TimeSpan.FromMilliseconds(5), CancellationToken.None);
            }
        }

        var policy = new TaskRetryOptions(new RetryPolicy(1000, TimeSpan.FromMilliseconds(20)));
        var until = context.CurrentUtcDateTime.AddMilliseconds(40);
        return Fold(sum, await context.CallSubOrchestratorAsync<long>("Late", until, new SubOrchestrationOptions(policy, context.InstanceId + "-late")));
    }

    private static async Task<object?> ChildAsync(TaskOrchestrationContext context)
    {
        var order = context.GetInput<Order>()!;
        var parts = await Task.WhenAll(Enumerable.Range(0, 5).Select(i =>
            context.CallActivityAsync<long>("Work", new Work(order.Seed, i, Duration(order.Seed, i), null))));
        return order.FailuresLeft > 0 ? throw new InvalidOperationException("This attempt is one to fail.") : parts.Aggregate(0L, Fold);
    }

    // Fails until a moment has passed: the retry policy starts it again under its id.
    private static async Task<object?> LateAsync(TaskOrchestrationContext context)
    {
        var until = context.GetInput<DateTime>();
        var part = await context.CallActivityAsync<long>("Work", new Work(7, 0, 1, null));
        return context.CurrentUtcDateTime < until ? throw new InvalidOperationException("Too early.") : part;
    }

    // Eight generations, each of which takes up one parcel.
    private static async Task<object?> EternalAsync(TaskOrchestrationContext context)
    {
        var state = context.GetInput<State>()!;
        while (true)
        {
            var parcel = await context.WaitForExternalEvent<Parcel>("parcel");
            if (state.Parcels.ContainsKey(parcel.Id))
            {
                state = state with { Received = state.Received + 1 };
                continue;
            }

            var part = await context.CallActivityAsync<long>("Work", new Work(state.Seed, parcel.Id, Duration(state.Seed, parcel.Id), null));
            state = state with { Received = state.Received + 1, Parcels = new(state.Parcels) { [parcel.Id] = part + parcel.Value } };
            if (state.Parcels.Count == state.Count)
                return new Receipt(state.Parcels.Values.Aggregate(0L, Fold), state.Received);
            context.ContinueAsNew(state);
            return null;
        }
    }

    // Ten letters to and fro, in order and each exactly once: none is sent from outside, so none may come twice.
    private static async Task<object?> LettersAsync(TaskOrchestrationContext context)
    {
        var seed = context.GetInput<int>();
        var pen = context.InstanceId + "-pen";
        var once = TaskOptions.FromRetryPolicy(new(1, TimeSpan.FromSeconds(1)));
        var friend = context.CallSubOrchestratorAsync<long>("Pen", seed, new SubOrchestrationOptions(once, pen));
        var sum = 0L;
        for (var i = 0; i < 5; i++)
        {
            context.SendEvent(pen, "letter", i);
            sum = Fold(sum, await context.WaitForExternalEvent<int>("answer"));
        }

        return Fold(sum, await friend);
    }

    private static async Task<object?> PenAsync(TaskOrchestrationContext context)
    {
        var sum = 0L;
        for (var i = 0; i < 5; i++)
        {
            var letter = await context.WaitForExternalEvent<int>("letter");
            sum = Fold(sum, letter);
            await context.CallActivityAsync<long>("Work", new Work(letter, i, 3, null));
            context.SendEvent(context.Parent!.InstanceId, "answer", letter * 10);
        }

        return sum;
    }

    // Calls and signals of an entity of its own, and under a lock one of the bank that all share: it must count each ledger once.
    private static async Task<object?> LedgerAsync(TaskOrchestrationContext context)
    {
        var seed = context.GetInput<int>();
        var own = new EntityInstanceId(CountEntity.Name, context.InstanceId);
        var bank = new EntityInstanceId(CountEntity.Name, "bank");
        var sum = 0L;
        for (var i = 1; i <= 4; i++)
            sum = Fold(sum, await context.Entities.CallEntityAsync<int>(own, "add", seed + i));
        await context.Entities.SignalEntityAsync(own, "add", 1000);
        await using (await context.Entities.LockEntitiesAsync(own, bank))
        {
            sum = Fold(sum, await context.Entities.CallEntityAsync<int>(own, "add", 1));
            await context.Entities.CallEntityAsync<int>(bank, "add", 1);
        }

        return Fold(sum, await context.Entities.CallEntityAsync<int>(own, "get"));
    }

    // One culprit among innocents that run as long as it takes.
    private static async Task<object?> PoisonAsync(TaskOrchestrationContext context)
    {
        var innocents = Enumerable.Range(0, 6).Select(i => context.CallActivityAsync<long>("Work", new Work(1, i, 1000, null))).ToList();
        var caught = "";
        try
        {
            await context.CallActivityAsync("FallOver");
        }
        catch (TaskFailedException failed)
        {
            caught = failed.FailureDetails.ErrorType;
        }

        return $"{caught} {(await Task.WhenAll(innocents)).Length}";
    }

    // A culprit among the operations of an entity.
    private static async Task<object?> PoisonedEntityAsync(TaskOrchestrationContext context)
    {
        var entity = new EntityInstanceId(CountEntity.Name, context.InstanceId);
        await context.Entities.SignalEntityAsync(entity, "add", 1);
        var caught = "";
        try
        {
            await context.Entities.CallEntityAsync(entity, "addAndFallOver", 10);
        }
        catch (EntityOperationFailedException failed)
        {
            caught = failed.FailureDetails.ErrorType;
        }

        return $"{caught} {await context.Entities.CallEntityAsync<int>(entity, "add", 1)}";
    }

    private static async Task<object?> PoisonedChildAsync(TaskOrchestrationContext context)
    {
        try
        {
            return await context.CallSubOrchestratorAsync<string>("Overflow");
        }
        catch (TaskFailedException failed)
        {
            return failed.FailureDetails.ErrorType;
        }
    }

    // An orchestrator that overflows the stack in its second turn.
    private static async Task<object?> OverflowAsync(TaskOrchestrationContext context)
    {
        var part = await context.CallActivityAsync<long>("Work", new Work(1, 0, 1, null));
        return Descend(part).ToString(CultureInfo.InvariantCulture);
    }

    private static long Descend(long depth) => depth < 0 ? depth : Descend(depth + 1) + Descend(depth + 2);

    private static int Duration(int seed, int index) => (int)((ulong)Mix(seed, index) % 40) is var value && value > 35 ? 100 : value / 2;

    private static long Mix(long a, long b)
    {
        var x = (ulong)((a * 0x9E3779B9) + b + 1) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return (long)((x ^ (x >> 31)) & 0xFFFFFFFFFF);
    }

    private static long Fold(long sum, long part) => unchecked((sum * 31) + part) & 0xFFFFFFFFFFFF;

    private sealed record Work(int Seed, int Index, int Milliseconds, int? FailsAs);

    private sealed record Order(int Seed, int FailuresLeft);

    private sealed record Parcel(int Id, long Value);

    private sealed record Receipt(long Sum, int Received);

    private sealed record State(int Seed, int Count, int Received, SortedDictionary<int, long> Parcels);
}
