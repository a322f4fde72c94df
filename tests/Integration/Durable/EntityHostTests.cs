using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.LocalRuntime.Hosting.Security;
using Iml4e.LocalRuntime.Worker;
using Iml4e.Tests.Integration.LocalRuntime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Iml4e.Tests.Integration.Durable;

/// <summary>Entities through the whole host: functions, middleware, dependencies, and their rows of the management API.</summary>
public sealed class EntityHostTests : IAsyncLifetime
{
    private const string Entities = "/runtime/webhooks/durabletask/entities";

    private readonly EntityFunctions.OperationLog log = new();
    private readonly ConcurrentQueue<string> invoked = new();
    private FunctionApp app = null!;

    public async Task InitializeAsync() => app = await FunctionApp.StartAsync(
        [typeof(EntityFunctions), typeof(Lamp)],
        configure: builder =>
        {
            builder.Services.AddSingleton(log);
            builder.UseMiddleware(async (context, next) =>
            {
                invoked.Enqueue(context.FunctionDefinition.Name);
                await next();
            });
        });

    public async Task DisposeAsync() => await app.DisposeAsync();

    [Fact]
    public async Task AnOrchestrationCountsUnderALock()
    {
        using var first = await app.Client.PostAsync("api/count/Visits", null);
        using var second = await app.Client.PostAsync("api/count/Visits", null);
        Assert.Equal(("2", "4"), (await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync()));
        Assert.Equal(["@counter@Visits add 2", "@counter@Visits add 2"], log.Notes);
        Assert.Contains("Counter", invoked);
        var read = (await app.Client.GetFromJsonAsync<JsonObject>("api/count/Visits"))!;
        Assert.Equal(("@counter@Visits", 4), (read["id"]!.GetValue<string>(), read["state"]!.GetValue<int>()));
        Assert.Equal(HttpStatusCode.NotFound, (await app.Client.GetAsync("api/count/visits")).StatusCode);
    }

