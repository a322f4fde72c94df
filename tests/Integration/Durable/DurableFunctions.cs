using System.Collections.Concurrent;
using System.Net;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Extensions.DurableTask.Http;
using Microsoft.Extensions.Primitives;

namespace Iml4e.Tests.Integration.Durable;

/// <summary>Durable functions as an app declares them.</summary>
public class DurableFunctions
{
    private static readonly ConcurrentDictionary<string, int> Tries = new(StringComparer.Ordinal);

    [Function(nameof(Greet))]
    public static async Task<string> Greet([OrchestrationTrigger] TaskOrchestrationContext context, string? name)
    {
        context.SetCustomStatus("greeting");
        return await context.CallActivityAsync<string>("SayHello", name) + " " + await context.CallActivityAsync<int>(nameof(Count), 41);
    }

    [Function(nameof(WaitFor))]
    public static async Task<int> WaitFor([OrchestrationTrigger] TaskOrchestrationContext context) => await context.WaitForExternalEvent<int>("number");

    [Function(nameof(Fail))]
    public static Task Fail([OrchestrationTrigger] TaskOrchestrationContext context) => context.CallActivityAsync(nameof(Broken));

    [Function(nameof(Ask))]
    public static async Task<string> Ask([OrchestrationTrigger] TaskOrchestrationContext context, HttpQuestion question)
    {
        var response = await context.CallHttpAsync(new DurableHttpRequest(HttpMethod.Parse(question.Method), new Uri(question.Address))
        {
            Content = question.Content,
            Headers = new Dictionary<string, StringValues> { ["X-Question"] = "why" },
            AsynchronousPatternEnabled = question.Follow,
            Timeout = TimeSpan.FromSeconds(question.Seconds),
            HttpRetryOptions = question.Attempts < 2 ? null : new HttpRetryOptions([HttpStatusCode.ServiceUnavailable])
            {
                MaxNumberOfAttempts = question.Attempts, FirstRetryInterval = TimeSpan.FromMilliseconds(10),
            },
        });
        return $"{(int)response.StatusCode} {response.Content} {response.Headers!["x-answer"]}";
    }

    /// <summary>An activity that works at the second attempt, a child, a short timer and an event to itself.</summary>
    [Function(nameof(Tour))]
    public static async Task<string> Tour([OrchestrationTrigger] TaskOrchestrationContext context, string name)
    {
        var retry = TaskOptions.FromRetryPolicy(new RetryPolicy(3, TimeSpan.FromMilliseconds(20)));
        var tries = await context.CallActivityAsync<int>(nameof(SecondTime), context.InstanceId, retry);
        var greeting = await context.CallSubOrchestratorAsync<string>(nameof(Greet), name);
        await context.CreateTimer(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        context.SendEvent(context.InstanceId, "note", 3);
        return $"{greeting} {tries} {await context.WaitForExternalEvent<int>("note")}";
    }

    /// <summary>An activity that fails for ever, with an hour between the tries.</summary>
    [Function(nameof(Retry))]
    public static Task Retry([OrchestrationTrigger] TaskOrchestrationContext context) =>
        context.CallActivityAsync(nameof(Broken), TaskOptions.FromRetryPolicy(new RetryPolicy(5, TimeSpan.FromHours(1))));

    /// <summary>As many activities as asked for, a hundred at a time.</summary>
    [Function(nameof(Wide))]
    public static async Task<int> Wide([OrchestrationTrigger] TaskOrchestrationContext context, int count)
    {
        for (var i = 0; i < count; i += 100)
            await Task.WhenAll(Enumerable.Range(i, Math.Min(100, count - i)).Select(n => context.CallActivityAsync<int>(nameof(Count), n)));
        return count;
    }

    [Function(nameof(SecondTime))]
    public int SecondTime([ActivityTrigger] string key) =>
        Tries.AddOrUpdate(key, 1, (_, count) => count + 1) is var tries and > 1 ? tries : throw new InvalidOperationException("the first time fails");

    [Function("Hello")]
    public string Hello([ActivityTrigger(Activity = "SayHello")] string? name, string instanceId) =>
        $"hello {name ?? "nobody"}" + (instanceId.Length > 0 ? "" : "!");

    [Function(nameof(Count))]
    public int Count([ActivityTrigger] int value, FunctionContext context, CancellationToken cancellationToken) =>
        value + (context.InvocationId.Length > 0 ? 1 : 0);

    [Function(nameof(Broken))]
    public void Broken([ActivityTrigger] TaskActivityContext context) => throw new InvalidOperationException($"{context.Name} is broken");
}
