using System.Net;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Iml4e.LocalRuntime.Testing.Fakes;
using Iml4e.LocalRuntime.Testing.Scripts;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Iml4e.Tests.Unit.LocalTesting;

public sealed class FakeTests
{
    [Fact]
    public async Task TheContextAnswersFromScriptsAndWritesDownWhatItIsAsked()
    {
        var context = new FakeTaskOrchestrationContext(5, "Order", "order-5");
        context.OnActivity("Reserve").Throws(new IOException("busy")).Times(2).Runs((int i) => i * 2);
        context.OnSubOrchestration("Ship").Returns("sent").After(TimeSpan.FromHours(1));
        context.RaiseEvent("PAID", 10m);
        var start = context.CurrentUtcDateTime;
        var result = await Order(context);
        Assert.Equal("10 10 sent", result);
        Assert.Equal(("Reserve", (object?)5), (Assert.Single(context.ActivityCalls).Name, context.ActivityCalls[0].Input));
        Assert.Equal(3, context.ActivityCalls[0].Options!.Retry!.Policy!.MaxNumberOfAttempts);
        Assert.Equal("Ship", Assert.Single(context.SubOrchestrationCalls).Name);
        Assert.Equal(["reserving", "shipped"], context.CustomStatuses);
        Assert.Equal(new FakeSentEvent("audit", "shipped", 5), Assert.Single(context.SentEvents));

        // Back-off 1 + 2 minutes, a timer of 10 minutes, an hour of shipping.
        Assert.Equal(TimeSpan.FromMinutes(13 + 60), context.CurrentUtcDateTime - start);
        Assert.Equal([start + TimeSpan.FromMinutes(13)], context.Timers);
        Assert.Equal(5, context.Continuation!.NewInput);
        Assert.NotEqual(context.NewGuid(), context.NewGuid());

        static async Task<string> Order(TaskOrchestrationContext context)
        {
            context.SetCustomStatus("reserving");
            var retry = TaskOptions.FromRetryPolicy(new RetryPolicy(3, TimeSpan.FromMinutes(1), 2));
            var reserved = await context.CallActivityAsync<int>("Reserve", context.GetInput<int>(), retry);
            var paid = await context.WaitForExternalEvent<decimal>("paid");
            await context.CreateTimer(TimeSpan.FromMinutes(10), CancellationToken.None);
            var sent = await context.CallSubOrchestratorAsync<string>("Ship");
            context.SetCustomStatus("shipped");
            context.SendEvent("audit", "shipped", 5);
            context.ContinueAsNew(5);
            return $"{reserved} {paid} {sent}";
        }
    }

    [Fact]
    public async Task TheContextRefusesOptionsGivenAsTheInput()
    {
        var context = new FakeTaskOrchestrationContext();
        context.OnActivity("A").Returns(null);
        object options = new TaskOptions();
        await Assert.ThrowsAsync<ArgumentException>(() => context.CallActivityAsync<int>("A", options));
        await Assert.ThrowsAsync<ArgumentException>(() => context.CallSubOrchestratorAsync<int>("A", options));
        await context.CallActivityAsync("A", new TaskOptions());
    }

    [Fact]
    public async Task TheContextFailsCallsAsTheRealOne()
    {
        var context = new FakeTaskOrchestrationContext();
        context.OnActivity("Boom").Throws(new InvalidOperationException("boom"));
        context.OnActivity("Body").Runs<object?, int>(_ => throw new FormatException("bad"));
        context.OnActivity("Wrong").Returns("text");
        var failed = await Assert.ThrowsAsync<TaskFailedException>(() => context.CallActivityAsync("Boom"));
        Assert.Equal(("Boom", "System.InvalidOperationException"), (failed.TaskName, failed.FailureDetails.ErrorType));
        var thrown = await Assert.ThrowsAsync<TaskFailedException>(() => context.CallActivityAsync("Body"));
        Assert.Equal("System.FormatException", thrown.FailureDetails.ErrorType);
        var wrong = await Assert.ThrowsAsync<InvalidCastException>(() => context.CallActivityAsync<int>("Wrong"));
        Assert.Contains("activity 'Wrong'", wrong.Message, StringComparison.Ordinal);
        var none = await Assert.ThrowsAsync<UnscriptedCallException>(() => context.CallActivityAsync("None"));
        Assert.Contains("'None'", none.Message, StringComparison.Ordinal);
        var attempts = new List<int>();
        await Assert.ThrowsAsync<TaskFailedException>(() => context.CallActivityAsync("Boom", TaskOptions.FromRetryHandler(retry =>
        {
            attempts.Add(retry.LastAttemptNumber);
            return retry.LastAttemptNumber < 3;
        })));
        Assert.Equal([1, 2, 3], attempts);
    }

