using System.Collections.Frozen;
using System.Security.Cryptography;
using Iml4e.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Iml4e.Functions.Dashboard;

/// <summary>The files of the dashboard, read once from <c>wwwroot</c>; a path is only ever looked up in this list, never handed to the file system.</summary>
internal sealed class DashboardFiles
{
    // Nothing from elsewhere, nothing inline, and in no frame.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'";

    private readonly FrozenDictionary<string, DashboardFile> _files = Load();

    /// <summary>A file by its path below <c>wwwroot</c>.</summary>
    public IResult Get(HttpRequest request, string path)
    {
        if (!_files.TryGetValue(path, out var file))
            throw ApiException.NotFound("page", path.Length > 100 ? path[..100] : path);
        var headers = request.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache";
        return Results.Bytes(file.Content, file.MediaType, entityTag: file.Tag);
    }

    private static FrozenDictionary<string, DashboardFile> Load()
    {
        var root = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (!Directory.Exists(root))
            return FrozenDictionary<string, DashboardFile>.Empty;
        return Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).ToFrozenDictionary(
            f => Path.GetRelativePath(root, f).Replace('\\', '/'), f => Read(f), StringComparer.Ordinal);
    }

    private static DashboardFile Read(string path)
    {
        var content = System.IO.File.ReadAllBytes(path);
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 16))}\"");
        return new DashboardFile(content, MediaType(path), tag);
    }

    private static string MediaType(string file) => Path.GetExtension(file) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        ".json" => "application/json",
        _ => "application/octet-stream",
    };

    private sealed record DashboardFile(byte[] Content, string MediaType, EntityTagHeaderValue Tag);
}
