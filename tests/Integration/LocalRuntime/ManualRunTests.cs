using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.Tests.Integration.LocalRuntime;

/// <summary>What was run, in the order that it happened.</summary>
public sealed class Journal
{
    public ConcurrentQueue<string> Lines { get; } = new();
}

public sealed record Delivery(string Item, int Count);

public sealed class Stock : TaskEntity<int>
{
    public void Add(int amount) => State += amount;
}

public sealed class ByHandFunctions(Journal journal)
{
    [Function("Shelf")]
    public static Task Shelf([EntityTrigger] TaskEntityDispatcher dispatcher) => dispatcher.DispatchAsync<Stock>();

    [Function(nameof(Plain))]
    public static async Task<string> Plain([OrchestrationTrigger] TaskOrchestrationContext context, string? name)
        => $"{name} {await context.CallActivityAsync<int>(nameof(Pack), new Delivery("nut", 2))}";

    [Function(nameof(Typed))]
    public static Task<int> Typed([OrchestrationTrigger(Orchestration = "typed-one")] TaskOrchestrationContext context, Delivery delivery)
        => Task.FromResult(delivery.Count);

    [Function(nameof(Untyped))]
    public static Task<JsonElement> Untyped([OrchestrationTrigger] TaskOrchestrationContext context) => Task.FromResult(context.GetInput<JsonElement>());

    [Function(nameof(Pack))]
    public int Pack([ActivityTrigger] Delivery delivery, string instanceId)
    {
        journal.Lines.Enqueue($"packed {delivery.Count} {delivery.Item} for {instanceId[..7]}");
        return delivery.Count < 0 ? throw new InvalidOperationException("nothing to pack") : delivery.Count;
    }

    [Function(nameof(Shout))]
    public void Shout([ActivityTrigger] string? text) => journal.Lines.Enqueue("shouted " + (text ?? "nothing"));

    [Function(nameof(Receive))]
    public async Task<IResult> Receive([HttpTrigger(AuthorizationLevel.Function, "get", "post", Route = "receive/{part?}")] HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        journal.Lines.Enqueue($"{request.Method} {request.Path} {await reader.ReadToEndAsync()}");
        return Results.Ok();
    }

    [Function(nameof(Routed))]
    public static string Routed([HttpTrigger(AuthorizationLevel.Function, "get", Route = "routed/{id}")] HttpRequest request, string id) => id;
}

/// <summary>POST /admin/functions/{name}.</summary>
public sealed class ManualRunTests
{
    private readonly Journal journal = new();

    [Fact]
    public async Task An_orchestrator_becomes_an_instance_whose_address_is_given()
    {
        await using var app = await StartAsync();
        Assert.Equal("\"ann 2\"", await OutputAsync(app, "Plain", """{"input": "ann"}"""));
        Assert.Equal("\" 2\"", await OutputAsync(app, "Plain", ""));
        Assert.Equal("3", await OutputAsync(app, "typed", """{"input": {"Item": "bolt", "Count": 3}}"""));

        // As in the real host the input may be a text that holds JSON.
        Assert.Equal("4", await OutputAsync(app, "Typed", """{"input": "{\"Item\": \"bolt\", \"Count\": 4}"}"""));
        Assert.Equal("[1]", await OutputAsync(app, "Untyped", """{"input": "[1]"}"""));
        Assert.Equal("\"plain text\"", await OutputAsync(app, "Untyped", """{"input": "plain text"}"""));
    }

