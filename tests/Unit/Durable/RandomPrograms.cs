using System.Collections.Concurrent;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Random orchestrations: programs of steps that one orchestrator interprets, with outputs that are known beforehand.</summary>
internal static class RandomPrograms
{
    public const string Orchestrator = "Program";

    public enum StepKind
    {
        Activity,
        FanOut,
        Flaky,
        Failing,
        Timer,
        Child,
        Status,
        Guid,
        CancelledTimer,
        OwnEvent,
        EventTimeout,
        Entity,
    }

    public sealed record Step(StepKind Kind, int Value, List<Step>? Nested);

    public static InMemoryFunctions Functions()
    {
        var attempts = new ConcurrentDictionary<string, int>();
        return new InMemoryFunctions()
            .Activity<int>("Square", value => value * value)
            .Activity<string>("Flaky", key => attempts.AddOrUpdate(key, 1, (_, count) => count + 1) < 3 ? throw new InvalidOperationException("again") : 1)
            .Activity<int>("Failing", value => throw new ArgumentException($"no {value}"))
            .Entity<Tally>("Tally")
            .Orchestrator(Orchestrator, RunAsync);
    }

    /// <param name="random">What decides.</param>
    /// <param name="depth">How deep children nest.</param>
    /// <param name="first">Steps that the program, and each child, begins with.</param>
    public static List<Step> Generate(Random random, int depth, params Step[] first)
    {
        var steps = new List<Step>(first);
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var kind = (StepKind)random.Next(0, Enum.GetValues<StepKind>().Length);
            if (kind == StepKind.Child && depth == 0)
                kind = StepKind.FanOut;
            steps.Add(new Step(kind, random.Next(1, 8), kind == StepKind.Child ? Generate(random, depth - 1, first) : null));
        }

        return steps;
    }

    /// <summary>What the program gives.</summary>
    public static long Expected(List<Step> steps)
    {
        long sum = 0;
        foreach (var step in steps)
        {
            sum = (sum * 31) + step.Kind switch
            {
                StepKind.Activity => step.Value * step.Value,
                StepKind.FanOut => Enumerable.Range(0, step.Value).Sum(i => i * i),
                StepKind.Child => Expected(step.Nested!),
                StepKind.Failing => -7,
                _ => 1,
            };
        }

        return sum;
    }

    public static async Task<object?> RunAsync(TaskOrchestrationContext context)
    {
        var steps = context.GetInput<List<Step>>()!;
        long sum = 0;
        foreach (var step in steps)
            sum = (sum * 31) + await RunStepAsync(context, step);
        return sum;
    }

    private static async Task<long> RunStepAsync(TaskOrchestrationContext context, Step step)
    {
        switch (step.Kind)
        {
            case StepKind.Activity:
                return await context.CallActivityAsync<int>("Square", step.Value);
            case StepKind.FanOut:
                return (await Task.WhenAll(Enumerable.Range(0, step.Value).Select(i => context.CallActivityAsync<int>("Square", i)))).Sum();
            case StepKind.Flaky:
                return await context.CallActivityAsync<int>(
                    "Flaky", context.NewGuid().ToString(), TaskOptions.FromRetryPolicy(new RetryPolicy(4, TimeSpan.FromMilliseconds(1))));
            case StepKind.Failing:
                try
                {
                    return await context.CallActivityAsync<int>("Failing", step.Value);
                }
                catch (TaskFailedException)
                {
                    return -7;
                }

            case StepKind.Timer:
                await context.CreateTimer(TimeSpan.FromMilliseconds(step.Value), CancellationToken.None);
                return 1;
            case StepKind.Child:
                return await context.CallSubOrchestratorAsync<long>(Orchestrator, step.Nested);
            case StepKind.Status:
                context.SetCustomStatus(step.Value);
                return 1;
            case StepKind.Guid:
                return context.NewGuid() == Guid.Empty ? 0 : 1;
            case StepKind.OwnEvent:
                context.SendEvent(context.InstanceId, "own", step.Value);
                return await context.WaitForExternalEvent<int>("OWN") == step.Value ? 1 : 0;
            case StepKind.Entity:
                var tally = new EntityInstanceId("Tally", context.NewGuid().ToString("N"));
                await context.Entities.SignalEntityAsync(tally, "add", step.Value);
                await using (await context.Entities.LockEntitiesAsync(tally))
                {
                    await context.Entities.CallEntityAsync(tally, "add", 1);
                    return await context.Entities.CallEntityAsync<int>(tally, "get") == step.Value + 1 ? 1 : 0;
                }

            case StepKind.EventTimeout:
                try
                {
                    return await context.WaitForExternalEvent<int>("never", TimeSpan.FromMilliseconds(step.Value));
                }
                catch (TaskCanceledException)
                {
                    return 1;
                }

            default:
                using (var cancellation = new CancellationTokenSource())
                {
                    var timer = context.CreateTimer(TimeSpan.FromHours(1), cancellation.Token);
                    await context.CallActivityAsync<int>("Square", 1);
#pragma warning disable CA1849 // CancelAsync would leave the orchestration's thread.
                    cancellation.Cancel();
#pragma warning restore CA1849
                    return timer.IsCanceled ? 1 : 0;
                }
        }
    }
}
