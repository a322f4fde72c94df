using System.Globalization;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Telemetry;
using Iml4e.Inference;
using Iml4e.Inference.OpenInference;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Iml4e.Functions.Serving;

/// <summary>Failures as the Open Inference Protocol tells them: <c>{"error": message}</c> with the status of the specification's table (section 3.2).</summary>
internal sealed class ServingErrors(AppMetrics metrics, ILogger<ServingErrors> logger)
{
    /// <summary>The answer for an exception; what is our own doing is logged, and the caller learns nothing of the inside.</summary>
    public IResult Answer(Exception exception)
    {
        var (status, message, retryAfter) = exception switch
        {
            OpenInferenceException e => (e.Status, e.Message, (int?)(e.Status == 503 ? 1 : null)),
            OverloadedException e => (429, e.Message, (int)Math.Clamp(Math.Ceiling(e.RetryAfter.TotalSeconds), 1, 3600)),
            ApiException e => (e.Status, e.Message, e.RetryAfter),
            BadHttpRequestException e => (e.StatusCode, "the HTTP request is not valid", null),
            InferenceFailedException { InvalidInput: true } e => (400, e.Message, null),
            InferenceFailedException e => (500, e.Message, null),
            InvalidModelException => (503, "the model cannot be loaded", 60),
            CatalogUnavailableException => (503, "the storage does not answer; try again", 2),
            CatalogConflictException => (409, "the model's serving was changed by somebody else at the same time; try again", 1),
            _ => (500, "the inference failed", null),
        };
        metrics.RequestFailed(status);
        if (status >= 500 && exception is not OpenInferenceException)
            logger.LogError(exception, "A request of the Open Inference Protocol failed with {Status}.", status);
        return new ErrorResult(status, message, retryAfter);
    }

    /// <summary>An answer of 405 or 404 to an address and verb that nothing is served at.</summary>
    public static IResult Unserved(string? allow) => allow is null
        ? new ErrorResult(404, "nothing is served at this address", null)
        : new ErrorResult(405, $"this address answers {allow}", null) { Allow = allow };

    private sealed class ErrorResult(int status, string message, int? retryAfter) : IResult
    {
        public string? Allow { get; init; }

        public Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = status;
            if (retryAfter is { } seconds)
                response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            if (Allow is not null)
                response.Headers.Allow = Allow;
            return response.WriteAsJsonAsync(new { error = message }, ApiJson.Options, "application/json", httpContext.RequestAborted);
        }
    }
}
