using Iml4e.Catalog;
using Iml4e.Functions.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Iml4e.Functions.Http;

/// <summary>
/// Turns what a caller caused into problem details. Anything else is our fault: it is logged with the invocation id, and the caller gets a 500 that
/// carries that id and nothing of the inside. Runs for HTTP triggers; other triggers keep their exceptions, which the host's retry rules need.
/// </summary>
internal sealed class ErrorMiddleware(DamageReport damage, ILogger<ErrorMiddleware> logger) : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next) =>
        context.GetHttpContext() is { } http ? Guard(context, http, next) : next(context);

    private async Task Guard(FunctionContext context, HttpContext http, FunctionExecutionDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            context.GetInvocationResult().Value = Results.StatusCode(499);
        }
        catch (Exception e) when (Unwrap(e) is var cause && !http.Response.HasStarted)
        {
            if (cause is DigestMismatchException file)
                damage.Found(file);
            else if (cause is DocumentDamagedException document)
                damage.Found(document);
            var result = Problem.For(cause);
            if (result is null)
            {
                logger.LogError(cause, "Function {Function} failed in invocation {InvocationId}.", context.FunctionDefinition.Name, context.InvocationId);
                result = Problem.Result(500, "internal", $"The request failed for a reason of ours; it is logged under {context.InvocationId}.");
            }

            context.GetInvocationResult().Value = result;
        }
    }

    private static Exception Unwrap(Exception e) =>
        e is (AggregateException or System.Reflection.TargetInvocationException) and { InnerException: { } inner } ? Unwrap(inner) : e;
}
