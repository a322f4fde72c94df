using System.Net;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Primitives;

namespace Iml4e.LocalRuntime.Worker.Extensions.DurableTask.Http;

/// <summary>The answer to an HTTP request that was made for an orchestration.</summary>
public class DurableHttpResponse
{
    public DurableHttpResponse(HttpStatusCode statusCode) => StatusCode = statusCode;

    [JsonPropertyName("statusCode")]
    public HttpStatusCode StatusCode { get; }

    [JsonPropertyName("headers")]
    [JsonConverter(typeof(HeadersJsonConverter))]
    public IDictionary<string, StringValues>? Headers { get; init; }

    [JsonPropertyName("content")]
    public string? Content { get; init; }
}
