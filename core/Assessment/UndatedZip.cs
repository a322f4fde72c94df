using System.IO.Compression;

namespace Iml4e.Assessment;

/// <summary>Zips whose bytes depend on what is in them alone: what is stored by its digest is the same when a step runs again.</summary>
internal static class UndatedZip
{
    // The earliest that a zip can tell.
    private static readonly DateTimeOffset Earliest = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Adds an entry that does not tell when it was made.</summary>
    public static ZipArchiveEntry CreateUndated(this ZipArchive zip, string name, CompressionLevel level)
    {
        var entry = zip.CreateEntry(name, level);
        entry.LastWriteTime = Earliest;
        return entry;
    }
}
