using Iml4e.LocalRuntime.Hosting.Invocation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Hosting.Http;

/// <summary>Turns exceptions and unanswered requests into problem details that tell the caller nothing of the inside.</summary>
internal sealed class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (http.Request.ContentLength is null && http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
            http.Request.Body = new TrailedBody(http.Request.Body);
        try
        {
            await next(http);
            if (http.Response.HasStarted)
                return;
            var endpoint = http.GetEndpoint();
            if (endpoint is null && http.Response.StatusCode == StatusCodes.Status404NotFound)
                await Problem.WriteAsync(http, StatusCodes.Status404NotFound, "Nothing is served at this address.");
            else if (http.Response.StatusCode == StatusCodes.Status405MethodNotAllowed && endpoint?.Metadata.GetMetadata<FunctionDescriptor>() is null)
                await Problem.WriteAsync(http, StatusCodes.Status405MethodNotAllowed, $"This address answers {http.Response.Headers.Allow}.");
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            if (!http.Response.HasStarted)
                http.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (ParameterValueException exception) when (!http.Response.HasStarted)
        {
            Reset(http);
            await Problem.WriteAsync(http, StatusCodes.Status400BadRequest, exception.Message, [(exception.Path, exception.Message)]);
        }
        catch (BadHttpRequestException exception) when (!http.Response.HasStarted)
        {
            Reset(http);
            await Problem.WriteAsync(http, exception.StatusCode, exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? "The body is larger than this address accepts."
                : "The request is not well-formed HTTP.");
        }
        catch (Exception exception) when (!http.Response.HasStarted)
        {
            var errorId = Guid.NewGuid().ToString("N");
            logger.LogError(exception, "Request {Method} {Path} failed (error {ErrorId})", http.Request.Method, http.Request.Path.Value, errorId);
            Reset(http);
            const string Detail = "Something went wrong here; the log knows more under the error id.";
            await Problem.WriteAsync(http, StatusCodes.Status500InternalServerError, Detail, errorId: errorId);
        }
    }

    private static void Reset(HttpContext http) => http.Response.Clear();
}
