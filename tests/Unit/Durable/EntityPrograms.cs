using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>
/// Orchestrations of random steps with entities, interpreted by one orchestrator, and what they come to: each has an entity of its own, whose answers
/// are known in their order, and all share some counters, whose sums are known in the end.
/// </summary>
internal static class EntityPrograms
{
    public const string Orchestrator = "EntityProgram";
    public const int Counters = 4;
    private static readonly int[] Nothing = new int[Counters];

    public enum StepKind
    {
        SignalOwn,
        CallOwn,
        FailOwn,
        DeleteOwn,
        ReadOwn,
        SignalShared,
        CallShared,
        FailShared,
        Relay,
        Transfer,
        Later,
        Start,
        ContinueAsNew,
    }

    /// <param name="Kind">What is done.</param>
    /// <param name="Value">By how much.</param>
    /// <param name="Target">The first shared counter that it is about.</param>
    /// <param name="Other">How many counters further the second one is.</param>
    public sealed record Step(StepKind Kind, int Value, int Target, int Other);

    public sealed record Program(string Key, List<Step> Steps, int From);

    public static InMemoryFunctions Functions() => new InMemoryFunctions()
        .Entity<Tally>("Tally")
        .Entity("Relay", dispatcher => dispatcher.DispatchAsync(RelayAsync))
        .Entity("Balance", dispatcher => dispatcher.DispatchAsync(operation =>
        {
            if (operation.HasInput)
                operation.State.SetState(operation.GetInput<int>());
            return new ValueTask<object?>(operation.State.GetState(0));
        }))
        .Orchestrator("Add", AddAsync)
        .Orchestrator(Orchestrator, RunAsync);