    [Fact]
    public async Task TheContextsTimersWaitWhenToldTo()
    {
        var context = new FakeTaskOrchestrationContext { TimersFireAtOnce = false };
        var waiting = context.WaitForExternalEvent<int>("E", TimeSpan.FromMinutes(5));
        Assert.False(waiting.IsCompleted);
        context.AdvanceTo(context.CurrentUtcDateTime.AddMinutes(5));
        await Assert.ThrowsAsync<TaskCanceledException>(() => waiting);
        var second = context.WaitForExternalEvent<int>("E", TimeSpan.FromMinutes(5));
        context.RaiseEvent("e", 3);
        Assert.Equal(3, await second);
        using var cancellation = new CancellationTokenSource();
        var timer = context.CreateTimer(TimeSpan.FromDays(1), cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => timer);
    }

    [Fact]
    public async Task TheContextsEntitiesAnswerFromScriptsToo()
    {
        var context = new FakeTaskOrchestrationContext();
        context.OnEntity("Tally", "Get").Returns(7);
        context.OnEntity("Tally", "Bad").Throws(new InvalidOperationException("bad op"));
        var tally = new EntityInstanceId("Tally", "a");
        Assert.False(context.Entities.InCriticalSection());
        await using (await context.Entities.LockEntitiesAsync(tally))
        {
            Assert.True(context.Entities.InCriticalSection(out var locked));
            Assert.Equal([tally], locked);
            Assert.Equal(7, await context.Entities.CallEntityAsync<int>(tally, "get"));
        }

        await context.Entities.SignalEntityAsync(tally, "Add", 3);
        Assert.False(context.Entities.InCriticalSection());
        Assert.Equal([("get", false), ("Add", true)], context.EntityCalls.Select(call => (call.Operation, call.IsSignal)));
        var failed = await Assert.ThrowsAsync<EntityOperationFailedException>(() => context.Entities.CallEntityAsync(tally, "Bad"));
        Assert.Equal("Operation 'Bad' of entity '@tally@a' failed: bad op", failed.Message);
        await Assert.ThrowsAsync<UnscriptedCallException>(() => context.Entities.CallEntityAsync(tally, "Other"));
    }

