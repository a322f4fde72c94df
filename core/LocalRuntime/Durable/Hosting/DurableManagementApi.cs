using System.Text.Json.Nodes;
using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Hosting.Security;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.LocalRuntime.Durable.Hosting;

/// <summary>The HTTP API by which instances are started, watched and managed; opened by the system key.</summary>
internal sealed class DurableManagementApi(LocalDurableTaskClient client, FunctionKeys keys)
{
    public const string BasePath = "/runtime/webhooks/durabletask";
    private const string ContinuationHeader = "x-ms-continuation-token";
    private const string IdempotencyHeader = "Idempotency-Key";
    private const string Connection = "AzureWebJobsStorage";
    private const int MaxTop = 1000;

    // The front end of a function app ends a request after 230 seconds.
    private const double MaxWaitSeconds = 230;

    private static readonly string[] EveryStatus = Enum.GetNames<OrchestrationRuntimeStatus>();

    /// <summary>Maps the API and gives it.</summary>
    public static DurableManagementApi Map(IEndpointRouteBuilder endpoints)
    {
        var keys = endpoints.ServiceProvider.GetRequiredService<FunctionKeys>();
        var client = endpoints.ServiceProvider.GetRequiredService<LocalDurableTaskClient>();
        var api = new DurableManagementApi(client, keys);
        var group = endpoints.MapGroup(BasePath);
        group.AddEndpointFilter(async (context, next) => !keys.AllowsSystem(context.HttpContext.Request, FunctionKeys.DurableTaskExtension)
            ? Results.StatusCode(StatusCodes.Status401Unauthorized)
            : api.OtherHub(context.HttpContext.Request) ?? await next(context));
        group.MapPost("/orchestrators/{function}/{id?}", (HttpContext http, string function, string? id) => api.StartAsync(http, function, id));
        group.MapGet("/instances/{id}", (HttpContext http, string id) => api.Status(http, id));
        group.MapGet("/instances", (HttpContext http) => api.List(http));
        group.MapDelete("/instances/{id}", (string id) => api.PurgeAsync(id));
        group.MapDelete("/instances", (Delegate)((HttpContext http) => api.PurgeAllAsync(http)));
        group.MapPost("/instances/{id}/raiseEvent/{eventName}", (HttpContext http, string id, string eventName) => api.RaiseAsync(http, id, eventName));
        group.MapPost("/instances/{id}/terminate", (string id, string? reason) => api.TerminateAsync(id, reason));
        group.MapPost("/instances/{id}/suspend", (string id, string? reason) => api.SuspendAsync(id, reason));
        group.MapPost("/instances/{id}/resume", (string id, string? reason) => api.ResumeAsync(id, reason));
        group.MapPost("/instances/{id}/rewind", (string id, string? reason) => api.RewindAsync(id, reason));
        group.MapPost("/instances/{id}/restart", (HttpContext http, string id) => api.RestartAsync(http, id));
        EntityManagementApi.Map(group, client);
        return api;
    }

    /// <summary>
    /// Starts an instance. With an Idempotency-Key, which is its id unless the path names one, a repeated start of the same orchestrator is answered as the
    /// first one was, whatever has become of the instance.
    /// </summary>
    public async Task<IResult> StartAsync(HttpContext http, string function, string? id)
    {
        var wait = WaitTime(http);
        if (!client.Engine.Functions.HasOrchestrator(function))
            return Bad($"The function '{function}' doesn't exist, is disabled, or is not an orchestrator function.");
        var json = await ReadBodyAsync(http);
        var key = http.Request.Headers[IdempotencyHeader].ToString() is { Length: > 0 } given ? given : null;
        var instanceId = id ?? key ?? Guid.NewGuid().ToString("N");
        try
        {
            InstanceIds.Check(instanceId);
            client.Engine.Payloads.Check(json, "request body");
            await client.StartAsync(instanceId, function, json, key is null ? null : new StartOrchestrationOptions { DedupeStatuses = EveryStatus });
        }
        catch (ArgumentException exception)
        {
            return Bad(exception.Message);
        }
        catch (InvalidOperationException exception)
        {
            if (key is null)
                return Results.Problem(exception.Message, statusCode: StatusCodes.Status409Conflict);
            if (client.Engine.Queries.Find(instanceId, withPayloads: false) is { } first && !first.Name.Equals(function, StringComparison.OrdinalIgnoreCase))
                return Results.Problem($"The key '{key}' was used for '{first.Name}'.", statusCode: StatusCodes.Status409Conflict);
        }

        return await StartedAsync(http, instanceId, wait);
    }

