using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Iml4e.Tests.Integration.LocalRuntime;

public sealed class GreetingFunctions(Greeter greeter)
{
    [Function("StartGreetings")]
    public static async Task<HttpResponseData> Start(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post")] HttpRequestData request, [DurableClient] DurableTaskClient client, CancellationToken cancellation)
    {
        var names = await request.ReadFromJsonAsync<string[]>(cancellation);
        var id = await client.ScheduleNewOrchestrationInstanceAsync(nameof(Greetings), names, cancellation);
        return await client.CreateCheckStatusResponseAsync(request, id, cancellation);
    }

    [Function("WaitForGreetings")]
    public static async Task<IActionResult> Wait(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "greetings/{id}")] HttpRequest request, [DurableClient] DurableTaskClient client, string id)
        => new OkObjectResult((await client.WaitForInstanceCompletionAsync(id, true, request.HttpContext.RequestAborted)).ReadOutputAs<string[]>());

    [Function(nameof(Greetings))]
    public static async Task<string[]> Greetings([OrchestrationTrigger] TaskOrchestrationContext context, string[] names)
    {
        var greetings = await Task.WhenAll(names.Select(name => context.CallActivityAsync<string>(nameof(Greet), name)));
        await context.CreateTimer(TimeSpan.FromMilliseconds(10), CancellationToken.None);
        return greetings;
    }

    [Function(nameof(Greet))]
    public string Greet([ActivityTrigger] string name)
    {
        greeter.Count();
        return "hello " + name;
    }
}

public sealed class EndlessFunctions
{
    [Function(nameof(Endless))]
    public static async Task<string> Endless([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        try
        {
            await context.CallActivityAsync(nameof(Idle));
            return "ended";
        }
        catch (TaskFailedException failed)
        {
            return failed.FailureDetails.ErrorMessage;
        }
    }

    [Function(nameof(Idle))]
    public static Task Idle([ActivityTrigger] string? input, CancellationToken cancellation) => Task.Delay(Timeout.Infinite, cancellation);
}

/// <summary>Starter, orchestrator and activities through the whole host.</summary>
public sealed class DurableHostTests
{
    [Fact]
    public async Task A_starter_an_orchestrator_and_its_activities_run_over_HTTP()
    {
        var greeter = new Greeter();
        await using var app = await FunctionApp.StartAsync([typeof(GreetingFunctions)], configure: builder =>
        {
            builder.Services.AddSingleton(greeter);
            builder.UseMiddleware(async (context, next) =>
            {
                context.Items["seen"] = true;
                await next();
            });
        });
        var started = await app.Client.PostAsJsonAsync("api/StartGreetings", new[] { "ann", "bob" });
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        var payload = JsonDocument.Parse(await started.Content.ReadAsStringAsync()).RootElement;
        var id = payload.GetProperty("id").GetString();
        Assert.Equal("""["hello ann","hello bob"]""", await app.Client.GetStringAsync($"api/greetings/{id}"));
        Assert.Equal(2, greeter.Created);

        var statusUri = new Uri(payload.GetProperty("statusQueryGetUri").GetString()!);
        Assert.Equal(started.Headers.Location, statusUri);
        var status = JsonDocument.Parse(await app.Client.GetStringAsync(statusUri)).RootElement;
        Assert.Equal("Completed", status.GetProperty("runtimeStatus").GetString());
        Assert.Equal(HttpStatusCode.Unauthorized, (await app.Client.GetAsync(statusUri.GetLeftPart(UriPartial.Path))).StatusCode);
    }

    [Fact]
    public async Task An_activity_that_takes_longer_than_the_limit_of_functions_is_cancelled_and_fails()
    {
        await using var app = await FunctionApp.StartAsync(
            [typeof(EndlessFunctions)], new Dictionary<string, string> { ["AzureFunctionsJobHost:functionTimeout"] = "00:00:00.3" });
        var client = app.Host.Services.GetRequiredService<DurableTaskClient>();
        var id = await client.ScheduleNewOrchestrationInstanceAsync(nameof(EndlessFunctions.Endless));
        var instance = await client.WaitForInstanceCompletionAsync(id, true, new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token);
        Assert.Equal("Function 'Idle' ran longer than the 00:00:00.3000000 that functionTimeout allows.", instance.ReadOutputAs<string>());
    }
}
