using System.Net;
using System.Text;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.Worker.Extensions.DurableTask.Http;
using Microsoft.Extensions.Primitives;

namespace Iml4e.LocalRuntime.Durable.Hosting;

/// <summary>The built-in activity that makes HTTP requests for orchestrations.</summary>
internal sealed class HttpActivity(DurableTaskSettings settings) : IDisposable
{
    /// <summary>The reserved name that orchestrations call it by.</summary>
    public const string Name = "BuiltIn::HttpActivity";

    private readonly HttpClient client = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = settings.MaxPayloadBytes,
    };

    /// <exception cref="HttpRequestException">No answer came, it is too large, or it is one that is to be retried.</exception>
    /// <exception cref="TimeoutException">No answer came in the request's time.</exception>
    /// <exception cref="ArgumentException">The request cannot be made.</exception>
    public async Task<DurableHttpResponse> RunAsync(DurableHttpRequest request, CancellationToken cancellationToken)
    {
        if (request.Uri is not { IsAbsoluteUri: true } address || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException($"'{request.Uri}' is not an absolute http or https address.");
        using var message = Message(request);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (request.Timeout is { } timeout)
            limit.CancelAfter(timeout);
        try
        {
            using var response = await client.SendAsync(message, limit.Token);
            var content = await response.Content.ReadAsStringAsync(limit.Token);
            if (request.HttpRetryOptions is { } retry && IsRetried(retry, response.StatusCode))
            {
                throw new HttpRequestException(
                    FormattableString.Invariant($"{request.Method} {address} answered {(int)response.StatusCode}."), null, response.StatusCode);
            }

            return new DurableHttpResponse(response.StatusCode) { Headers = Headers(response), Content = content };
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{request.Method} {address} did not answer within {request.Timeout}.", exception);
        }
    }

    public void Dispose() => client.Dispose();

    private static bool IsRetried(HttpRetryOptions options, HttpStatusCode status) =>
        options.StatusCodesToRetry.Count == 0 ? (int)status >= 400 : options.StatusCodesToRetry.Contains(status);

    private static HttpRequestMessage Message(DurableHttpRequest request)
    {
        var message = new HttpRequestMessage(request.Method, request.Uri);
        if (request.Content is not null)
            message.Content = new StringContent(request.Content, Encoding.UTF8, "application/json");
        foreach (var (name, values) in request.Headers ?? new Dictionary<string, StringValues>())
        {
            if (string.Equals(name, "Content-Type", StringComparison.OrdinalIgnoreCase))
                message.Content?.Headers.Remove(name);
            if (!message.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
                message.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }

        return message;
    }

    private static Dictionary<string, StringValues> Headers(HttpResponseMessage response) => response.Headers.Concat(response.Content.Headers).ToDictionary(
        header => header.Key, header => new StringValues([.. header.Value]), StringComparer.OrdinalIgnoreCase);
}