    public static List<Step> Generate(Random random) => [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => new Step(
        (StepKind)random.Next(Enum.GetValues<StepKind>().Length), random.Next(1, 10), random.Next(Counters), random.Next(1, Counters)))];

    /// <summary>What the reads of a program's own entity give, in their order.</summary>
    public static List<int> Reads(IEnumerable<Step> steps)
    {
        var state = 0;
        var reads = new List<int>();
        foreach (var step in steps)
        {
            state = step.Kind switch
            {
                StepKind.SignalOwn or StepKind.CallOwn => state + step.Value,
                StepKind.DeleteOwn => 0,
                _ => state,
            };
            if (step.Kind == StepKind.ReadOwn)
                reads.Add(state);
        }

        return reads;
    }

    /// <summary>What the shared counters come to, and the balances.</summary>
    public static (int[] Sums, int[] Balances) Totals(IEnumerable<Step> steps)
    {
        var (sums, balances) = ((int[])Nothing.Clone(), (int[])Nothing.Clone());
        foreach (var step in steps)
        {
            var other = (step.Target + step.Other) % Counters;
            switch (step.Kind)
            {
                case StepKind.SignalShared or StepKind.CallShared or StepKind.Later or StepKind.Start:
                    sums[step.Target] += step.Value;
                    break;
                case StepKind.Relay:
                    sums[step.Target] += step.Value;
                    sums[other] += step.Value;
                    break;
                case StepKind.Transfer:
                    balances[step.Target] -= step.Value;
                    balances[other] += step.Value;
                    break;
            }
        }

        return (sums, balances);
    }

    /// <summary>What the shared counters and the balances are.</summary>
    public static async Task<(int[] Sums, int[] Balances)> ReadTotalsAsync(LocalDurableTaskClient client)
    {
        var (sums, balances) = ((int[])Nothing.Clone(), (int[])Nothing.Clone());
        for (var i = 0; i < Counters; i++)
        {
            sums[i] = (await client.Entities.GetEntityAsync<int>(Shared(i)))?.State ?? 0;
            balances[i] = (await client.Entities.GetEntityAsync<int>(Balance(i)))?.State ?? 0;
        }

        return (sums, balances);
    }

    private static EntityInstanceId Shared(int number) => new("Tally", $"shared-{number}");

    private static EntityInstanceId Balance(int number) => new("Balance", $"{number}");

    public static async Task<object?> RunAsync(TaskOrchestrationContext context)
    {
        var program = context.GetInput<Program>()!;
        var entities = context.Entities;
        var own = new EntityInstanceId("Tally", program.Key);
        var reads = new List<int>();
        for (var i = program.From; i < program.Steps.Count; i++)
        {
            var step = program.Steps[i];
            switch (step.Kind)
            {
                case StepKind.SignalOwn:
                    await entities.SignalEntityAsync(own, "add", step.Value);
                    break;
                case StepKind.CallOwn:
                    await entities.CallEntityAsync(own, "add", step.Value);
                    break;
                case StepKind.FailOwn:
                    await FailAsync(entities, own, step.Value);
                    break;
                case StepKind.DeleteOwn:
                    await entities.CallEntityAsync(own, "delete");
                    break;
                case StepKind.ReadOwn:
                    reads.Add(await entities.CallEntityAsync<int>(own, "get"));
                    break;
                case StepKind.SignalShared:
                    await entities.SignalEntityAsync(Shared(step.Target), "add", step.Value);
                    break;
                case StepKind.CallShared:
                    await entities.CallEntityAsync(Shared(step.Target), "add", step.Value);
                    break;
                case StepKind.FailShared:
                    await FailAsync(entities, Shared(step.Target), step.Value);
                    break;
                case StepKind.Relay:
                    await entities.SignalEntityAsync(
                        new EntityInstanceId("Relay", $"{step.Value}"), "relay", new[] { step.Value, step.Target, (step.Target + step.Other) % Counters });
                    break;
                case StepKind.Transfer:
                    await TransferAsync(entities, Balance(step.Target), Balance((step.Target + step.Other) % Counters), step.Value);
                    break;
                case StepKind.Later:
                    await entities.SignalEntityAsync(
                        Shared(step.Target), "add", step.Value,
                        new SignalEntityOptions { SignalTime = context.CurrentUtcDateTime.AddMilliseconds(step.Value * 10) });
                    break;
                case StepKind.Start:
                    await entities.CallEntityAsync(new EntityInstanceId("Relay", $"{step.Value}"), "start", new[] { step.Target, step.Value });
                    break;
                case StepKind.ContinueAsNew when reads.Count == 0:
                    context.ContinueAsNew(program with { From = i + 1 });
                    return null;
            }
        }

        return reads;
    }

    public static async Task<object?> AddAsync(TaskOrchestrationContext context)
    {
        var (target, value) = (context.GetInput<int[]>()![0], context.GetInput<int[]>()![1]);
        await context.Entities.CallEntityAsync(Shared(target), "add", value);
        return null;
    }

    /// <summary>Passes a value on to counters, or starts an orchestration that adds it.</summary>
    private static ValueTask<object?> RelayAsync(TaskEntityOperation operation)
    {
        var input = operation.GetInput<int[]>()!;
        if (operation.Name == "start")
        {
            operation.Context.ScheduleNewOrchestration("Add", input);
        }
        else
        {
            foreach (var target in input.Skip(1))
                operation.Context.SignalEntity(Shared(target), "add", input[0]);
        }

        operation.State.SetState(operation.State.GetState(0) + 1);
        return default;
    }

    private static async Task FailAsync(TaskOrchestrationEntityFeature entities, EntityInstanceId id, int value)
    {
        try
        {
            await entities.CallEntityAsync(id, "addAndThrow", value);
            throw new NotSupportedException("it did not fail");
        }
        catch (EntityOperationFailedException)
        {
            // As it must.
        }
    }

    private static async Task TransferAsync(TaskOrchestrationEntityFeature entities, EntityInstanceId from, EntityInstanceId to, int value)
    {
        // Read, then written: without the locks transfers would be lost.
        await using (await entities.LockEntitiesAsync(from, to))
        {
            var has = await entities.CallEntityAsync<int>(from, "get");
            var gets = await entities.CallEntityAsync<int>(to, "get");
            await entities.CallEntityAsync(from, "set", has - value);
            await entities.CallEntityAsync(to, "set", gets + value);
        }
    }
}
