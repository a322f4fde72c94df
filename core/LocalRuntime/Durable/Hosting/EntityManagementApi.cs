using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask.Client.Entities;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Iml4e.LocalRuntime.Durable.Hosting;

/// <summary>The part of the management API by which entities are read, listed and signalled.</summary>
internal static class EntityManagementApi
{
    private const string ContinuationHeader = "x-ms-continuation-token";

    /// <summary>Stands in an address for a key that is empty.</summary>
    private const string EmptyKey = "$";

    /// <summary>Maps the rows into the group of the management API, which asks for its key.</summary>
    public static void Map(IEndpointRouteBuilder group, LocalDurableTaskClient client)
    {
        var engine = client.Engine;
        group.MapGet("/entities", (Delegate)((HttpContext http) => List(engine, http, "")));
        group.MapGet("/entities/{name}", (HttpContext http, string name) => List(engine, http, name));
        group.MapGet("/entities/{name}/{key}", (string name, string key) => State(engine, name, key));
        group.MapPost("/entities/{name}/{key}", (HttpContext http, string name, string key, string? op) =>
            SignalAsync(client, http, name, key, op ?? ""));
        group.MapDelete("/entities/{name}/{key}", (HttpContext http, string name, string key) =>
            SignalAsync(client, http, name, key, "delete"));
    }

    private static IResult State(OrchestrationEngine engine, string name, string key)
    {
        if (!TryId(name, key, out var id, out var error))
            return Bad(error);
        return engine.EntityQueries.Find(id.ToString(), withState: true)?.State is { } json
            ? Results.Text(json, "application/json")
            : Results.StatusCode(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> SignalAsync(LocalDurableTaskClient client, HttpContext http, string name, string key, string operation)
    {
        if (!TryId(name, key, out var id, out var error))
            return Bad(error);
        if (!client.Engine.Functions.HasEntity(id.Name))
            return Results.Problem(
                $"The function '{name}' doesn't exist, is disabled, or is not an entity function.", statusCode: StatusCodes.Status404NotFound);
        var (json, wrong) = await ReadInputAsync(http);
        if (wrong is not null)
            return Bad(wrong);
        try
        {
            await client.Entities.SignalJsonAsync(id, operation, json);
        }
        catch (ArgumentException exception)
        {
            return Bad(exception.Message);
        }

        return Results.StatusCode(StatusCodes.Status202Accepted);
    }

    private static IResult List(OrchestrationEngine engine, HttpContext http, string name)
    {
        if (!TryTime(http, "lastOperationTimeFrom", out var from, out var error)
            || !TryTime(http, "lastOperationTimeTo", out var to, out error)
            || !TryFlag(http, "fetchState", out var fetchState, out error)
            || !TryTop(http, out var top, out error))
        {
            return Bad(error);
        }

        var query = new EntityQuery
        {
            InstanceIdStartsWith = name.Length > 0 ? $"@{name}@" : null,
            LastModifiedFrom = from,
            LastModifiedTo = to,
            IncludeState = fetchState,
            PageSize = top,
            ContinuationToken = http.Request.Headers[ContinuationHeader],
        };
        try
        {
            var page = engine.EntityQueries.List(query);
            if (page.ContinuationToken is { } token)
                http.Response.Headers[ContinuationHeader] = token;
            return Results.Json(page.Values.Select(View));
        }
        catch (ArgumentException exception)
        {
            return Bad(exception.Message);
        }
    }

    private static JsonObject View(EntitySummary entity)
    {
        var id = EntityInstanceId.FromString(entity.EntityId);
        var view = new JsonObject
        {
            ["entityId"] = new JsonObject { ["name"] = id.Name, ["key"] = id.Key },
            ["lastOperationTime"] = entity.UpdatedAt.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture),
        };
        if (entity.State is not null)
            view["state"] = InstanceView.Parse(entity.State);
        return view;
    }

    /// <summary>The input of an operation as JSON: the body if it says that it is JSON, and its text otherwise.</summary>
    private static async Task<(string? Json, string? Error)> ReadInputAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var text = await reader.ReadToEndAsync(http.RequestAborted);
        if (text.Length == 0)
            return (null, null);
        if (!http.Request.HasJsonContentType())
            return (JsonSerializer.Serialize(text), null);
        try
        {
            using var document = JsonDocument.Parse(text);
            return (text, null);
        }
        catch (JsonException exception)
        {
            return (null, "Could not parse JSON content: " + exception.Message);
        }
    }

    private static bool TryId(string name, string key, out EntityInstanceId id, out string error)
    {
        id = default;
        error = "";
        try
        {
            id = new EntityInstanceId(name, key == EmptyKey ? "" : key);
            InstanceIds.Check(id);
            return true;
        }
        catch (ArgumentException exception)
        {
            error = exception.Message;
            return false;
        }
    }

    private static bool TryTime(HttpContext http, string key, out DateTimeOffset? time, out string error)
    {
        time = null;
        error = $"{key}: '{http.Request.Query[key]}' is not a time.";
        if (http.Request.Query[key].ToString() is not { Length: > 0 } text)
            return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var value))
            return false;
        time = value;
        return true;
    }

    private static bool TryFlag(HttpContext http, string key, out bool flag, out string error)
    {
        error = $"{key}: '{http.Request.Query[key]}' is neither true nor false.";
        flag = false;
        return http.Request.Query[key].ToString() is not { Length: > 0 } text || bool.TryParse(text, out flag);
    }

    private static bool TryTop(HttpContext http, out int top, out string error)
    {
        error = $"top: '{http.Request.Query["top"]}' is not a number from 1 to 1000.";
        top = EntityQuery.DefaultPageSize;
        return http.Request.Query["top"].ToString() is not { Length: > 0 } text
            || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out top) && top is >= 1 and <= 1000);
    }

    private static IResult Bad(string detail) => Results.Problem(detail, statusCode: StatusCodes.Status400BadRequest);
}
