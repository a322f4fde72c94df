using System.Collections.Concurrent;
using System.Diagnostics;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;

namespace Iml4e.Tests.Integration.LocalRuntime;

/// <summary>The trace contexts that functions of each kind were given, by function.</summary>
public sealed class SeenTraces
{
    public ConcurrentDictionary<string, (string Parent, string State)> ByFunction { get; } = new();

    public void See(FunctionContext context) =>
        ByFunction[context.FunctionDefinition.Name] = (context.TraceContext.TraceParent, context.TraceContext.TraceState);
}

public sealed class TracedFunctions(SeenTraces seen, ILogger<TracedFunctions> logger)
{
    [Function(nameof(StartTraced))]
    public async Task<IActionResult> StartTraced(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post")] HttpRequest request, [DurableClient] DurableTaskClient client, FunctionContext context)
    {
        seen.See(context);
        var id = await client.ScheduleNewOrchestrationInstanceAsync(nameof(Traced), request.HttpContext.RequestAborted);
        await client.WaitForInstanceCompletionAsync(id, request.HttpContext.RequestAborted);
        return new OkResult();
    }

    [Function(nameof(Traced))]
    public async Task Traced([OrchestrationTrigger] TaskOrchestrationContext orchestration, FunctionContext context)
    {
        seen.See(context);
        await orchestration.CallActivityAsync(nameof(TracedActivity), "x");
        await orchestration.Entities.CallEntityAsync(new EntityInstanceId(nameof(TracedEntity), "k"), "touch");
    }

    [Function(nameof(TracedActivity))]
    public void TracedActivity([ActivityTrigger] string input, FunctionContext context)
    {
        seen.See(context);
        logger.LogInformation("The activity says {Input}", input);
    }

    [Function(nameof(TracedEntity))]
    public Task TracedEntity([EntityTrigger] TaskEntityDispatcher dispatcher, FunctionContext context)
    {
        seen.See(context);
        return dispatcher.DispatchAsync(_ => new ValueTask<object?>(Activity.Current?.OperationName));
    }
}