    [Fact]
    public async Task TheRowsAskForTheSystemKey()
    {
        foreach (var path in new[] { "", "/counter", "/counter/k" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await app.Client.GetAsync(Entities + path)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await app.Client.PostAsync(Entities + "/counter/k?op=add", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await app.Client.DeleteAsync(Entities + "/counter/k")).StatusCode);
    }

    [Fact]
    public async Task AnEntityIsSignalledReadAndDeleted()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Get, "/counter/k")).Code);
        Assert.Equal(HttpStatusCode.Accepted, (await SendAsync(HttpMethod.Post, "/COUNTER/k?op=ADD", "5")).Code);
        await UntilStateAsync("/Counter/k", "5");
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Get, "/counter/K")).Code);
        Assert.Equal(HttpStatusCode.Accepted, (await SendAsync(HttpMethod.Delete, "/counter/k")).Code);
        await UntilStateAsync("/Counter/k", null);

        Assert.Equal(HttpStatusCode.Accepted, (await SendAsync(HttpMethod.Post, "/thermostat/hall?op=raise")).Code);
        await UntilStateAsync("/thermostat/hall", """{"Target":20.5,"Note":null}""");
        Assert.Equal(HttpStatusCode.Accepted, (await SendAsync(HttpMethod.Post, "/thermostat/hall?op=remark", "too {cold", "text/plain")).Code);
        await UntilStateAsync("/thermostat/hall", """{"Target":20.5,"Note":"too {cold"}""");
        Assert.Equal(HttpStatusCode.Accepted, (await SendAsync(HttpMethod.Post, "/lamp/$?op=switch")).Code);
        await UntilStateAsync("/lamp/$", "true");
    }

    [Theory]
    [InlineData("POST", "/counter/k?op=add", "{not json", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/counter/k?op=add", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/nobody/k?op=add", "1", HttpStatusCode.NotFound)]
    [InlineData("POST", "/RunThermostat/k?op=raise", null, HttpStatusCode.NotFound)]
    [InlineData("DELETE", "/nobody/k", null, HttpStatusCode.NotFound)]
    [InlineData("POST", "/counter/a%23b?op=add", "1", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/coun@ter/k?op=add", "1", HttpStatusCode.BadRequest)]
    [InlineData("GET", "/coun@ter/k", null, HttpStatusCode.BadRequest)]
    [InlineData("GET", "/counter/a%3Fb", null, HttpStatusCode.BadRequest)]
    [InlineData("GET", "/nobody/k", null, HttpStatusCode.NotFound)]
    [InlineData("GET", "/counter?top=0", null, HttpStatusCode.BadRequest)]
    [InlineData("GET", "?top=many", null, HttpStatusCode.BadRequest)]
    [InlineData("GET", "?fetchState=perhaps", null, HttpStatusCode.BadRequest)]
    [InlineData("GET", "?lastOperationTimeFrom=yesterday", null, HttpStatusCode.BadRequest)]
    [InlineData("GET", "?lastOperationTimeTo=tomorrow", null, HttpStatusCode.BadRequest)]
    [InlineData("GET", "/nobody", null, HttpStatusCode.OK)]
    public async Task WhatCannotBeDoneIsTold(string method, string path, string? body, HttpStatusCode expected)
    {
        var (code, text) = await SendAsync(new HttpMethod(method), path, body);
        Assert.Equal(expected, code);
        if (code == HttpStatusCode.BadRequest)
            Assert.NotEmpty(JsonNode.Parse(text)!["detail"]!.GetValue<string>());
    }

    [Fact]
    public async Task AnInputThatIsTooLargeIsRefused() => Assert.Equal(
        HttpStatusCode.BadRequest, (await SendAsync(HttpMethod.Post, "/counter/k?op=add", "\"" + new string('x', 1_100_000) + "\"")).Code);

    [Fact]
    public async Task EntitiesAreListedByPages()
    {
        for (var i = 0; i < 5; i++)
            await SendAsync(HttpMethod.Post, $"/counter/ä{i}?op=add", $"{i}");
        await SendAsync(HttpMethod.Post, "/lamp/\"?op=switch");
        await UntilStateAsync("/counter/ä4", "4");
        await UntilStateAsync("/lamp/\"", "true");

        var keys = new List<string>();
        string? token = null;
        do
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Entities + "/Counter?top=2&fetchState=true&code=" + Key);
            if (token is not null)
                request.Headers.Add("x-ms-continuation-token", token);
            using var response = await app.Client.SendAsync(request);
            foreach (var entity in (await response.Content.ReadFromJsonAsync<JsonArray>())!)
            {
                Assert.Equal("counter", entity!["entityId"]!["name"]!.GetValue<string>());
                Assert.EndsWith("Z", entity["lastOperationTime"]!.GetValue<string>(), StringComparison.Ordinal);
                keys.Add($"{entity["entityId"]!["key"]} {entity["state"]}");
            }

            token = response.Headers.TryGetValues("x-ms-continuation-token", out var tokens) ? tokens.Single() : null;
        }
        while (token is not null);
        Assert.Equal(["ä0 0", "ä1 1", "ä2 2", "ä3 3", "ä4 4"], keys);

        var all = JsonNode.Parse((await SendAsync(HttpMethod.Get, "")).Text)!.AsArray();
        Assert.Equal(6, all.Count);
        Assert.All(all, entity => Assert.False(entity!.AsObject().ContainsKey("state")));
        Assert.Empty(JsonNode.Parse((await SendAsync(HttpMethod.Get, "?lastOperationTimeFrom=2090-01-01")).Text)!.AsArray());
        Assert.Empty(JsonNode.Parse((await SendAsync(HttpMethod.Get, "/count")).Text)!.AsArray());
        using var strange = new HttpRequestMessage(HttpMethod.Get, Entities + "?code=" + Key);
        strange.Headers.Add("x-ms-continuation-token", "strange");
        Assert.Equal(HttpStatusCode.BadRequest, (await app.Client.SendAsync(strange)).StatusCode);
    }

    private string Key => app.Host.Services.GetRequiredService<FunctionKeys>().SystemKey(FunctionKeys.DurableTaskExtension);

    private async Task<(HttpStatusCode Code, string Text)> SendAsync(HttpMethod method, string path, string? body = null, string mediaType = "application/json")
    {
        using var request = new HttpRequestMessage(method, Entities + path);
        request.Headers.Add("x-functions-key", Key);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, mediaType);
        using var response = await app.Client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Waits until an entity has a state, or none when null is waited for.</summary>
    private async Task UntilStateAsync(string path, string? expected)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var (code, text) = await SendAsync(HttpMethod.Get, path);
            if (expected is null ? code == HttpStatusCode.NotFound : code == HttpStatusCode.OK && text == expected)
                return;
            await Task.Delay(10, limit.Token);
        }
    }
}