    [Fact]
    public async Task TheClientKeepsInstancesThatTheTestMovesOn()
    {
        var client = new FakeDurableTaskClient();
        var id = await client.ScheduleNewOrchestrationInstanceAsync("Order", 5, new StartOrchestrationOptions("order-5"));
        Assert.Equal(("Order", (object?)5, "order-5"), (Assert.Single(client.Started).Name, client.Started[0].Input, id));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.ScheduleNewOrchestrationInstanceAsync("Order", 5, new StartOrchestrationOptions("order-5")));
        var completion = client.WaitForInstanceCompletionAsync(id, true);
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await client.GetInstanceAsync(id))!.RuntimeStatus);
        client.Set(id, OrchestrationRuntimeStatus.Running, customStatus: "half");
        Assert.Equal("half", (await client.GetInstanceAsync(id, true))!.ReadCustomStatusAs<string>());
        await client.SuspendInstanceAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await client.GetInstanceAsync(id))!.RuntimeStatus);
        await client.ResumeInstanceAsync(id);
        await client.RaiseEventAsync(id, "paid", 3);
        Assert.Equal(new FakeSentEvent(id, "paid", 3), Assert.Single(client.RaisedEvents));
        Assert.False(completion.IsCompleted);
        client.Set(id, OrchestrationRuntimeStatus.Completed, "done");
        Assert.Equal("done", (await completion).ReadOutputAs<string>());
        Assert.Throws<InvalidOperationException>(() => client.GetInstanceAsync(id).Result!.ReadOutputAs<string>());

        await client.ScheduleNewOrchestrationInstanceAsync("Order", null, new StartOrchestrationOptions("other"));
        await client.TerminateInstanceAsync("other", "stop");
        Assert.Equal(new FakeTermination("other", "stop", false), Assert.Single(client.Terminations));
        var terminated = new List<string>();
        await foreach (var instance in client.GetAllInstancesAsync(new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Terminated], PageSize: 1)))
            terminated.Add(instance.InstanceId);
        Assert.Equal(["other"], terminated);
        Assert.Equal(1, (await client.PurgeInstanceAsync(id)).PurgedInstanceCount);
        Assert.Null(await client.GetInstanceAsync(id));
        await Assert.ThrowsAsync<ArgumentException>(() => client.WaitForInstanceCompletionAsync("nobody"));
    }

    [Fact]
    public async Task AStarterIsCalledAsAPlainMethod()
    {
        var client = new FakeDurableTaskClient();
        var request = new FakeHttpRequestData("POST", "http://localhost:7071/api/orders?urgent=yes").WithJson(new Order(5, "tea")).WithHeader("X-Trace", "1");
        var response = (FakeHttpResponseData)await Start(request, client, CancellationToken.None);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var started = Assert.Single(client.Started);
        Assert.Equal(new Order(5, "tea yes"), started.Input);
        Assert.Contains(started.InstanceId, response.Headers.GetValues("Location").Single(), StringComparison.Ordinal);
        Assert.Equal(started.InstanceId, response.ReadJson<Dictionary<string, string>>()!["id"]);

        static async Task<HttpResponseData> Start(HttpRequestData request, DurableTaskClient client, CancellationToken cancellation)
        {
            var order = (await request.ReadFromJsonAsync<Order>(cancellation))!;
            order = order with { What = order.What + " " + request.Query["urgent"] };
            var id = await client.ScheduleNewOrchestrationInstanceAsync("Order", order, cancellation);
            return await client.CreateCheckStatusResponseAsync(request, id, cancellation);
        }
    }

    [Fact]
    public async Task AFunctionContextHasWhatFunctionsAskFor()
    {
        using var cancellation = new CancellationTokenSource();
        var context = new FakeFunctionContext
        {
            Name = "Get",
            BindingData = new Dictionary<string, object?> { ["id"] = 5 },
            Cancellation = cancellation.Token,
            InstanceServices = FakeServices.Create(services => services.AddSingleton(new Order(1, "x"))),
        };
        context.GetLogger("test").LogInformation("{Name}", context.FunctionDefinition.Name);
        Assert.Equal(("Get", 5), (context.FunctionDefinition.Name, context.BindingContext.BindingData["id"]));
        Assert.Equal("x", context.InstanceServices.GetRequiredService<Order>().What);
        Assert.Equal(cancellation.Token, context.CancellationToken);
        context.Features.Set(new Order(2, "feature"));
        Assert.Equal(2, context.Features.Get<Order>()!.Id);
        Assert.Single(context.Features);
        var request = new FakeHttpRequestData(context).WithText("héllo").WithCookie("c", "v");
        Assert.Equal("héllo", await request.ReadAsStringAsync());
        Assert.Equal("v", Assert.Single(request.Cookies).Value);
        var response = (FakeHttpResponseData)request.CreateResponse(HttpStatusCode.Created);
        await response.WriteAsJsonAsync(new Order(3, "json"));
        response.Cookies.Append("seen", "yes");
        Assert.Equal((HttpStatusCode.Created, new Order(3, "json")), (response.StatusCode, response.ReadJson<Order>()));
        Assert.Equal("yes", Assert.Single(response.SetCookies).Value);
        Assert.Equal(("Echo", "job-1"), (new FakeTaskActivityContext("Echo", "job-1").Name.Name, new FakeTaskActivityContext("Echo", "job-1").InstanceId));
    }

    private sealed record Order(int Id, string What);
}
