using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.LocalRuntime.Hosting.Blobs;
using Iml4e.LocalRuntime.Hosting.Http;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Hosting.Security;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Extensions.Abstractions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.LocalRuntime.Hosting.Admin;

/// <summary>What an operator asks with the master key: the state of the host, its functions, a run by hand, blobs that were put aside.</summary>
internal static class AdminEndpoints
{
    private const int MaxInputBytes = 1024 * 1024;

    public static void Map(IEndpointRouteBuilder endpoints, string applicationName)
    {
        var services = endpoints.ServiceProvider;
        var keys = services.GetRequiredService<FunctionKeys>();
        var group = endpoints.MapGroup("/admin");
        group.AddEndpointFilter(async (context, next) =>
            keys.Allows(context.HttpContext.Request, AuthorizationLevel.Admin) ? await next(context) : Results.StatusCode(StatusCodes.Status401Unauthorized));
        group.MapGet("/host/status", (HttpContext http) => Status(http, applicationName));
        group.MapGet("/functions", (HttpContext http) => Functions(http));
        group.MapPost("/functions/{name}", RunAsync);

        // With the context alone as its parameter the lambda would be taken for a RequestDelegate, and its result be dropped.
        group.MapGet("/blobs/poison", async (HttpContext http, CancellationToken cancellation) => Results.Json(new
        {
            blobs = await http.RequestServices.GetRequiredService<PoisonBlobs>().ListAsync(cancellation),
        }));
        group.MapPost("/blobs/poison/{id}/redrive", async (HttpContext http, string id) =>
            await http.RequestServices.GetRequiredService<BlobListener>().RedriveAsync(id, http.RequestAborted)
                ? Results.Json(new { id }, statusCode: StatusCodes.Status202Accepted)
                : Results.Problem("No blob of this id was put aside.", statusCode: StatusCodes.Status404NotFound));
    }

    private static IResult Status(HttpContext http, string applicationName)
    {
        var settings = http.RequestServices.GetRequiredService<HostSettings>();
        using var process = Process.GetCurrentProcess();
        var uptime = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow() - process.StartTime.ToUniversalTime();
        return Results.Json(new
        {
            id = settings.HostId,
            application = applicationName,
            state = "Running",
            version = typeof(AdminEndpoints).Assembly.GetName().Version?.ToString(),
            processUptime = (long)uptime.TotalMilliseconds,
            functions = http.RequestServices.GetRequiredService<FunctionRegistry>().Functions.Count,
        });
    }

    private static IResult Functions(HttpContext http)
    {
        var settings = http.RequestServices.GetRequiredService<HostSettings>();
        var registry = http.RequestServices.GetRequiredService<FunctionRegistry>();
        return Results.Json(registry.Functions.Select(function => new Dictionary<string, object?>
        {
            ["name"] = function.Name,
            ["functionId"] = function.Definition.Id,
            ["entryPoint"] = function.Definition.EntryPoint,
            ["scriptFile"] = Path.GetFileName(function.Definition.PathToAssembly),
            ["language"] = "dotnet-isolated",
            ["invokeUrlTemplate"] = function.Kind == TriggerKind.Http
                ? $"{http.Request.Scheme}://{http.Request.Host}/{HttpFunctionEndpoints.Template(function, settings.RoutePrefix)}"
                : null,
            ["bindings"] = Bindings(function),
        }));
    }

    private static IEnumerable<Dictionary<string, object?>> Bindings(FunctionDescriptor function)
    {
        foreach (var parameter in function.Parameters)
        {
            if (parameter.GetCustomAttribute<BindingAttribute>() is { } attribute)
                yield return Describe(parameter.Name!, attribute, "In");
        }

        if (function.Method.GetCustomAttribute<OutputBindingAttribute>() is { } onReturn)
            yield return Describe("$return", onReturn, "Out");
        foreach (var property in function.ResultType.GetProperties())
        {
            if (property.GetCustomAttribute<OutputBindingAttribute>() is { } output)
                yield return Describe(property.Name, output, "Out");
        }

        if (function.Definition.OutputBindings.TryGetValue("$return", out var result) && result.Type == "http")
            yield return new() { ["name"] = "$return", ["type"] = "http", ["direction"] = "Out" };
    }

    private static Dictionary<string, object?> Describe(string name, BindingAttribute attribute, string direction)
    {
        var binding = new Dictionary<string, object?>
        {
            ["name"] = name,
            ["type"] = LocalFunctionDefinition.TypeOf(attribute),
            ["direction"] = direction,
        };
        foreach (var property in attribute.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        {
            var value = property.GetValue(attribute);
            if (value is null)
                continue;
            var key = JsonNamingPolicy.CamelCase.ConvertName(property.Name == "BlobPath" ? "Path" : property.Name);
            binding[key] = value is Enum ? value.ToString() : value;
        }

        return binding;
    }

    private static async Task<IResult> RunAsync(HttpContext http, string name)
    {
        if (http.RequestServices.GetRequiredService<FunctionRegistry>().Find(name) is not { } function)
            return Results.Problem($"There is no function '{name}'.", statusCode: StatusCodes.Status404NotFound);
        using var body = await ReadAsync(http);
        return await http.RequestServices.GetRequiredService<ManualRuns>().RunAsync(http, function, InputOf(body));
    }

    private static async Task<JsonDocument?> ReadAsync(HttpContext http)
    {
        if (http.Request.ContentLength == 0)
            return null;
        if (http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MaxInputBytes;
        try
        {
            return await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
        }
        catch (JsonException exception)
        {
            throw JsonBody.Explain(exception);
        }
    }

    private static JsonElement InputOf(JsonDocument? body)
    {
        if (body is null)
            return default;
        if (body.RootElement.ValueKind != JsonValueKind.Object)
            throw new ParameterValueException("body", """The body is a JSON object {"input": ...}.""");
        if (!body.RootElement.TryGetProperty("input", out var input))
            return default;
        try
        {
            // Looked at as a whole: text that is no Unicode is refused here, not where it is used.
            _ = JsonSerializer.Deserialize<JsonNode>(input)?.ToJsonString();
            return input;
        }
        catch (Exception exception) when (exception is InvalidOperationException or JsonException)
        {
            throw new ParameterValueException("input", "The text holds half a character (a lone surrogate).", exception);
        }
    }
}
