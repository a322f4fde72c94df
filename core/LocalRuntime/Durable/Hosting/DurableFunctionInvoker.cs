using System.Collections.Frozen;
using Iml4e.LocalRuntime.Durable.Entities;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.Hosting;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Worker.Extensions.DurableTask.Http;

namespace Iml4e.LocalRuntime.Durable.Hosting;

/// <summary>Runs the orchestrators, activities and entities among the functions of the app, middleware included.</summary>
internal sealed class DurableFunctionInvoker(FunctionRegistry registry, FunctionInvoker invoker, HttpActivity http, DataConverter converter)
    : IDurableFunctionInvoker
{
    private readonly FrozenDictionary<string, FunctionDescriptor> orchestrators = ByName(registry, TriggerKind.Orchestration);
    private readonly FrozenDictionary<string, FunctionDescriptor> activities = ByName(registry, TriggerKind.Activity);
    private readonly FrozenDictionary<string, FunctionDescriptor> entities = ByName(registry, TriggerKind.Entity);

    public bool HasOrchestrator(string name) => orchestrators.ContainsKey(name);

    public bool HasActivity(string name) => name == HttpActivity.Name || activities.ContainsKey(name);

    public bool HasEntity(string name) => entities.ContainsKey(name);

    public Task<object?> RunOrchestratorAsync(string name, TaskOrchestrationContext context, string? inputJson) =>
        invoker.InvokeAsync(orchestrators[name], new DurableInvocation(context, inputJson), Data(context.InstanceId), CancellationToken.None).AsTask();

    public async Task<object?> RunActivityAsync(string name, TaskActivityContext context, string? inputJson, CancellationToken cancellationToken) =>
        name == HttpActivity.Name
            ? await http.RunAsync(converter.Deserialize<DurableHttpRequest>(inputJson)!, cancellationToken)
            : await invoker.InvokeAsync(activities[name], new DurableInvocation(context, inputJson), Data(context.InstanceId), cancellationToken);

    public Task RunEntityAsync(string name, EntityBatch batch) =>
        invoker.InvokeAsync(entities[name], batch, Data(batch.EntityId), batch.Stopping).AsTask();

    private static FrozenDictionary<string, FunctionDescriptor> ByName(FunctionRegistry registry, TriggerKind kind) =>
        registry.OfKind(kind).ToFrozenDictionary(function => function.DurableName, StringComparer.OrdinalIgnoreCase);

    private static Dictionary<string, object?> Data(string instanceId) => new(StringComparer.OrdinalIgnoreCase) { ["instanceId"] = instanceId };
}
