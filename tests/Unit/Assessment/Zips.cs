using System.IO.Compression;

namespace Iml4e.Tests.Unit.Assessment;

/// <summary>Zip archives for tests.</summary>
internal static class Zips
{
    /// <summary>An archive of files, in the order given.</summary>
    /// <param name="files">Names, also with folders, and contents.</param>
    internal static byte[] Of(params IEnumerable<(string Name, byte[] Content)> files)
    {
        using var result = new MemoryStream();
        using (var zip = new ZipArchive(result, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var stream = zip.CreateEntry(name).Open();
                stream.Write(content);
            }
        }

        return result.ToArray();
    }
}