    public IResult Status(HttpContext http, string id)
    {
        var query = new ManagementQuery(http.Request);
        var showInput = query.Flag("showInput", true);
        var showHistory = query.Flag("showHistory", false);
        var showHistoryOutput = query.Flag("showHistoryOutput", false);
        var failsLoudly = query.Flag("returnInternalServerErrorOnFailure", false);
        if (client.Engine.Queries.FindWithHistory(id, showHistory) is not var (instance, history))
            return Missing(id);
        var status = InstanceView.Of(instance, showInput);
        if (showHistory)
            status["historyEvents"] = InstanceView.History(history, instance, showHistoryOutput, showInput);
        if (instance.IsFinished)
        {
            var failed = failsLoudly && instance.Status == OrchestrationRuntimeStatus.Failed;
            return Results.Json(status, statusCode: failed ? StatusCodes.Status500InternalServerError : StatusCodes.Status200OK);
        }

        http.Response.Headers.Location = $"{http.Request.Scheme}://{http.Request.Host}{http.Request.Path}{http.Request.QueryString}";
        http.Response.Headers.RetryAfter = "5";
        return Results.Json(status, statusCode: StatusCodes.Status202Accepted);
    }

    public IResult List(HttpContext http)
    {
        var query = new ManagementQuery(http.Request);
        var showInput = query.Flag("showInput", true);
        var filter = new OrchestrationQuery(
            query.Time("createdTimeFrom"),
            query.Time("createdTimeTo"),
            query.Statuses("runtimeStatus"),
            null,
            query.Text("instanceIdPrefix"),
            query.Count("top", OrchestrationQuery.DefaultPageSize, 1, MaxTop),
            true,
            http.Request.Headers[ContinuationHeader]);
        try
        {
            var page = client.Engine.Queries.List(filter);
            if (page.ContinuationToken is { } token)
                http.Response.Headers[ContinuationHeader] = token;
            return Results.Json(page.Values.Select(instance => InstanceView.Of(instance, showInput)));
        }
        catch (ArgumentException exception)
        {
            return Bad(exception.Message);
        }
    }

    /// <summary>Removes an instance; one that has not finished stays, and none is counted.</summary>
    public async Task<IResult> PurgeAsync(string id)
    {
        var purged = await client.PurgeInstanceAsync(id);
        return purged.PurgedInstanceCount > 0 || client.Engine.Queries.Find(id, withPayloads: false) is not null ? Purged(purged) : Missing(id);
    }

    public async Task<IResult> PurgeAllAsync(HttpContext http)
    {
        var query = new ManagementQuery(http.Request);
        if (query.Time("createdTimeFrom") is not { } from)
            return Bad("Please provide value for 'createdTimeFrom' parameter.");
        var filter = new PurgeInstancesFilter(from, query.Time("createdTimeTo") ?? client.Engine.Time.GetUtcNow(), query.Statuses("runtimeStatus"));
        var purged = await client.PurgeAllInstancesAsync(filter, http.RequestAborted);
        return purged.PurgedInstanceCount > 0
            ? Purged(purged)
            : Results.Problem("No finished instance meets these conditions.", statusCode: StatusCodes.Status404NotFound);
    }

    public async Task<IResult> RaiseAsync(HttpContext http, string id, string eventName)
    {
        if (Refusal(id) is { } refusal)
            return refusal;
        if (!ManagementBody.IsJson(http.Request))
            return Bad("Only application/json request content is supported.");
        var json = await ReadBodyAsync(http) ?? throw new ParameterValueException("body", "Invalid JSON content: the body is empty; null is written null.");
        try
        {
            return await client.RaiseJsonAsync(id, eventName, json) ? Results.StatusCode(StatusCodes.Status202Accepted) : Refusal(id) ?? Gone(id);
        }
        catch (ArgumentException exception)
        {
            return Bad(exception.Message);
        }
    }

    public Task<IResult> TerminateAsync(string id, string? reason) => ControlAsync(id, () => client.TerminateInstanceAsync(id, (object?)reason));

    public Task<IResult> SuspendAsync(string id, string? reason) => ControlAsync(id, () => client.SuspendInstanceAsync(id, reason));

    public Task<IResult> ResumeAsync(string id, string? reason) => ControlAsync(id, () => client.ResumeInstanceAsync(id, reason));

    public async Task<IResult> RewindAsync(string id, string? reason)
    {
        try
        {
            return await client.Engine.RewindAsync(id, reason) switch
            {
                null => Missing(id),
                OrchestrationRuntimeStatus.Failed => Results.StatusCode(StatusCodes.Status202Accepted),
                OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Terminated => Gone(id),
                var status => Bad($"Only failed orchestrations can be rewound; this one is {status}."),
            };
        }
        catch (InvalidOperationException exception) when (exception is not EngineAbandonedException)
        {
            return Bad(exception.Message);
        }
    }

