using System.IO.Compression;

namespace Iml4e.Tests.Unit.Inference;

/// <summary>The real data that may lie beside the repository.</summary>
internal static class SharedData
{
    internal static string? Root { get; } = Find();

    internal static string Path(params string[] parts) => System.IO.Path.Combine([Root ?? throw new InvalidOperationException("no shared data"), .. parts]);

    internal static byte[] Read(params string[] parts) => File.ReadAllBytes(Path(parts));

    internal static byte[] Gunzip(params string[] parts)
    {
        using var file = File.OpenRead(Path(parts));
        using var gzip = new GZipStream(file, CompressionMode.Decompress);
        using var result = new MemoryStream();
        gzip.CopyTo(result);
        return result.ToArray();
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            // The data lie beside the repository; worktrees lie a level deeper.
            var data = System.IO.Path.Combine(folder.FullName, "shared", "data");
            if (File.Exists(System.IO.Path.Combine(data, "SHA256SUMS")))
                return data;
        }

        return null;
    }
}
