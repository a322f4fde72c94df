using System.Collections.Frozen;
using Iml4e.Functions.Http;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Dashboard;

/// <summary>The files of the dashboard, read once from <c>wwwroot</c>; a path is only ever looked up in this list, never handed to the file system.</summary>
internal sealed class DashboardFiles
{
    private readonly FrozenDictionary<string, (byte[] Content, string MediaType)> _files = Load();

    /// <summary>A file by its path below <c>wwwroot</c>.</summary>
    public IResult Get(string path) =>
        _files.TryGetValue(path, out var file) ? Results.Bytes(file.Content, file.MediaType) : throw ApiException.NotFound("page", path.Length > 100 ? path[..100] : path);

    private static FrozenDictionary<string, (byte[], string)> Load()
    {
        var root = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        if (!Directory.Exists(root))
            return FrozenDictionary<string, (byte[], string)>.Empty;
        return Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).ToFrozenDictionary(
            f => Path.GetRelativePath(root, f).Replace('\\', '/'), f => (System.IO.File.ReadAllBytes(f), MediaType(f)), StringComparer.Ordinal);
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
}
