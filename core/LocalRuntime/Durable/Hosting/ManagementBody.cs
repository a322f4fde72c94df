using System.Text.Json;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Iml4e.LocalRuntime.Durable.Hosting;

/// <summary>Reads JSON bodies as the text that they are.</summary>
internal static class ManagementBody
{
    /// <summary>The body; null when there is none.</summary>
    /// <param name="http">The request.</param>
    /// <param name="maxBytes">The largest body that is read at all.</param>
    /// <exception cref="ParameterValueException">The body is not JSON.</exception>
    public static async Task<string?> ReadAsync(HttpContext http, long maxBytes)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = maxBytes;
        using var reader = new StreamReader(http.Request.Body);
        var text = await reader.ReadToEndAsync(http.RequestAborted);
        if (string.IsNullOrWhiteSpace(text))
            return null;
        try
        {
            using var document = JsonDocument.Parse(text);
            return text;
        }
        catch (JsonException exception)
        {
            throw new ParameterValueException("body", "Invalid JSON content: " + exception.Message, exception);
        }
    }

    /// <summary>Whether the body is said to be application/json; no other type will do.</summary>
    public static bool IsJson(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase);
}
