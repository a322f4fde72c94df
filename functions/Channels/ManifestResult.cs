using System.Security.Cryptography;
using System.Text;
using Iml4e.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Iml4e.Functions.Channels;

/// <summary>
/// A manifest with its signature: the JSON with a detached one in the header <c>x-iml4e-jws</c>, or all in one (<c>application/jose</c>) for whoever asks for
/// it.
/// </summary>
internal sealed class ManifestResult(byte[] payload, ManifestKeys keys) : IResult
{
    private const string Jose = "application/jose";

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        var compact = request.Headers.Accept.ToString().Contains(Jose, StringComparison.OrdinalIgnoreCase);
        // Signatures differ each time; what is signed, and by which key, says whether something is new.
        var current = await keys.CurrentAsync(httpContext.RequestAborted);
        var hash = SHA256.HashData([.. payload, .. Encoding.ASCII.GetBytes(current), compact ? (byte)1 : (byte)0]);
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(hash.AsSpan(0, 16))}\"");
        response.Headers.ETag = tag.ToString();
        response.Headers.CacheControl = "private, no-cache";
        response.Headers.Vary = "Accept";
        if (EntityTags.Match(request, tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var (signed, _) = await keys.SignAsync(payload, httpContext.RequestAborted);
        var body = compact ? Encoding.ASCII.GetBytes(signed.Compact) : payload;
        response.ContentType = compact ? Jose : "application/json";
        response.ContentLength = body.Length;
        response.Headers["x-iml4e-jws"] = signed.Detached;
        await response.Body.WriteAsync(body, httpContext.RequestAborted);
    }
}
