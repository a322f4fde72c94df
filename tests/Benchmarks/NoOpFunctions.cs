using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.Benchmarks;

/// <summary>Two orchestrators, one that calls an activity n times at once and one that does so n times in turn, and the activity, which does nothing.</summary>
internal sealed class NoOpFunctions : IDurableFunctionInvoker
{
    public const string FanOut = "FanOut";
    public const string Sequence = "Sequence";
    private const string Activity = "NoOp";

    public bool HasOrchestrator(string name) => name is FanOut or Sequence;

    public bool HasActivity(string name) => name == Activity;

    public async Task<object?> RunOrchestratorAsync(string name, TaskOrchestrationContext context, string? inputJson)
    {
        var count = context.GetInput<int>();
        if (name == FanOut)
            return (await Task.WhenAll(Enumerable.Range(0, count).Select(i => context.CallActivityAsync<int>(Activity, i)))).Length;
        for (var i = 0; i < count; i++)
            await context.CallActivityAsync<int>(Activity, i);
        return count;
    }

    public Task<object?> RunActivityAsync(string name, TaskActivityContext context, string? inputJson, CancellationToken cancellationToken) =>
        Task.FromResult<object?>(0);
}
