using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTaskCore;
using Iml4e.LocalRuntime.DurableTaskCore.History;

namespace Iml4e.Tests.Integration.Durable;

/// <summary>The management API as its clients know it: every status of every row, and what the answers say.</summary>
public partial class ManagementApiContractTests(DurableHost host) : IClassFixture<DurableHost>
{
    public static TheoryData<string, string, string?, string?, int> Cases()
    {
        var data = new TheoryData<string, string, string?, string?, int>();
        foreach (var (method, path, body, contentType, status) in ManagementApiRows.Cases)
            data.Add(method, path, body, contentType, status);
        return data;
    }

    public static TheoryData<string, string> Addresses()
    {
        var data = new TheoryData<string, string>();
        foreach (var (method, path) in ManagementApiRows.Addresses)
            data.Add(method, path);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task AnswersWithItsStatus(string method, string path, string? body, string? contentType, int status)
    {
        if (State().Match(path) is { Success: true } state)
            path = path.Replace(state.Value, await host.InStateAsync(state.Groups[1].Value), StringComparison.Ordinal);
        using var response = await SendAsync(method, path, body, contentType);
        Assert.Equal(status, (int)response.StatusCode);
        if (status is 400 or 404 or 409 or 410)
        {
            var problem = (await response.Content.ReadFromJsonAsync<JsonObject>())!;
            Assert.Equal(status, problem["status"]!.GetValue<int>());
            Assert.NotEmpty(problem["detail"]!.GetValue<string>());
        }
    }

    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task IsClosedWithoutTheSystemKey(string method, string path)
    {
        foreach (var key in new[] { null, "", "wrong", host.Key + "x" })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), DurableHost.Path(path));
            if (key is not null)
                request.Headers.Add("x-functions-key", key);
            using var stranger = new HttpClient { BaseAddress = host.Http.BaseAddress };
            using var response = await stranger.SendAsync(request);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task TheMasterKeyOpensItToo()
    {
        using var master = new HttpClient { BaseAddress = host.Http.BaseAddress };
        Assert.Equal(HttpStatusCode.OK, (await master.GetAsync(DurableHost.Path("/instances?code=" + host.MasterKey))).StatusCode);
    }

    [Fact]
    public async Task AStartTellsAllAddresses()
    {
        var id = "Käse & Brot " + Guid.NewGuid().ToString("N");
        using var response = await SendAsync("POST", "/orchestrators/Greet/" + Uri.EscapeDataString(id), "\"Ada\"", "application/json");
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("10", response.Headers.GetValues("Retry-After").Single());
        var payload = (await response.Content.ReadFromJsonAsync<JsonObject>())!;
        Assert.Equal(
            [
                "id", "purgeHistoryDeleteUri", "restartPostUri", "resumePostUri", "rewindPostUri", "sendEventPostUri", "statusQueryGetUri", "suspendPostUri",
                "terminatePostUri",
            ],
            payload.Select(member => member.Key).Order(StringComparer.Ordinal));
        var query = $"taskHub=HostTests&connection=AzureWebJobsStorage&code={host.Key}";
        var instance = $"{host.Http.BaseAddress}runtime/webhooks/durabletask/instances/{Uri.EscapeDataString(id)}";
        Assert.Equal(id, Text("id"));
        Assert.Equal($"{instance}?{query}", Text("statusQueryGetUri"));
        Assert.Equal($"{instance}/raiseEvent/{{eventName}}?{query}", Text("sendEventPostUri"));
        Assert.Equal($"{instance}/terminate?reason={{text}}&{query}", Text("terminatePostUri"));
        Assert.Equal($"{instance}/rewind?reason={{text}}&{query}", Text("rewindPostUri"));
        Assert.Equal($"{instance}?{query}", Text("purgeHistoryDeleteUri"));
        Assert.Equal($"{instance}/restart?{query}", Text("restartPostUri"));
        Assert.Equal($"{instance}/suspend?reason={{text}}&{query}", Text("suspendPostUri"));
        Assert.Equal($"{instance}/resume?reason={{text}}&{query}", Text("resumePostUri"));
        Assert.Equal(Text("statusQueryGetUri"), response.Headers.Location!.OriginalString);

        // The addresses work as they stand, without any header.
        using var stranger = new HttpClient();
        await host.FinishAsync(Uri.EscapeDataString(id));
        using var status = await stranger.GetAsync(new Uri(Text("statusQueryGetUri")));
        Assert.Equal("hello Ada 42", (await status.Content.ReadFromJsonAsync<JsonObject>())!["output"]!.GetValue<string>());
        using var restarted = await stranger.PostAsync(new Uri(Text("restartPostUri")), null);
        Assert.Equal(HttpStatusCode.Accepted, restarted.StatusCode);
        using var purged = await stranger.DeleteAsync(new Uri(Text("purgeHistoryDeleteUri")));
        Assert.Equal("""{"instancesDeleted":1}""", await purged.Content.ReadAsStringAsync());

        string Text(string name) => payload[name]!.GetValue<string>();
    }