    public Task<IResult> RestartAsync(HttpContext http, string id)
    {
        var wait = WaitTime(http);
        return RestartAsync(http, id, started => StartedAsync(http, started, wait));
    }

    /// <param name="http">The request.</param>
    /// <param name="id">The instance to start again.</param>
    /// <param name="answer">Makes the answer for the id of the new instance.</param>
    public async Task<IResult> RestartAsync(HttpContext http, string id, Func<string, Task<IResult>> answer)
    {
        try
        {
            return await answer(await client.RestartAsync(id, new ManagementQuery(http.Request).Flag("restartWithNewInstanceId", true)));
        }
        catch (ArgumentException exception)
        {
            return Bad(exception.Message);
        }
        catch (InvalidOperationException exception)
        {
            return Results.Problem(exception.Message, statusCode: StatusCodes.Status409Conflict);
        }
    }

    private async Task<IResult> ControlAsync(string id, Func<Task> control)
    {
        if (Refusal(id) is { } refusal)
            return refusal;
        await control();
        return Results.StatusCode(StatusCodes.Status202Accepted);
    }

    /// <summary>The refusal of a request that is for another hub than the one that this host has.</summary>
    private IResult? OtherHub(HttpRequest request) =>
        new ManagementQuery(request).Text("taskHub") is { } hub && !hub.Equals(client.Engine.Settings.HubName, StringComparison.OrdinalIgnoreCase)
            ? Bad($"taskHub is '{hub}'; this host has '{client.Engine.Settings.HubName}'.")
            : null;

    /// <summary>What stands in the way of a change to an instance; null when it is there and has not finished.</summary>
    private IResult? Refusal(string id) => client.Engine.Queries.Find(id, withPayloads: false) switch
    {
        null => Missing(id),
        { IsFinished: true } => Gone(id),
        _ => null,
    };

    private Task<string?> ReadBodyAsync(HttpContext http) => ManagementBody.ReadAsync(http, 2L * client.Engine.Settings.MaxPayloadBytes);

    /// <summary>How long the answer may wait for the end of the instance; null when it is not to wait.</summary>
    private static TimeSpan? WaitTime(HttpContext http)
    {
        // The engine tells of the end by itself: the polling interval is only the sign that a wait is wanted.
        var query = new ManagementQuery(http.Request);
        var timeout = query.Seconds("timeout", MaxWaitSeconds);
        return query.Seconds("pollingInterval", MaxWaitSeconds) is null ? null : timeout;
    }

    private async Task<IResult> StartedAsync(HttpContext http, string instanceId, TimeSpan? wait)
    {
        if (wait is { } timeout && await WaitAsync(instanceId, timeout, http.RequestAborted) is { } finished)
        {
            return finished.RuntimeStatus == OrchestrationRuntimeStatus.Completed
                ? Results.Text(finished.SerializedOutput ?? "null", "application/json")
                : Status(http, instanceId);
        }

        var key = keys.IsEnabled ? keys.SystemKey(FunctionKeys.DurableTaskExtension) : null;
        var payload = HttpManagementPayload.Of(
            $"{http.Request.Scheme}://{http.Request.Host}", instanceId, key, $"taskHub={client.Engine.Settings.HubName}&connection={Connection}");
        http.Response.Headers.Location = payload.StatusQueryGetUri;
        http.Response.Headers.RetryAfter = "10";
        return Results.Json(payload, statusCode: StatusCodes.Status202Accepted);
    }

    private async Task<OrchestrationMetadata?> WaitAsync(string id, TimeSpan timeout, CancellationToken aborted)
    {
        using var elapsed = new CancellationTokenSource(timeout, client.Engine.Time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(aborted, elapsed.Token);
        try
        {
            return await client.WaitForInstanceCompletionAsync(id, true, limit.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return null;
        }
    }

    private static IResult Purged(PurgeResult result) => Results.Json(new JsonObject { ["instancesDeleted"] = result.PurgedInstanceCount });

    private static IResult Bad(string detail) => Results.Problem(detail, statusCode: StatusCodes.Status400BadRequest);

    private static IResult Missing(string id) => Results.Problem($"There is no instance '{id}'.", statusCode: StatusCodes.Status404NotFound);

    private static IResult Gone(string id) => Results.Problem($"The instance '{id}' has finished.", statusCode: StatusCodes.Status410Gone);
}