    [Fact]
    public async Task An_activity_runs_once_by_itself()
    {
        await using var app = await StartAsync();
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(app, "Pack", """{"input": {"Item": "nut", "Count": 7}}""")).StatusCode);
        await FunctionApp.UntilAsync(() => journal.Lines.Contains("packed 7 nut for manual-"), "the activity");
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(app, "Pack", """{"input": {"Item": "nut", "Count": -1}}""")).StatusCode);
        await FunctionApp.UntilAsync(() => journal.Lines.Contains("packed -1 nut for manual-"), "the activity that fails");
        await PostAsync(app, "Shout", """{"input": "5"}""");
        await FunctionApp.UntilAsync(() => journal.Lines.Contains("shouted 5"), "the text, which is none of JSON");
        await PostAsync(app, "Shout", "{}");
        await FunctionApp.UntilAsync(() => journal.Lines.Contains("shouted nothing"), "the run without an input");
        Assert.Equal(4, journal.Lines.Count);
    }

    [Fact]
    public async Task An_entity_is_signalled()
    {
        await using var app = await StartAsync();
        foreach (var amount in new[] { 2, 3 })
        {
            var response = await PostAsync(app, "Shelf", $$"""{ "input": { "key": "Nuts", "operation": "add", "input": {{amount}} } }""");
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        }

        await FunctionApp.UntilAsync(
            () =>
            {
                using var state = app.Client.GetAsync("runtime/webhooks/durabletask/entities/Shelf/Nuts?code=" + app.MasterKey).GetAwaiter().GetResult();
                return state.Content.ReadAsStringAsync().GetAwaiter().GetResult() == "5";
            },
            "the entity");
    }

    [Fact]
    public async Task An_HTTP_function_runs_by_a_request_of_its_own()
    {
        await using var app = await StartAsync();
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(app, "Receive", """{"input": "hello"}""")).StatusCode);
        await FunctionApp.UntilAsync(() => journal.Lines.Contains("POST /api/receive hello"), "the request");
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(app, "Routed", """{"input": "hello"}""")).StatusCode);
    }

    [Theory]
    [InlineData("Typed", "not json")]
    [InlineData("Typed", "[1]")]
    [InlineData("Typed", "\"text\"")]
    [InlineData("Typed", """{"input": 5}""")]
    [InlineData("Typed", """{"input": "no JSON"}""")]
    [InlineData("Pack", """{"input": "[]"}""")]
    [InlineData("Pack", """{"input": {"Item": "nut", "Count": "many"}}""")]
    [InlineData("Shout", """{"input": 5}""")]
    [InlineData("Shout", """{"input": "\ud800"}""")]
    [InlineData("Shelf", """{"input": "add"}""")]
    [InlineData("Shelf", """{"input": {"key": "Nuts"}}""")]
    [InlineData("Shelf", """{"input": {"key": 1, "operation": "add"}}""")]
    public async Task An_input_that_does_not_fit_is_400(string function, string body)
    {
        await using var app = await StartAsync();
        var response = await PostAsync(app, function, body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Empty(journal.Lines);
    }

    [Fact]
    public async Task Nobody_runs_a_function_without_the_master_key_and_nothing_that_is_not_there()
    {
        await using var app = await StartAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await app.Client.PostAsync("admin/functions/Pack", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(app, "Nowhere", "{}")).StatusCode);
    }

    private static async Task<HttpResponseMessage> PostAsync(FunctionApp app, string function, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "admin/functions/" + function);
        request.Headers.Add("x-functions-key", app.MasterKey);
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await app.Client.SendAsync(request);
    }

    private static async Task<string> OutputAsync(FunctionApp app, string function, string body)
    {
        var response = await PostAsync(app, function, body);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var payload = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(response.Headers.Location!.ToString(), payload.GetProperty("statusQueryGetUri").GetString());
        Assert.NotEmpty(payload.GetProperty("id").GetString()!);
        JsonElement status = default;
        await FunctionApp.UntilAsync(
            () => (status = JsonDocument.Parse(app.Client.GetStringAsync(response.Headers.Location).GetAwaiter().GetResult()).RootElement)
                .GetProperty("runtimeStatus").GetString() is "Completed" or "Failed",
            "the instance");
        return status.GetProperty("output").GetRawText();
    }

    private Task<FunctionApp> StartAsync()
        => FunctionApp.StartAsync([typeof(ByHandFunctions)], configure: builder => builder.Services.AddSingleton(journal));
}