    [Fact]
    public async Task AStatusSaysWhereTheInstanceStands()
    {
        var id = await host.InStateAsync("running");
        using var response = await host.Http.GetAsync(DurableHost.Path($"/instances/{id}?showInput=true"));
        Assert.Equal("5", response.Headers.GetValues("Retry-After").Single());
        Assert.Equal($"{host.Http.BaseAddress}runtime/webhooks/durabletask/instances/{id}?showInput=true", response.Headers.Location!.OriginalString);
        var status = (await response.Content.ReadFromJsonAsync<JsonObject>())!;
        Assert.Equal(
            ["name", "instanceId", "runtimeStatus", "input", "customStatus", "output", "createdTime", "lastUpdatedTime", "historyEvents"],
            status.Select(member => member.Key));
        Assert.Equal(("WaitFor", id, "Running"), (Text(status["name"]), Text(status["instanceId"]), Text(status["runtimeStatus"])));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", Text(status["createdTime"]));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", Text(status["lastUpdatedTime"]));
        Assert.All(new[] { "input", "customStatus", "output", "historyEvents" }, name => Assert.Null(status[name]));

        using var finished = await host.Http.GetAsync(DurableHost.Path($"/instances/{await host.InStateAsync("done")}"));
        Assert.Null(finished.Headers.Location);
        Assert.False(finished.Headers.Contains("Retry-After"));
    }

    [Fact]
    public async Task AHistoryFoldsCallsIntoTheirEnds()
    {
        var id = "tour-" + Guid.NewGuid().ToString("N");
        await SendAsync("POST", "/orchestrators/Tour/" + id, "\"Ada\"", "application/json");
        var (_, status) = await host.FinishAsync(id, "?showHistory=true&showHistoryOutput=true");
        Assert.Equal("hello Ada 42 2 3", Text(status["output"]));
        var events = status["historyEvents"]!.AsArray().Select(item => item!.AsObject()).ToList();
        Assert.Equal(
            [
                "ExecutionStarted", "TaskFailed", "TimerCreated", "TimerFired", "TaskCompleted", "SubOrchestrationInstanceCompleted", "TimerCreated",
                "TimerFired", "EventSent", "EventRaised", "ExecutionCompleted",
            ],
            events.Select(item => Text(item["EventType"])));
        Assert.All(events, item => Assert.Equal(TimeSpan.Zero, DateTimeOffset.Parse(Text(item["Timestamp"]), CultureInfo.InvariantCulture).Offset));
        Assert.All(events, item => Assert.DoesNotContain(item, member => member.Key is "EventId" or "TaskId" or "TaskScheduledId" or "TimerId" or "IsPlayed"));
        Assert.Equal(["EventType", "Timestamp", "FunctionName", "Input"], Names(events[0]));
        Assert.Equal(("Tour", "Ada"), (Text(events[0]["FunctionName"]), Text(events[0]["Input"])));
        Assert.Equal(["EventType", "Timestamp", "ScheduledTime", "FunctionName", "Input", "Reason"], Names(events[1]));
        Assert.Equal("the first time fails", Text(events[1]["Reason"]));
        Assert.Equal(["EventType", "Timestamp", "FireAt"], Names(events[2]));
        Assert.Equal(["EventType", "Timestamp", "ScheduledTime", "FunctionName", "Input", "Result"], Names(events[4]));
        Assert.Equal((nameof(DurableFunctions.SecondTime), 2), (Text(events[4]["FunctionName"]), events[4]["Result"]!.GetValue<int>()));
        Assert.Equal(nameof(DurableFunctions.Greet), Text(events[5]["FunctionName"]));
        Assert.Equal(["EventType", "Timestamp", "Name", "InstanceId", "Input"], Names(events[8]));
        Assert.Equal(["EventType", "Timestamp", "Name", "Input"], Names(events[9]));
        Assert.Equal(["EventType", "Timestamp", "OrchestrationStatus", "Result"], Names(events[10]));
        Assert.Equal("Completed", Text(events[10]["OrchestrationStatus"]));

        var (_, bare) = await host.FinishAsync(id, "?showHistory=true&showInput=false");
        Assert.Null(bare["input"]);
        Assert.All(bare["historyEvents"]!.AsArray(), item => Assert.DoesNotContain(item!.AsObject(), member => member.Key is "Input" or "Result"));
    }

    [Fact]
    public async Task AHistoryIsHandedOutByTheClient()
    {
        var id = "exported-" + Guid.NewGuid().ToString("N");
        await SendAsync("POST", "/orchestrators/Tour/" + id, "\"Ada\"", "application/json");
        await host.FinishAsync(id);
        var history = await host.Client.GetOrchestrationHistoryAsync(id);
        Assert.Equal(
            [
                EventType.ExecutionStarted, EventType.TaskScheduled, EventType.TaskFailed, EventType.TimerCreated, EventType.TimerFired,
                EventType.TaskScheduled, EventType.TaskCompleted, EventType.SubOrchestrationInstanceCreated, EventType.SubOrchestrationInstanceCompleted,
                EventType.TimerCreated, EventType.TimerFired, EventType.EventSent, EventType.EventRaised, EventType.ExecutionCompleted,
            ],
            history.Select(item => item.EventType).Where(type => type is not EventType.OrchestratorStarted and not EventType.OrchestratorCompleted));
        var started = history.OfType<ExecutionStartedEvent>().Single();
        Assert.Equal(("Tour", "\"Ada\"", id), (started.Name, started.Input, started.OrchestrationInstance!.InstanceId));
        Assert.Null(started.ParentInstance);
        var scheduled = history.OfType<TaskScheduledEvent>().ToList();
        Assert.Equal([0, 2], scheduled.Select(item => item.EventId));
        var failed = history.OfType<TaskFailedEvent>().Single();
        Assert.Equal((0, -1, "the first time fails"), (failed.TaskScheduledId, failed.EventId, failed.Reason));
        Assert.Equal("System.InvalidOperationException", failed.FailureDetails!.ErrorType);
        Assert.Equal([1, 4], history.OfType<TimerFiredEvent>().Select(item => item.TimerId));
        Assert.Equal("2", history.OfType<TaskCompletedEvent>().Single().Result);
        var child = history.OfType<SubOrchestrationInstanceCreatedEvent>().Single();
        Assert.Equal((3, "Greet"), (child.EventId, child.Name));
        Assert.Equal((5, id, "note", "3"), history.OfType<EventSentEvent>().Select(item => (item.EventId, item.InstanceId, item.Name, item.Input)).Single());
        Assert.Equal(("note", "3"), history.OfType<EventRaisedEvent>().Select(item => (item.Name, item.Input)).Single());
        Assert.Equal(OrchestrationStatus.Completed, history.OfType<ExecutionCompletedEvent>().Single().OrchestrationStatus);
        Assert.True(history[0].IsPlayed);
        Assert.False(history[^1].IsPlayed);
        Assert.All(history, item => Assert.Equal(DateTimeKind.Utc, item.Timestamp.Kind));

        var childStart = (await host.Client.GetOrchestrationHistoryAsync(child.InstanceId!)).OfType<ExecutionStartedEvent>().Single();
        var parent = childStart.ParentInstance!;
        Assert.Equal((id, "Tour", 3), (parent.OrchestrationInstance!.InstanceId, parent.Name, parent.TaskScheduleId));
        await Assert.ThrowsAsync<ArgumentException>(() => host.Client.GetOrchestrationHistoryAsync("unknown-" + id));
    }

    [Fact]
    public async Task AHundredStartsWithOneKeyAreOneInstanceAndOneAnswer()
    {
        var key = "once-" + Guid.NewGuid().ToString("N");
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => StartAsync("/orchestrators/WaitFor", key)));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Accepted, answer.Status));
        var body = Assert.Single(answers.Select(answer => answer.Body).Distinct());
        Assert.Equal(key, Text(JsonNode.Parse(body)!["id"]));
        Assert.Single(await ListAsync($"?instanceIdPrefix={key}"));

        // The key stays taken when the instance has ended, and for this orchestrator alone.
        await SendAsync("POST", $"/instances/{key}/raiseEvent/number", "7", "application/json");
        Assert.Equal(7, (await host.FinishAsync(key)).Status["output"]!.GetValue<int>());
        Assert.Equal((HttpStatusCode.Accepted, body), await StartAsync("/orchestrators/waitfor", key));
        Assert.Equal(7, (await host.FinishAsync(key)).Status["output"]!.GetValue<int>());
        Assert.Equal(HttpStatusCode.Conflict, (await StartAsync("/orchestrators/Greet", key)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await StartAsync("/orchestrators/Greet", "a/b")).Status);
    }

    [Fact]
    public async Task AHundredStartsWithOneIdAreOneInstance()
    {
        var id = "race-" + Guid.NewGuid().ToString("N");
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => StartAsync("/orchestrators/WaitFor/" + id, null)));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.Accepted);
        Assert.Equal(99, answers.Count(answer => answer.Status == HttpStatusCode.Conflict));
        Assert.Single(await ListAsync($"?instanceIdPrefix={id}"));

        // With a key beside it the id is of the path.
        var twin = "twin-" + id;
        var same = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => StartAsync("/orchestrators/WaitFor/" + twin, "any-key")));
        Assert.Equal(twin, Text(JsonNode.Parse(Assert.Single(same.Distinct()).Body)!["id"]));
    }

    [Fact]
    public async Task AListIsNarrowedByItsFilters()
    {
        var prefix = "list-" + Guid.NewGuid().ToString("N") + "-";
        for (var i = 0; i < 4; i++)
            await SendAsync("POST", $"/orchestrators/{(i < 2 ? "Greet" : "WaitFor")}/{prefix}{i}", "null", "application/json");
        await host.FinishAsync(prefix + 0);
        await host.FinishAsync(prefix + 1);
        Assert.Equal([prefix + 0, prefix + 1], await ListAsync($"?instanceIdPrefix={prefix}&runtimeStatus=Completed"));
        Assert.Equal([prefix + 2, prefix + 3], await ListAsync($"?instanceIdPrefix={prefix}&runtimeStatus=Running,Pending"));
        Assert.Equal([prefix + 2, prefix + 3], await ListAsync($"?instanceIdPrefix={prefix}&runtimeStatus=Running&runtimeStatus=Pending"));
        Assert.Equal(4, (await ListAsync($"?instanceIdPrefix={prefix}")).Count);
        Assert.Empty(await ListAsync($"?instanceIdPrefix={prefix.ToUpperInvariant()}"));
        Assert.Empty(await ListAsync($"?instanceIdPrefix={prefix}&createdTimeTo=2001-01-01"));
        Assert.Empty(await ListAsync($"?instanceIdPrefix={prefix}&createdTimeFrom=2090-01-01"));
        Assert.Equal(3, (await ListAsync($"?instanceIdPrefix={prefix}&top=3")).Count);
        using var request = new HttpRequestMessage(HttpMethod.Get, DurableHost.Path("/instances"));
        request.Headers.Add("x-ms-continuation-token", "not one of ours");
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task APurgeTakesWhatItsFiltersSay()
    {
        // Other tests of this host run one after the other with this one, but what they left is there.
        using var _ = await SendAsync("DELETE", "/instances?createdTimeFrom=2000-01-01", null, null);
        var from = DateTimeOffset.UtcNow;
        var (done, failed, running) = (await host.InStateAsync("done"), await host.InStateAsync("failed"), await host.InStateAsync("running"));
        var since = Uri.EscapeDataString(from.ToString("o", CultureInfo.InvariantCulture));
        Assert.Equal("""{"instancesDeleted":1}""", await PurgeAsync($"?createdTimeFrom={since}&runtimeStatus=Failed"));
        Assert.Null(await host.Client.GetInstanceAsync(failed, CancellationToken.None));
        Assert.Equal("""{"instancesDeleted":1}""", await PurgeAsync($"?createdTimeFrom={since}"));
        Assert.Null(await host.Client.GetInstanceAsync(done, CancellationToken.None));
        Assert.Equal("""{"instancesDeleted":0}""", await PurgeAsync("/" + running));
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await host.Client.GetInstanceAsync(running, CancellationToken.None))!.RuntimeStatus);

        async Task<string> PurgeAsync(string query)
        {
            using var response = await SendAsync("DELETE", "/instances" + query, null, null);
            return await response.Content.ReadAsStringAsync();
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path, string? body, string? contentType)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), DurableHost.Path(path));
        if (body is not null)
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = MediaTypeHeaderValue.Parse(contentType!) } };
        return await host.Http.SendAsync(request);
    }

    private async Task<(HttpStatusCode Status, string Body)> StartAsync(string path, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, DurableHost.Path(path));
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        using var response = await host.Http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task<List<string>> ListAsync(string query) =>
        [.. (await host.Http.GetFromJsonAsync<JsonArray>(DurableHost.Path("/instances" + query)))!.Select(item => Text(item!["instanceId"]))];

    private static IEnumerable<string> Names(JsonObject entry) => entry.Select(member => member.Key);

    private static string Text(JsonNode? node) => node!.GetValue<string>();

    [GeneratedRegex(@"\{(\w+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex State();
}
