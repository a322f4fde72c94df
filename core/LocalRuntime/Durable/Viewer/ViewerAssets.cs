using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>The files of the viewer's page, from inside the assembly.</summary>
internal static class ViewerAssets
{
    private const string Prefix = "Iml4e.LocalRuntime.Viewer.";

    // Nothing from elsewhere, nothing inline, and in no frame.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'";

    private static readonly Lazy<FrozenDictionary<string, byte[]>> Files = new(Load);

    /// <summary>A file by its name; the page itself is index.html.</summary>
    public static IResult Get(HttpResponse response, string name)
    {
        if (!Files.Value.TryGetValue(name, out var content))
            return Results.Problem($"The viewer has no file '{name}'.", statusCode: StatusCodes.Status404NotFound);
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers.CacheControl = "no-cache";
        return Results.Bytes(content, Path.GetExtension(name) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            _ => "text/javascript; charset=utf-8",
        });
    }

    private static FrozenDictionary<string, byte[]> Load()
    {
        var assembly = typeof(ViewerAssets).Assembly;
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToFrozenDictionary(
            name => name[Prefix.Length..],
            name =>
            {
                using var stream = assembly.GetManifestResourceStream(name)!;
                var content = new byte[stream.Length];
                stream.ReadExactly(content);
                return content;
            },
            StringComparer.Ordinal);
    }
}
