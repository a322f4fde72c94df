using System.Collections.Concurrent;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Iml4e.Tests.Integration.Durable;

/// <summary>Entities as an app declares them: by a type that gets its dependencies, by its state, by the function's own class.</summary>
public static class EntityFunctions
{
    [Function(nameof(Counter))]
    public static Task Counter([EntityTrigger] TaskEntityDispatcher dispatcher, FunctionContext context)
    {
        _ = context.InvocationId;
        return dispatcher.DispatchAsync<CounterEntity>();
    }

    [Function("RunThermostat")]
    public static Task Thermostat([EntityTrigger(EntityName = "Thermostat")] TaskEntityDispatcher dispatcher) =>
        dispatcher.DispatchAsync<ThermostatState>();

    [Function(nameof(CountUp))]
    public static async Task<int> CountUp([OrchestrationTrigger] TaskOrchestrationContext context, string key)
    {
        var counter = new EntityInstanceId(nameof(Counter), key);
        await using (await context.Entities.LockEntitiesAsync(counter))
        {
            await context.Entities.CallEntityAsync(counter, "add", 2);
            return await context.Entities.CallEntityAsync<int>(counter, "Get");
        }
    }

    [Function("StartCounting")]
    public static async Task<IActionResult> Start(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "count/{key}")] HttpRequest request, [DurableClient] DurableTaskClient client, string key)
    {
        var id = await client.ScheduleNewOrchestrationInstanceAsync(nameof(CountUp), key, request.HttpContext.RequestAborted);
        return new OkObjectResult((await client.WaitForInstanceCompletionAsync(id, true, request.HttpContext.RequestAborted)).ReadOutputAs<int>());
    }

    [Function("ReadCounter")]
    public static async Task<IActionResult> Read(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "count/{key}")] HttpRequest request, [DurableClient] DurableTaskClient client, string key) =>
        await client.Entities.GetEntityAsync<int>(new EntityInstanceId(nameof(Counter), key), request.HttpContext.RequestAborted) is { } counter
            ? new OkObjectResult(counter)
            : new NotFoundResult();

    public sealed class CounterEntity(OperationLog log) : TaskEntity<int>
    {
        public void Add(int value, TaskEntityContext context)
        {
            State += value;
            log.Note($"{context.Id} add {value}");
        }

        public int Get() => State;
    }

    public sealed class ThermostatState
    {
        public double Target { get; set; } = 20;

        public string? Note { get; set; }

        public void Raise(double by = 0.5) => Target += by;

        public void Remark(string text) => Note = text;
    }

    /// <summary>What was carried out, of all invocations.</summary>
    public sealed class OperationLog
    {
        private readonly ConcurrentQueue<string> notes = new();

        public IReadOnlyCollection<string> Notes => notes;

        public void Note(string text) => notes.Enqueue(text);
    }
}

/// <summary>An entity that is the class of its own function.</summary>
public sealed class Lamp : TaskEntity<bool>
{
    [Function(nameof(Lamp))]
    public Task Dispatch([EntityTrigger] TaskEntityDispatcher dispatcher) => dispatcher.DispatchAsync(this);

    public bool Switch() => State = !State;
}
