using System.Text.Json;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Entities;
using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Converters;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Orchestrators, activities and entities given as lambdas.</summary>
internal sealed class InMemoryFunctions : IDurableFunctionInvoker
{
    private static readonly IServiceProvider NoServices = new ServiceCollection().BuildServiceProvider();

    private readonly Dictionary<string, Func<TaskOrchestrationContext, Task<object?>>> orchestrators = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Func<TaskActivityContext, string?, CancellationToken, Task<object?>>> activities =
        new(StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<string, Func<TaskEntityDispatcher, Task>> entities = new(StringComparer.OrdinalIgnoreCase);

    public InMemoryFunctions Orchestrator(string name, Func<TaskOrchestrationContext, Task<object?>> body)
    {
        orchestrators[name] = body;
        return this;
    }

    public InMemoryFunctions Activity<TInput>(string name, Func<TInput, object?> body)
    {
        activities[name] = (_, json, _) => Task.FromResult(body(JsonDataConverter.Default.Deserialize<TInput>(json)!));
        return this;
    }

    public InMemoryFunctions AsyncActivity<TInput>(string name, Func<TInput, CancellationToken, Task<object?>> body)
    {
        activities[name] = (_, json, cancellation) => body(JsonDataConverter.Default.Deserialize<TInput>(json)!, cancellation);
        return this;
    }

    /// <summary>An activity that is told which call it is.</summary>
    public InMemoryFunctions CountedActivity<TInput>(string name, Func<RunningWork, TInput, object?> body)
    {
        activities[name] = (context, json, _) =>
            Task.FromResult(body(((LocalActivityContext)context).Call, JsonDataConverter.Default.Deserialize<TInput>(json)!));
        return this;
    }

    public InMemoryFunctions Entity<TEntity>(string name)
        where TEntity : ITaskEntity => Entity(name, dispatcher => dispatcher.DispatchAsync<TEntity>());

    public InMemoryFunctions Entity(string name, Func<TaskEntityDispatcher, Task> function)
    {
        entities[name] = function;
        return this;
    }

    public bool HasOrchestrator(string name) => orchestrators.ContainsKey(name);

    public bool HasActivity(string name) => activities.ContainsKey(name);

    public bool HasEntity(string name) => entities.ContainsKey(name);

    public Task RunEntityAsync(string name, EntityBatch batch) => entities[name](new TaskEntityDispatcher(batch, NoServices));

    public Task<object?> RunOrchestratorAsync(string name, TaskOrchestrationContext context, string? inputJson) => orchestrators[name](context);

    public async Task<object?> RunActivityAsync(string name, TaskActivityContext context, string? inputJson, CancellationToken cancellationToken) =>
        await activities[name](context, inputJson, cancellationToken);
}
