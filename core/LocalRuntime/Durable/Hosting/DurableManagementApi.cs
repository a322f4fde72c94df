using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.Hosting.Security;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.LocalRuntime.Durable.Hosting;

/// <summary>The HTTP API by which instances are started, watched and managed; opened by the system key.</summary>
internal static class DurableManagementApi
{
    private const string BasePath = "/runtime/webhooks/durabletask";
    private const string ContinuationHeader = "x-ms-continuation-token";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var client = endpoints.ServiceProvider.GetRequiredService<LocalDurableTaskClient>();
        var keys = endpoints.ServiceProvider.GetRequiredService<FunctionKeys>();
        var group = endpoints.MapGroup(BasePath);
        group.AddEndpointFilter(async (context, next) => keys.AllowsSystem(context.HttpContext.Request, FunctionKeys.DurableTaskExtension)
            ? await next(context)
            : Results.StatusCode(StatusCodes.Status401Unauthorized));
        group.MapPost("/orchestrators/{function}/{id?}", (HttpContext http, string function, string? id) => StartAsync(client, keys, http, function, id));
        group.MapGet("/instances/{id}", (HttpContext http, string id) => Status(client, http, id));
        group.MapGet("/instances", (HttpContext http) => List(client, http));
        group.MapDelete("/instances/{id}", (string id) => PurgeAsync(client, id));
        group.MapDelete("/instances", (Delegate)((HttpContext http) => PurgeAllAsync(client, http)));
        group.MapPost("/instances/{id}/raiseEvent/{eventName}", (HttpContext http, string id, string eventName) => RaiseAsync(client, http, id, eventName));
        group.MapPost("/instances/{id}/terminate", (string id, string? reason) =>
            ControlAsync(client, id, () => client.TerminateInstanceAsync(id, (object?)reason)));
        group.MapPost("/instances/{id}/suspend", (string id, string? reason) => ControlAsync(client, id, () => client.SuspendInstanceAsync(id, reason)));
        group.MapPost("/instances/{id}/resume", (string id, string? reason) => ControlAsync(client, id, () => client.ResumeInstanceAsync(id, reason)));
        group.MapPost("/instances/{id}/rewind", (string id, string? reason) => RewindAsync(client, id, reason));
        group.MapPost("/instances/{id}/restart", (HttpContext http, string id) => RestartAsync(client, keys, http, id));
    }

    private static async Task<IResult> StartAsync(LocalDurableTaskClient client, FunctionKeys keys, HttpContext http, string function, string? id)
    {
        if (!client.Engine.Functions.HasOrchestrator(function))
            return Bad($"The function '{function}' doesn't exist, is disabled, or is not an orchestrator function.");
        var (json, error) = await ReadJsonAsync(http);
        if (error is not null)
            return Bad(error);
        var instanceId = id ?? Guid.NewGuid().ToString("N");
        try
        {
            InstanceIds.Check(instanceId);
            client.Engine.Payloads.Check(json, "request body");
            await client.StartAsync(instanceId, function, json, null);
        }
        catch (ArgumentException exception)
        {
            return Bad(exception.Message);
        }
        catch (InvalidOperationException exception)
        {
            return Results.Problem(exception.Message, statusCode: StatusCodes.Status409Conflict);
        }

        if (Number(http, "timeout") is { } timeout && Number(http, "pollingInterval") is not null
            && await WaitAsync(client, instanceId, TimeSpan.FromSeconds(Math.Clamp(timeout, 0, 230)), http.RequestAborted) is { } finished)
        {
            return Finished(finished);
        }

        return Accepted(keys, http, instanceId);
    }

    private static IResult Status(LocalDurableTaskClient client, HttpContext http, string id)
    {
        if (client.Engine.Queries.Find(id, withPayloads: true) is not { } instance)
            return Results.StatusCode(StatusCodes.Status404NotFound);
        var status = InstanceView.Of(instance, Flag(http, "showInput", true));
        if (Flag(http, "showHistory", false))
        {
            status["historyEvents"] = InstanceView.History(
                client.Engine.Queries.ReadHistory(instance.Execution), instance, Flag(http, "showHistoryOutput", false), Flag(http, "showInput", true));
        }

        if (instance.IsFinished)
        {
            var failed = instance.Status == OrchestrationRuntimeStatus.Failed && Flag(http, "returnInternalServerErrorOnFailure", false);
            return Results.Json(status, statusCode: failed ? StatusCodes.Status500InternalServerError : StatusCodes.Status200OK);
        }

        http.Response.Headers.Location = $"{http.Request.Scheme}://{http.Request.Host}{http.Request.Path}{http.Request.QueryString}";
        http.Response.Headers.RetryAfter = "5";
        return Results.Json(status, statusCode: StatusCodes.Status202Accepted);
    }

    private static IResult List(LocalDurableTaskClient client, HttpContext http)
    {
        if (!TryFilter(http, out var from, out var to, out var statuses, out var error))
            return Bad(error!);
        var top = (int)Math.Clamp(Number(http, "top") ?? OrchestrationQuery.DefaultPageSize, 1, 1000);
        var query = new OrchestrationQuery(
            from, to, statuses, null, http.Request.Query["instanceIdPrefix"], top, true, http.Request.Headers[ContinuationHeader]);
        try
        {
            var page = client.Engine.Queries.List(query);
            if (page.ContinuationToken is { } token)
                http.Response.Headers[ContinuationHeader] = token;
            var showInput = Flag(http, "showInput", true);
            return Results.Json(page.Values.Select(instance => InstanceView.Of(instance, showInput)));
        }
        catch (ArgumentException exception)
        {
            return Bad(exception.Message);
        }
    }

    private static async Task<IResult> PurgeAsync(LocalDurableTaskClient client, string id)
    {
        var purged = await client.PurgeInstanceAsync(id);
        return purged.PurgedInstanceCount > 0 ? Purged(purged) : Results.StatusCode(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> PurgeAllAsync(LocalDurableTaskClient client, HttpContext http)
    {
        if (!TryFilter(http, out var from, out var to, out var statuses, out var error))
            return Bad(error!);
        if (from is null)
            return Bad("Please provide value for 'createdTimeFrom' parameter.");
        var purged = await client.PurgeAllInstancesAsync(new PurgeInstancesFilter(from, to ?? client.Engine.Time.GetUtcNow(), statuses));
        return purged.PurgedInstanceCount > 0 ? Purged(purged) : Results.StatusCode(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> RaiseAsync(LocalDurableTaskClient client, HttpContext http, string id, string eventName)
    {
        if (!http.Request.HasJsonContentType())
            return Bad("Only application/json request content is supported.");
        var (json, error) = await ReadJsonAsync(http);
        if (error is not null)
            return Bad(error);
        if (Refusal(client, id) is { } refusal)
            return refusal;
        try
        {
            return Results.StatusCode(await client.RaiseJsonAsync(id, eventName, json) ? StatusCodes.Status202Accepted : StatusCodes.Status410Gone);
        }
        catch (ArgumentException exception)
        {
            return Bad(exception.Message);
        }
    }

    private static async Task<IResult> ControlAsync(LocalDurableTaskClient client, string id, Func<Task> control)
    {
        if (Refusal(client, id) is { } refusal)
            return refusal;
        await control();
        return Results.StatusCode(StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> RewindAsync(LocalDurableTaskClient client, string id, string? reason) =>
        await client.Engine.RewindAsync(id, reason) switch
        {
            null => Results.StatusCode(StatusCodes.Status404NotFound),
            OrchestrationRuntimeStatus.Failed => Results.StatusCode(StatusCodes.Status202Accepted),
            OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Terminated => Results.StatusCode(StatusCodes.Status410Gone),
            var status => Bad($"Only failed orchestrations can be rewound; this one is {status}."),
        };

    private static async Task<IResult> RestartAsync(LocalDurableTaskClient client, FunctionKeys keys, HttpContext http, string id)
    {
        try
        {
            return Accepted(keys, http, await client.RestartAsync(id, Flag(http, "restartWithNewInstanceId", true)));
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return Bad(exception.Message);
        }
    }

    private static IResult? Refusal(LocalDurableTaskClient client, string id) => client.Engine.Queries.Find(id, withPayloads: false) switch
    {
        null => Results.StatusCode(StatusCodes.Status404NotFound),
        { IsFinished: true } => Results.StatusCode(StatusCodes.Status410Gone),
        _ => null,
    };

    private static IResult Accepted(FunctionKeys keys, HttpContext http, string instanceId)
    {
        var key = keys.IsEnabled ? keys.SystemKey(FunctionKeys.DurableTaskExtension) : null;
        var payload = HttpManagementPayload.Of($"{http.Request.Scheme}://{http.Request.Host}", instanceId, key);
        http.Response.Headers.Location = payload.StatusQueryGetUri;
        http.Response.Headers.RetryAfter = "10";
        return Results.Json(payload, statusCode: StatusCodes.Status202Accepted);
    }

    private static IResult Finished(OrchestrationMetadata finished) => finished.RuntimeStatus == OrchestrationRuntimeStatus.Failed
        ? Results.Json(InstanceView.FailureText(finished.FailureDetails), statusCode: StatusCodes.Status500InternalServerError)
        : Results.Text(finished.SerializedOutput ?? "null", "application/json");

    private static async Task<OrchestrationMetadata?> WaitAsync(LocalDurableTaskClient client, string id, TimeSpan timeout, CancellationToken aborted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        limit.CancelAfter(timeout);
        try
        {
            return await client.WaitForInstanceCompletionAsync(id, true, limit.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return null;
        }
    }

    private static async Task<(string? Json, string? Error)> ReadJsonAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var text = await reader.ReadToEndAsync(http.RequestAborted);
        if (string.IsNullOrWhiteSpace(text))
            return (null, null);
        try
        {
            using var document = JsonDocument.Parse(text);
            return (text, null);
        }
        catch (JsonException exception)
        {
            return (null, "Invalid JSON content: " + exception.Message);
        }
    }

    private static bool TryFilter(
        HttpContext http, out DateTimeOffset? from, out DateTimeOffset? to, out List<OrchestrationRuntimeStatus>? statuses, out string? error)
    {
        to = null;
        statuses = null;
        if (!TryTime(http, "createdTimeFrom", out from, out error) || !TryTime(http, "createdTimeTo", out to, out error))
            return false;
        if (http.Request.Query["runtimeStatus"].ToString() is not { Length: > 0 } text)
            return true;
        statuses = [];
        foreach (var name in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Enum.TryParse<OrchestrationRuntimeStatus>(name, ignoreCase: true, out var status) || !Enum.IsDefined(status))
            {
                error = $"runtimeStatus: '{name}' is not a status.";
                return false;
            }

            statuses.Add(status);
        }

        return true;
    }

    private static bool TryTime(HttpContext http, string key, out DateTimeOffset? time, out string? error)
    {
        time = null;
        error = null;
        if (http.Request.Query[key].ToString() is not { Length: > 0 } text)
            return true;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var value))
        {
            time = value;
            return true;
        }

        error = $"{key}: '{text}' is not a time.";
        return false;
    }

    private static double? Number(HttpContext http, string key) =>
        double.TryParse(http.Request.Query[key], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static bool Flag(HttpContext http, string key, bool fallback) => bool.TryParse(http.Request.Query[key], out var value) ? value : fallback;

    private static IResult Purged(PurgeResult result) => Results.Json(new JsonObject { ["instancesDeleted"] = result.PurgedInstanceCount });

    private static IResult Bad(string detail) => Results.Problem(detail, statusCode: StatusCodes.Status400BadRequest);
}
