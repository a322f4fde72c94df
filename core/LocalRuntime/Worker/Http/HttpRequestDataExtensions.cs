using System.Net;
using System.Text;
using Azure.Core.Serialization;
using Iml4e.LocalRuntime.Hosting.Http;

namespace Iml4e.LocalRuntime.Worker.Http;

/// <summary>Reads a request.</summary>
public static class HttpRequestDataExtensions
{
    /// <summary>The body as text, UTF-8 when not said otherwise.</summary>
    public static async Task<string?> ReadAsStringAsync(this HttpRequestData request, Encoding? encoding = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var reader = new StreamReader(request.Body, encoding ?? Encoding.UTF8, true, 1024, leaveOpen: true);
        return await reader.ReadToEndAsync();
    }

    /// <summary>The body as text, UTF-8 when not said otherwise.</summary>
    public static string? ReadAsString(this HttpRequestData request, Encoding? encoding = null)
        => Task.Run(() => request.ReadAsStringAsync(encoding)).GetAwaiter().GetResult();

    /// <summary>The body as JSON, with the serialiser of <see cref="WorkerOptions"/>.</summary>
    public static ValueTask<T?> ReadFromJsonAsync<T>(this HttpRequestData request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.ReadFromJsonAsync<T>(WorkerSerializer.Of(request.FunctionContext), cancellationToken);
    }

    /// <summary>The body as JSON, with a given serialiser.</summary>
    public static async ValueTask<T?> ReadFromJsonAsync<T>(
        this HttpRequestData request, ObjectSerializer serializer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(serializer);
        return (T?)await serializer.DeserializeAsync(request.Body, typeof(T), cancellationToken);
    }

    /// <summary>An empty response of a status.</summary>
    public static HttpResponseData CreateResponse(this HttpRequestData request, HttpStatusCode statusCode)
    {
        ArgumentNullException.ThrowIfNull(request);
        var response = request.CreateResponse();
        response.StatusCode = statusCode;
        return response;
    }
}
