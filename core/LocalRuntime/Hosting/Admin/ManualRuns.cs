using System.Text;
using System.Text.Json;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Hosting;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.DurableTask.Entities;
using Iml4e.LocalRuntime.Hosting.Blobs;
using Iml4e.LocalRuntime.Hosting.Http;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Hosting.Security;
using Iml4e.LocalRuntime.Hosting.Timers;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Hosting.Admin;

/// <summary>
/// Runs functions by hand: a timer now, a blob again, an orchestrator as a new instance, an activity by itself, an entity by a signal, an HTTP function by a
/// made-up request. The caller is told that it was taken up, the log what came of it.
/// </summary>
internal sealed partial class ManualRuns(
    TimerListener timers,
    BlobListener blobs,
    FunctionInvoker invoker,
    FunctionKeys keys,
    IServiceProvider services,
    IHostApplicationLifetime lifetime,
    ILogger<ManualRuns> logger)
{
    /// <param name="http">The request, for its address and its cancellation.</param>
    /// <param name="function">The function.</param>
    /// <param name="input">What it is given; undefined for nothing.</param>
    /// <exception cref="ParameterValueException">The input does not fit the function.</exception>
    public Task<IResult> RunAsync(HttpContext http, FunctionDescriptor function, JsonElement input) => function.Kind switch
    {
        TriggerKind.Timer => Taken(function, timers.RunNowAsync(function, lifetime.ApplicationStopping)),
        TriggerKind.Blob => RunBlobAsync(http, function, input),
        TriggerKind.Orchestration => StartAsync(http, function, Payload(input, InputType(function))),
        TriggerKind.Activity => Taken(function, RunActivityAsync(function, Payload(input, InputType(function)))),
        TriggerKind.Entity => SignalAsync(http, function, input),
        _ => RunHttp(function, input),
    };

    // The caller is not kept waiting; what the run gives or throws is for the log.
    private Task<IResult> Taken(FunctionDescriptor function, Task run)
    {
        _ = LogEndAsync();
        return Task.FromResult(Results.StatusCode(StatusCodes.Status202Accepted));

        async Task LogEndAsync()
        {
            try
            {
                await run;
                LogSucceeded(logger, function.Name);
            }
            catch (Exception exception)
            {
                LogFailed(logger, exception, function.Name);
            }
        }
    }

    private async Task<IResult> RunBlobAsync(HttpContext http, FunctionDescriptor function, JsonElement input)
    {
        if (input.ValueKind != JsonValueKind.String || input.GetString() is not { } path)
            throw new ParameterValueException("input", "The input of a blob function is the path 'container/name' of a blob.");
        return await blobs.RunNowAsync(function, path, http.RequestAborted)
            ? Results.StatusCode(StatusCodes.Status202Accepted)
            : throw new ParameterValueException("input", $"There is no blob '{path}' that the trigger's path fits.");
    }

    private async Task<IResult> StartAsync(HttpContext http, FunctionDescriptor function, string? json)
    {
        var id = Guid.NewGuid().ToString("N");
        try
        {
            await services.GetRequiredService<LocalDurableTaskClient>().StartAsync(id, function.DurableName, json, null);
        }
        catch (ArgumentException exception)
        {
            throw new ParameterValueException("input", exception.Message, exception);
        }

        var key = keys.IsEnabled ? keys.SystemKey(FunctionKeys.DurableTaskExtension) : null;
        var payload = HttpManagementPayload.Of($"{http.Request.Scheme}://{http.Request.Host}", id, key);
        return Results.Accepted(payload.StatusQueryGetUri, payload);
    }

    private async Task RunActivityAsync(FunctionDescriptor function, string? json)
    {
        await Task.Yield();
        var instanceId = "manual-" + Guid.NewGuid().ToString("N");
        var context = new LocalActivityContext(new ActivityWork(0, 0, instanceId, function.DurableName, null, json, 0));
        var data = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase) { ["instanceId"] = instanceId };
        await invoker.InvokeAsync(function, new DurableInvocation(context, json), data, lifetime.ApplicationStopping);
    }

    private async Task<IResult> SignalAsync(HttpContext http, FunctionDescriptor function, JsonElement input)
    {
        const string Shape = """The input of an entity function is a signal: {"key": "...", "operation": "...", "input": ...}.""";
        if (input.ValueKind != JsonValueKind.Object || !TryText(input, "key", out var key) || !TryText(input, "operation", out var operation))
            throw new ParameterValueException("input", Shape);
        object? payload = input.TryGetProperty("input", out var given) && given.ValueKind != JsonValueKind.Null ? given : null;
        try
        {
            await services.GetRequiredService<DurableTaskClient>().Entities
                .SignalEntityAsync(new EntityInstanceId(function.DurableName, key), operation, payload, null, http.RequestAborted);
        }
        catch (ArgumentException exception)
        {
            throw new ParameterValueException("input", exception.Message, exception);
        }

        return Results.StatusCode(StatusCodes.Status202Accepted);
    }

    private Task<IResult> RunHttp(FunctionDescriptor function, JsonElement input)
    {
        var trigger = (HttpTriggerAttribute)function.Trigger;
        var route = HttpFunctionEndpoints.Template(function, services.GetRequiredService<HostSettings>().RoutePrefix);
        if (RoutePatternFactory.Parse(route).Parameters.FirstOrDefault(parameter => !parameter.IsOptional && parameter.Default is null) is { } missing)
            throw new ParameterValueException("name", $"'{function.Name}' needs a value for '{missing.Name}' in its route; call its own address /{route}.");
        var method = trigger.Methods is { Length: > 0 } methods
            ? methods.FirstOrDefault(name => name.Equals(HttpMethods.Post, StringComparison.OrdinalIgnoreCase)) ?? methods[0]
            : HttpMethods.Post;
        return Taken(function, RunHttpAsync(function, method.ToUpperInvariant(), "/" + route.Split('{')[0].TrimEnd('/'), input));
    }

    private async Task RunHttpAsync(FunctionDescriptor function, string method, string path, JsonElement input)
    {
        // The element belongs to a document that is gone when the answer is sent.
        var body = input.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => [],
            JsonValueKind.String => Encoding.UTF8.GetBytes(input.GetString()!),
            _ => Encoding.UTF8.GetBytes(input.GetRawText()),
        };
        await Task.Yield();
        await using var scope = services.CreateAsyncScope();
        var http = new DefaultHttpContext { RequestServices = scope.ServiceProvider, RequestAborted = lifetime.ApplicationStopping };
        http.Request.Method = method;
        http.Request.Scheme = "http";
        http.Request.Host = new HostString("localhost");
        http.Request.Path = path;
        http.Request.ContentType = "application/json";
        http.Request.ContentLength = body.Length;
        http.Request.Body = new MemoryStream(body);
        http.Response.Body = Stream.Null;
        var result = await invoker.InvokeAsync(new FunctionCall(function) { HttpContext = http, BindingData = http.Request.RouteValues }, http.RequestAborted);
        await HttpResultWriter.WriteAsync(http, function, result);
        LogAnswered(logger, function.Name, http.Response.StatusCode);
    }

    // What the app declares as the input of a durable function; null when only its code knows.
    private static Type? InputType(FunctionDescriptor function) => function.Kind == TriggerKind.Activity
        ? function.TriggerParameter.ParameterType == typeof(DurableTask.TaskActivityContext) ? null : function.TriggerParameter.ParameterType
        : function.Parameters.FirstOrDefault(parameter => parameter != function.TriggerParameter && DurableParameterBinder.IsInput(parameter))?.ParameterType;

    // A text may stand for itself or, as in the real host, hold JSON: the declared type decides, and where there is none, whether it is JSON.
    private string? Payload(JsonElement input, Type? type)
    {
        if (input.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return null;
        var json = input.GetRawText();
        if (input.ValueKind == JsonValueKind.String && type != typeof(string) && IsJson(input.GetString()!))
            json = input.GetString()!;
        if (type is null)
            return json;
        try
        {
            services.GetRequiredService<OrchestrationEngine>().Converter.Deserialize(json, type);
            return json;
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new ParameterValueException("input", $"The input does not fit the function's parameter of type {type.Name}.", exception);
        }
    }

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool TryText(JsonElement input, string name, out string text)
    {
        text = input.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return text.Length > 0;
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "The run of '{Function}' by hand succeeded")]
    private static partial void LogSucceeded(ILogger logger, string function);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "The run of '{Function}' by hand failed")]
    private static partial void LogFailed(ILogger logger, Exception exception, string function);

    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message = "'{Function}', run by hand, answered {Status}")]
    private static partial void LogAnswered(ILogger logger, string function, int status);
}
