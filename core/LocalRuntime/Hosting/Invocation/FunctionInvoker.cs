using System.Collections.Concurrent;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>
/// Runs functions: a scope, the middleware, an instance of the class, the parameters' values, the method, the outputs.
/// Continuations stay on the caller's synchronisation context, which orchestrators need: they run on one logical thread.
/// </summary>
internal sealed partial class FunctionInvoker
{
    // A timer of the system counts no more than 49 days.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(49);
    private readonly IServiceScopeFactory scopes;
    private readonly ILoggerFactory loggers;
    private readonly TimeProvider time;
    private readonly TimeSpan? limit;
    private readonly FunctionExecutionDelegate? pipeline;
    private readonly ConcurrentDictionary<FunctionDescriptor, ILogger> loggerByFunction = new();

    public FunctionInvoker(
        IServiceScopeFactory scopes, FunctionPipeline pipeline, ILoggerFactory loggers, TimeProvider time, HostSettings? settings = null)
    {
        this.scopes = scopes;
        this.loggers = loggers;
        this.time = time;
        limit = settings?.FunctionTimeout <= LongestTimeout ? settings.FunctionTimeout : null;
        this.pipeline = pipeline.IsEmpty ? null : pipeline.Build(context => ExecuteAsync(Local(context)).AsTask());
    }

    /// <summary>Runs a function and gives its result, as middleware left it; what the function throws is thrown.</summary>
    public ValueTask<object?> InvokeAsync(
        FunctionDescriptor function, object? triggerValue, IReadOnlyDictionary<string, object?>? bindingData, CancellationToken cancellationToken)
        => InvokeAsync(new FunctionCall(function) { TriggerValue = triggerValue, BindingData = bindingData }, cancellationToken);

    /// <summary>Runs a function and gives its result, as middleware left it; what the function throws is thrown.</summary>
    /// <exception cref="FunctionTimeoutException">The function ended because it was cancelled: it ran longer than host.json allows.</exception>
    public ValueTask<object?> InvokeAsync(FunctionCall call, CancellationToken cancellationToken)
        => limit is { } allowed && call.Function.Kind != TriggerKind.Orchestration
            ? InvokeWithinAsync(allowed, call, cancellationToken)
            : InvokeInScopeAsync(call, cancellationToken);

    private async ValueTask<object?> InvokeWithinAsync(TimeSpan allowed, FunctionCall call, CancellationToken cancellationToken)
    {
        using var ended = new CancellationTokenSource(allowed, time);
        using var caller = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), ended);
        try
        {
            return await InvokeInScopeAsync(call, ended.Token);
        }
        catch (OperationCanceledException exception) when (ended.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new FunctionTimeoutException(call.Function.Name, allowed, exception);
        }
    }

    private async ValueTask<object?> InvokeInScopeAsync(FunctionCall call, CancellationToken cancellationToken)
    {
        if (call.HttpContext is { } http)
            return await RunAsync(new LocalFunctionContext(call, http.RequestServices, cancellationToken));
        await using var scope = scopes.CreateAsyncScope();
        return await RunAsync(new LocalFunctionContext(call, scope.ServiceProvider, cancellationToken));
    }

    private static LocalFunctionContext Local(FunctionContext context) => context as LocalFunctionContext
        ?? throw new InvalidOperationException("Middleware must pass on the context that it was given.");

    private static async ValueTask ExecuteAsync(LocalFunctionContext context)
    {
        var function = context.Function;
        var bindings = function.Bindings;
        var arguments = bindings.Length == 0 ? [] : new object?[bindings.Length];
        for (var i = 0; i < arguments.Length; i++)
        {
            var value = bindings[i](context);
            arguments[i] = value.IsCompletedSuccessfully ? value.Result : await value;
        }

        var instance = function.CreateInstance(context.InstanceServices);
        try
        {
            var result = function.CallAsync(instance, arguments);
            context.Result = result.IsCompletedSuccessfully ? result.Result : await result;
        }
        finally
        {
            if (instance is IAsyncDisposable asyncDisposable)
                await asyncDisposable.DisposeAsync();
            else if (instance is IDisposable disposable)
                disposable.Dispose();
        }
    }

    private async ValueTask<object?> RunAsync(LocalFunctionContext context)
    {
        var function = context.Function;
        var logger = loggerByFunction.TryGetValue(function, out var known)
            ? known
            : loggerByFunction.GetOrAdd(function, static (key, factory) => factory.CreateLogger("Function." + key.Name), loggers);
        var level = function.Kind is TriggerKind.Timer or TriggerKind.Blob ? LogLevel.Information : LogLevel.Debug;
        var logs = logger.IsEnabled(level);
        var start = logs ? time.GetTimestamp() : 0;
        if (logs)
            LogExecuting(logger, level, function.Name, context.InvocationId);
        try
        {
            if (pipeline is null)
                await ExecuteAsync(context);
            else
                await pipeline(context);
            foreach (var output in function.Outputs)
                await output(context, context.Result);
        }
        catch (Exception exception)
        {
            // HTTP and the durable engine tell of failures themselves: the one with an error id, the other in the instance's history.
            if (function.Kind is TriggerKind.Timer or TriggerKind.Blob)
                LogFailed(logger, LogLevel.Error, exception, function.Name, context.InvocationId);
            else if (logs)
                LogFailed(logger, level, exception, function.Name, context.InvocationId);
            throw;
        }

        if (logs)
            LogExecuted(logger, level, function.Name, context.InvocationId, time.GetElapsedTime(start).TotalMilliseconds);
        return context.Result;
    }

    [LoggerMessage(EventId = 1, Message = "Executing '{Function}' (Id={InvocationId})")]
    private static partial void LogExecuting(ILogger logger, LogLevel level, string function, string invocationId);

    [LoggerMessage(EventId = 2, Message = "Executed '{Function}' (Succeeded, Id={InvocationId}, Duration={Milliseconds:0.0} ms)")]
    private static partial void LogExecuted(ILogger logger, LogLevel level, string function, string invocationId, double milliseconds);

    [LoggerMessage(EventId = 3, Message = "Executed '{Function}' (Failed, Id={InvocationId})")]
    private static partial void LogFailed(ILogger logger, LogLevel level, Exception exception, string function, string invocationId);
}
