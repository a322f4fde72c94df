using Iml4e.LocalRuntime.Durable.Entities;
using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>Runs the app's orchestrators, activities and entities for the engine; names match whatever their case.</summary>
internal interface IDurableFunctionInvoker
{
    bool HasOrchestrator(string name);

    bool HasActivity(string name);

    /// <summary>Runs an orchestrator; must not leave the calling thread on its own account.</summary>
    Task<object?> RunOrchestratorAsync(string name, TaskOrchestrationContext context, string? inputJson);

    Task<object?> RunActivityAsync(string name, TaskActivityContext context, string? inputJson, CancellationToken cancellationToken);

    bool HasEntity(string name) => false;

    /// <summary>Runs an entity's function, which dispatches the operations of the batch.</summary>
    Task RunEntityAsync(string name, EntityBatch batch) => throw new NotSupportedException("There are no entities here.");
}
