using System.Text.Json.Serialization;
using Microsoft.Extensions.Primitives;

namespace Iml4e.LocalRuntime.Worker.Extensions.DurableTask.Http;

/// <summary>An HTTP request that an orchestration has made for it.</summary>
public class DurableHttpRequest
{
    public DurableHttpRequest(HttpMethod method, Uri uri)
    {
        Method = method;
        Uri = uri;
    }

    [JsonPropertyName("method")]
    [JsonConverter(typeof(HttpMethodJsonConverter))]
    public HttpMethod Method { get; }

    [JsonPropertyName("uri")]
    public Uri Uri { get; }

    [JsonPropertyName("headers")]
    [JsonConverter(typeof(HeadersJsonConverter))]
    public IDictionary<string, StringValues>? Headers { get; set; }

    /// <summary>The body, sent as UTF-8; null for none.</summary>
    [JsonPropertyName("content")]
    public string? Content { get; set; }

    /// <summary>Whether an answer 202 with a Location is followed up until another answer comes.</summary>
    [JsonPropertyName("asynchronousPatternEnabled")]
    public bool AsynchronousPatternEnabled { get; set; } = true;

    [JsonPropertyName("retryOptions")]
    public HttpRetryOptions? HttpRetryOptions { get; set; }

    /// <summary>How long one request may take; null for the client's own limit.</summary>
    [JsonPropertyName("timeout")]
    public TimeSpan? Timeout { get; set; }
}
