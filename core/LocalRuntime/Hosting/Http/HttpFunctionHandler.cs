using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Hosting.Security;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Hosting.Http;

/// <summary>Serves a request by a function: key, limits, invocation, answer.</summary>
internal sealed class HttpFunctionHandler(
    FunctionInvoker invoker, FunctionKeys keys, RequestLimiter limiter, HostSettings settings, TimeProvider time, ILogger<HttpFunctionHandler> logger)
{
    public async Task HandleAsync(HttpContext http, FunctionDescriptor function)
    {
        if (!keys.Allows(http.Request, ((HttpTriggerAttribute)function.Trigger).AuthLevel, function.Name))
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        if (!await limiter.EnterAsync(http.RequestAborted))
        {
            http.Response.Headers.RetryAfter = "1";
            await Problem.WriteAsync(http, StatusCodes.Status429TooManyRequests, "Too many requests are waiting; try again in a moment.");
            return;
        }

        CancellationTokenSource? timeout = null;
        CancellationTokenSource? either = null;
        try
        {
            var cancellation = http.RequestAborted;
            if (settings.FunctionTimeout is { } limit)
            {
                timeout = new CancellationTokenSource(limit, time);
                either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
                cancellation = either.Token;
            }

            var result = await invoker.InvokeAsync(
                new FunctionCall(function) { HttpContext = http, BindingData = http.Request.RouteValues }, cancellation);
            await HttpResultWriter.WriteAsync(http, function, result);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; nobody reads an answer.
            if (!http.Response.HasStarted)
                http.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (OperationCanceledException) when (timeout is { IsCancellationRequested: true } && !http.Response.HasStarted)
        {
            logger.LogError("Function '{Function}' ran longer than {Timeout} and was cancelled", function.Name, settings.FunctionTimeout);
            await Problem.WriteAsync(http, StatusCodes.Status504GatewayTimeout, "The function took longer than it may.");
        }
        finally
        {
            limiter.Exit();
            either?.Dispose();
            timeout?.Dispose();
        }
    }
}
