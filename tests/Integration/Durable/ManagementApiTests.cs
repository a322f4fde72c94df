using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace Iml4e.Tests.Integration.Durable;

/// <summary>The management API over HTTP: every row, its success and its refusals.</summary>
public class ManagementApiTests(DurableHost host) : IClassFixture<DurableHost>
{
    [Fact]
    public async Task WithoutTheKeyNothingIsAnswered()
    {
        using var stranger = new HttpClient { BaseAddress = host.Http.BaseAddress };
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync(DurableHost.Path("/instances"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync(DurableHost.Path("/instances?code=" + host.Key))).StatusCode);
    }

    [Fact]
    public async Task AnInstanceIsStartedWatchedAndPurged()
    {
        using var started = await host.Http.PostAsJsonAsync(DurableHost.Path("/orchestrators/greet/greet-1"), "Ada");
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        Assert.Equal("10", started.Headers.GetValues("Retry-After").Single());
        var payload = (await started.Content.ReadFromJsonAsync<JsonObject>())!;
        Assert.Equal("greet-1", payload["id"]!.GetValue<string>());
        Assert.Equal(started.Headers.Location!.OriginalString, payload["statusQueryGetUri"]!.GetValue<string>());
        Assert.Contains("/raiseEvent/{eventName}?taskHub=", payload["sendEventPostUri"]!.GetValue<string>(), StringComparison.Ordinal);

        var (code, status) = await host.FinishAsync("greet-1", "?showHistory=true&showHistoryOutput=true");
        Assert.Equal(HttpStatusCode.OK, code);
        Assert.Equal("Completed", status["runtimeStatus"]!.GetValue<string>());
        Assert.Equal("hello Ada 42", status["output"]!.GetValue<string>());
        Assert.Equal("Ada", status["input"]!.GetValue<string>());
        Assert.Equal("greeting", status["customStatus"]!.GetValue<string>());
        Assert.Equal(
            ["ExecutionStarted", "TaskCompleted", "TaskCompleted", "ExecutionCompleted"],
            status["historyEvents"]!.AsArray().Select(item => item!["EventType"]!.GetValue<string>()));
        Assert.Equal("SayHello", status["historyEvents"]![1]!["FunctionName"]!.GetValue<string>());

        var hidden = await host.Http.GetFromJsonAsync<JsonObject>(DurableHost.Path("/instances/greet-1?showInput=false"));
        Assert.Null(hidden!["input"]);
        Assert.Null(hidden["historyEvents"]);
        Assert.Equal(HttpStatusCode.Gone, await PostAsync("/instances/greet-1/terminate?reason=x"));
        Assert.Equal(HttpStatusCode.Gone, await PostAsync("/instances/greet-1/suspend"));
        Assert.Equal(HttpStatusCode.Gone, await PostAsync("/instances/greet-1/resume"));
        Assert.Equal(HttpStatusCode.Gone, await PostAsync("/instances/greet-1/rewind"));
        Assert.Equal(HttpStatusCode.Gone, await PostAsync("/instances/greet-1/raiseEvent/x", "1"));
        using var purged = await host.Http.DeleteAsync(DurableHost.Path("/instances/greet-1"));
        Assert.Equal("""{"instancesDeleted":1}""", await purged.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await host.Http.DeleteAsync(DurableHost.Path("/instances/greet-1"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Http.GetAsync(DurableHost.Path("/instances/greet-1"))).StatusCode);
    }

    [Fact]
    public async Task StartsThatCannotBe()
    {
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("/orchestrators/Nobody"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("/orchestrators/SayHello"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("/orchestrators/Greet", "{not json"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("/orchestrators/Greet/" + Uri.EscapeDataString("a#b")));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("/orchestrators/Greet", "\"" + new string('x', 1_100_000) + "\""));
    }

    [Fact]
    public async Task AStartCanWaitForTheResult()
    {
        using var done = await host.Http.PostAsync(DurableHost.Path("/orchestrators/Greet?timeout=30&pollingInterval=1"), null);
        Assert.Equal(HttpStatusCode.OK, done.StatusCode);
        Assert.Equal("\"hello nobody 42\"", await done.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync("/orchestrators/WaitFor?timeout=0.05&pollingInterval=1"));
    }

    [Fact]
    public async Task EventsSuspensionAndTermination()
    {
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync("/orchestrators/WaitFor/wait-1"));
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync("/orchestrators/WaitFor/wait-1"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("/instances/wait-1/raiseEvent/number", "7", "text/plain"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("/instances/wait-1/raiseEvent/number", "{"));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync("/instances/none/raiseEvent/number", "7"));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync("/instances/none/terminate"));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync("/instances/none/suspend"));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync("/instances/none/resume"));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync("/instances/none/rewind"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("/instances/none/restart"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("/instances/wait-1/rewind"));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync("/instances/wait-1/suspend?reason=hold"));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync("/instances/wait-1/resume"));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync("/instances/wait-1/raiseEvent/number", "7"));
        Assert.Equal(7, (await host.FinishAsync("wait-1")).Status["output"]!.GetValue<int>());
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync("/instances/wait-1/restart?restartWithNewInstanceId=false"));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync("/instances/wait-1/terminate?reason=enough"));
        var (code, status) = await host.FinishAsync("wait-1");
        Assert.Equal(HttpStatusCode.OK, code);
        Assert.Equal("Terminated", status["runtimeStatus"]!.GetValue<string>());
        Assert.Equal("enough", status["output"]!.GetValue<string>());
    }

    [Fact]
    public async Task AFailureIsToldAndCanBeRewound()
    {
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync("/orchestrators/Fail/fail-1"));
        var (code, status) = await host.FinishAsync("fail-1");
        Assert.Equal(HttpStatusCode.OK, code);
        var failure = status["output"]!.GetValue<string>();
        Assert.Contains("Task 'Broken' (#0) failed with an unhandled exception: Broken is broken", failure, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.InternalServerError, (await host.FinishAsync("fail-1", "?returnInternalServerErrorOnFailure=true")).Code);
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync("/instances/fail-1/rewind?reason=again"));
        Assert.Equal("Failed", (await host.FinishAsync("fail-1")).Status["runtimeStatus"]!.GetValue<string>());
    }

    [Fact]
    public async Task InstancesAreListedByPages()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.Accepted, await PostAsync($"/orchestrators/Greet/page-{i}"));
            await host.FinishAsync($"page-{i}");
        }

        var names = new List<string>();
        string? token = null;
        do
        {
            var path = DurableHost.Path("/instances?instanceIdPrefix=page-&top=2&runtimeStatus=Completed,Failed");
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (token is not null)
                request.Headers.Add("x-ms-continuation-token", token);
            using var response = await host.Http.SendAsync(request);
            names.AddRange((await response.Content.ReadFromJsonAsync<JsonArray>())!.Select(item => item!["instanceId"]!.GetValue<string>()));
            token = response.Headers.TryGetValues("x-ms-continuation-token", out var tokens) ? tokens.Single() : null;
        }
        while (token is not null);
        Assert.Equal(["page-0", "page-1", "page-2", "page-3", "page-4"], names);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Http.GetAsync(DurableHost.Path("/instances?runtimeStatus=Happy"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Http.GetAsync(DurableHost.Path("/instances?createdTimeFrom=yesterday"))).StatusCode);
    }

    [Fact]
    public async Task APurgeNeedsItsFirstDay()
    {
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Http.DeleteAsync(DurableHost.Path("/instances"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Http.DeleteAsync(DurableHost.Path("/instances?createdTimeFrom=2090-01-01"))).StatusCode);
    }

    private async Task<HttpStatusCode> PostAsync(string path, string? body = null, string mediaType = "application/json")
    {
        using var content = body is null ? null : new StringContent(body, Encoding.UTF8, mediaType);
        using var response = await host.Http.PostAsync(DurableHost.Path(path), content);
        return response.StatusCode;
    }
}
