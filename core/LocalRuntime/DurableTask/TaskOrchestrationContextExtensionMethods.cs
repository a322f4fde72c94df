using System.Globalization;
using System.Net;
using Iml4e.LocalRuntime.Durable.Hosting;
using Iml4e.LocalRuntime.Worker.Extensions.DurableTask.Http;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.DurableTask;

/// <summary>HTTP requests out of orchestrations.</summary>
public static class TaskOrchestrationContextExtensionMethods
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Makes an HTTP request; its answer is part of the history. With the asynchronous pattern, an answer 202 is followed up at its Location.
    /// </summary>
    /// <param name="context">The orchestration.</param>
    /// <param name="method">The method.</param>
    /// <param name="uri">An absolute address.</param>
    /// <param name="content">The body; null for none.</param>
    /// <param name="retryOptions">When the request is made again; null for never.</param>
    /// <exception cref="TaskFailedException">No answer came, or none but failures in all attempts.</exception>
    public static Task<DurableHttpResponse> CallHttpAsync(
        this TaskOrchestrationContext context, HttpMethod method, Uri uri, string? content = null, HttpRetryOptions? retryOptions = null) =>
        context.CallHttpAsync(new DurableHttpRequest(method, uri) { Content = content, HttpRetryOptions = retryOptions });

    /// <summary>
    /// Makes an HTTP request; its answer is part of the history. With the asynchronous pattern, an answer 202 is followed up at its Location.
    /// </summary>
    /// <param name="context">The orchestration.</param>
    /// <param name="request">The request.</param>
    /// <exception cref="TaskFailedException">No answer came, or none but failures in all attempts.</exception>
    public static async Task<DurableHttpResponse> CallHttpAsync(this TaskOrchestrationContext context, DurableHttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(request);
        var options = Retries(request.HttpRetryOptions);
        var logger = context.CreateReplaySafeLogger("Durable.Http");
        var address = request.Uri;
        var response = await context.CallActivityAsync<DurableHttpResponse>(HttpActivity.Name, request, options);
        while (request.AsynchronousPatternEnabled && response.StatusCode == HttpStatusCode.Accepted && Location(response, address) is { } next)
        {
            var due = context.CurrentUtcDateTime + RetryAfter(response, context.CurrentUtcDateTime);
            logger.LogInformation("{Address} works on it; asked again at {Due:o}", address, due);
            await context.CreateTimer(due, CancellationToken.None);
            address = next;
            var poll = new DurableHttpRequest(HttpMethod.Get, next)
            {
                Headers = request.Headers, HttpRetryOptions = request.HttpRetryOptions, Timeout = request.Timeout,
            };
            response = await context.CallActivityAsync<DurableHttpResponse>(HttpActivity.Name, poll, options);
        }

        return response;
    }

    private static TaskOptions? Retries(HttpRetryOptions? options) => options is null or { MaxNumberOfAttempts: <= 1 } ? null : TaskOptions.FromRetryPolicy(
        new RetryPolicy(
            options.MaxNumberOfAttempts,
            options.FirstRetryInterval,
            options.BackoffCoefficient,
            options.MaxRetryInterval,
            options.RetryTimeout == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : options.RetryTimeout));

    private static Uri? Location(DurableHttpResponse response, Uri address) =>
        Header(response, "Location") is { } text && Uri.TryCreate(address, text, out var next) ? next : null;

    // A number of seconds or a date.
    private static TimeSpan RetryAfter(DurableHttpResponse response, DateTime now) => Header(response, "Retry-After") switch
    {
        { } text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) => TimeSpan.FromSeconds(seconds),
        { } text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) && date.UtcDateTime > now =>
            date.UtcDateTime - now,
        _ => PollInterval,
    };

    private static string? Header(DurableHttpResponse response, string name) => response.Headers?
        .FirstOrDefault(header => string.Equals(header.Key, name, StringComparison.OrdinalIgnoreCase)).Value.FirstOrDefault();
}
