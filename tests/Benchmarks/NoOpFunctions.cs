using System.Diagnostics;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.Benchmarks;

/// <summary>
/// Orchestrators that call an activity n times at once, n times in turn, and once to tell the time; and the activities, which do nothing else.
/// </summary>
internal sealed class NoOpFunctions : IDurableFunctionInvoker
{
    public const string FanOut = "FanOut";
    public const string Sequence = "Sequence";
    public const string Clock = "Clock";
    private const string Activity = "NoOp";
    private const string Timestamp = "Timestamp";

    public bool HasOrchestrator(string name) => name is FanOut or Sequence or Clock;

    public bool HasActivity(string name) => name is Activity or Timestamp;

    public async Task<object?> RunOrchestratorAsync(string name, TaskOrchestrationContext context, string? inputJson)
    {
        if (name == Clock)
            return await context.CallActivityAsync<long>(Timestamp);
        var count = context.GetInput<int>();
        if (name == FanOut)
            return (await Task.WhenAll(Enumerable.Range(0, count).Select(i => context.CallActivityAsync<int>(Activity, i)))).Length;
        for (var i = 0; i < count; i++)
            await context.CallActivityAsync<int>(Activity, i);
        return count;
    }

    public Task<object?> RunActivityAsync(string name, TaskActivityContext context, string? inputJson, CancellationToken cancellationToken) =>
        Task.FromResult<object?>(name == Timestamp ? Stopwatch.GetTimestamp() : 0);
}
