using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.LocalRuntime.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Iml4e.Tests.Integration.Durable;

/// <summary>HTTP requests that orchestrations have made, against a real server.</summary>
public sealed class DurableHttpTests(DurableHost host) : IClassFixture<DurableHost>, IAsyncLifetime
{
    private readonly WebApplication server = Build();
    private int asked;

    public async Task InitializeAsync()
    {
        server.MapPost("/echo", async (HttpContext http) =>
        {
            using var reader = new StreamReader(http.Request.Body);
            http.Response.Headers["X-Answer"] = http.Request.Headers["X-Question"].ToString() + " " + http.Request.ContentType;
            await http.Response.WriteAsync(await reader.ReadToEndAsync());
        });
        server.MapGet("/slow", (HttpContext http) =>
        {
            Interlocked.Increment(ref asked);
            http.Response.StatusCode = StatusCodes.Status202Accepted;
            http.Response.Headers.Location = "/slow/state?n=1";
            http.Response.Headers.RetryAfter = "0";
        });
        server.MapGet("/slow/state", async (HttpContext http, int n) =>
        {
            Interlocked.Increment(ref asked);
            http.Response.Headers["X-Answer"] = http.Request.Headers["X-Question"];
            if (n < 3)
            {
                http.Response.StatusCode = StatusCodes.Status202Accepted;
                http.Response.Headers.Location = $"/slow/state?n={n + 1}";
                http.Response.Headers.RetryAfter = "0";
                return;
            }

            await http.Response.WriteAsync("done");
        });
        server.MapGet("/busy", async (HttpContext http) =>
        {
            http.Response.Headers["X-Answer"] = "at last";
            http.Response.StatusCode = Interlocked.Increment(ref asked) < 3 ? 503 : 200;
            await http.Response.WriteAsync("free");
        });
        server.MapGet("/never", (HttpContext http) => Task.Delay(Timeout.Infinite, http.RequestAborted));
        server.MapGet("/huge", (HttpContext http) => http.Response.WriteAsync(new string('x', 2_000_000)));
        await server.StartAsync();
    }

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public async Task TheRequestGoesOutAsGivenAndTheAnswerComesBackWhole()
    {
        var output = await AskAsync(new HttpQuestion("POST", Address("/echo")) { Content = "{\"a\":1}" });
        Assert.Equal("200 {\"a\":1} why application/json; charset=utf-8", output);
    }

    [Fact]
    public async Task AnAcceptedRequestIsFollowedUpAtItsLocation()
    {
        Assert.Equal("200 done why", await AskAsync(new HttpQuestion("GET", Address("/slow"))));
        Assert.Equal(4, asked);
    }

    [Fact]
    public async Task WithoutTheAsynchronousPatternTheFirstAnswerCounts()
    {
        var (_, status) = await RunAsync(new HttpQuestion("GET", Address("/slow")) { Follow = false });
        Assert.Equal(1, asked);
        Assert.Equal("Failed", (string?)status["runtimeStatus"]); // The first answer has no X-Answer, which the orchestrator reads.
    }

    [Fact]
    public async Task AnswersThatAreToBeRetriedAre()
    {
        Assert.Equal("200 free at last", await AskAsync(new HttpQuestion("GET", Address("/busy")) { Attempts = 5 }));
        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task WithoutRetriesAFailureIsAnAnswer() =>
        Assert.Equal("503 free at last", await AskAsync(new HttpQuestion("GET", Address("/busy"))));

    [Theory]
    [InlineData("/never", 1, "did not answer within 00:00:01")]
    [InlineData("/huge", 60, "maximum buffer size: 1048576")]
    [InlineData("file:///etc/hostname", 60, "not an absolute http or https address")]
    public async Task WhatCannotBeHadFailsTheCall(string address, int seconds, string expected)
    {
        var target = address.StartsWith('/') ? Address(address) : address;
        var (_, status) = await RunAsync(new HttpQuestion("GET", target) { Seconds = seconds });
        Assert.Equal("Failed", (string?)status["runtimeStatus"]);
        Assert.Contains(expected, status["output"]!.ToJsonString(), StringComparison.Ordinal);
    }

    private static WebApplication Build()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        return builder.Build();
    }

    private string Address(string path) => new Uri(server.GetAddress(), path).ToString();

    private async Task<string?> AskAsync(HttpQuestion question)
    {
        var (code, status) = await RunAsync(question);
        Assert.Equal(HttpStatusCode.OK, code);
        Assert.Equal("Completed", (string?)status["runtimeStatus"]);
        return (string?)status["output"];
    }

    private async Task<(HttpStatusCode Code, JsonNode Status)> RunAsync(HttpQuestion question)
    {
        using var started = await host.Http.PostAsJsonAsync(
            DurableHost.Path($"/orchestrators/{nameof(DurableFunctions.Ask)}"), question, new JsonSerializerOptions());
        var id = (string)(await started.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
        return await host.FinishAsync(id);
    }
}
