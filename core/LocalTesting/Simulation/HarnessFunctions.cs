using Iml4e.LocalRuntime.Durable;

namespace Iml4e.LocalRuntime.Testing.Simulation;

/// <summary>The orchestrators of a catalogue, for the engine's code; what is not in it is the script's affair, and so never unknown.</summary>
/// <param name="catalog">The orchestrators.</param>
/// <param name="wrap">What an orchestrator is given in place of its context.</param>
internal sealed class HarnessFunctions(OrchestratorCatalog catalog, Func<TaskOrchestrationContext, TaskOrchestrationContext>? wrap = null)
    : IDurableFunctionInvoker
{
    public bool HasOrchestrator(string name) => true;

    public bool HasActivity(string name) => true;

    public Task<object?> RunOrchestratorAsync(string name, TaskOrchestrationContext context, string? inputJson) =>
        catalog.RunAsync(name, wrap?.Invoke(context) ?? context, inputJson);

    public Task<object?> RunActivityAsync(string name, TaskActivityContext context, string? inputJson, CancellationToken cancellationToken) =>
        throw new InvalidOperationException($"Activity '{name}' is answered by its script.");
}
