using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.Benchmarks;

/// <summary>An orchestrator that calls an activity and ends, and one that waits for an event for a year.</summary>
internal sealed class HubFunctions : IDurableFunctionInvoker
{
    public const string Short = "Short";
    public const string Waiting = "Waiting";
    private const string Activity = "Echo";

    public bool HasOrchestrator(string name) => name is Short or Waiting;

    public bool HasActivity(string name) => name == Activity;

    public async Task<object?> RunOrchestratorAsync(string name, TaskOrchestrationContext context, string? inputJson) => name == Short
        ? await context.CallActivityAsync<string>(Activity, context.GetInput<string>())
        : await context.WaitForExternalEvent<string>("go", TimeSpan.FromDays(365));

    public Task<object?> RunActivityAsync(string name, TaskActivityContext context, string? inputJson, CancellationToken cancellationToken) =>
        Task.FromResult<object?>(inputJson);
}
