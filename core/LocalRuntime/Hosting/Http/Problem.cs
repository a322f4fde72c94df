using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Iml4e.LocalRuntime.Hosting.Http;

/// <summary>Writes RFC 9457 problem details.</summary>
internal static class Problem
{
    public static async Task WriteAsync(
        HttpContext http, int status, string detail, IReadOnlyList<(string Path, string Message)>? errors = null, string? errorId = null)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/problem+json";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("type", "about:blank");
        json.WriteString("title", ReasonPhrases.GetReasonPhrase(status));
        json.WriteNumber("status", status);
        json.WriteString("detail", detail);
        if (errorId is not null)
            json.WriteString("errorId", errorId);
        if (errors is not null)
        {
            json.WriteStartArray("errors");
            foreach (var (path, message) in errors)
            {
                json.WriteStartObject();
                json.WriteString("path", path);
                json.WriteString("message", message);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
