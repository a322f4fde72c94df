using System.Globalization;
using System.Net.Http.Headers;

namespace Iml4e.Benchmarks;

/// <summary>A request that is sent again and again.</summary>
/// <param name="Path">Below the server's root.</param>
/// <param name="Body">The bytes.</param>
/// <param name="JsonLength">Length of the JSON part when a tensor follows; null = all of it is JSON.</param>
internal sealed record BenchmarkRequest(string Path, byte[] Body, int? JsonLength = null)
{
    /// <summary>The HTTP message.</summary>
    public HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new ByteArrayContent(Body) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue(JsonLength is null ? "application/json" : "application/octet-stream");
        if (JsonLength is { } length)
            message.Headers.Add("Inference-Header-Content-Length", length.ToString(CultureInfo.InvariantCulture));
        return message;
    }
}
