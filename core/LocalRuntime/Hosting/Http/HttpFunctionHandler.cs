using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Hosting.Security;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Hosting.Http;

/// <summary>Serves a request by a function: key, limits, invocation, answer.</summary>
internal sealed class HttpFunctionHandler(
    FunctionInvoker invoker, FunctionKeys keys, RequestLimiter limiter, ILogger<HttpFunctionHandler> logger)
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

        using var trace = RequestTrace.Continue(http);
        try
        {
            var result = await invoker.InvokeAsync(
                new FunctionCall(function) { HttpContext = http, BindingData = http.Request.RouteValues }, http.RequestAborted);
            await HttpResultWriter.WriteAsync(http, function, result);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; nobody reads an answer.
            if (!http.Response.HasStarted)
                http.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (FunctionTimeoutException exception) when (!http.Response.HasStarted)
        {
            logger.LogError("{Error}", exception.Message);
            await Problem.WriteAsync(http, StatusCodes.Status504GatewayTimeout, "The function took longer than it may.");
        }
        finally
        {
            limiter.Exit();
        }
    }
}
