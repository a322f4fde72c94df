using System.IO.Compression;

namespace Iml4e.Assessment.Adversarial.Samples;

/// <summary>Several arrays in one file, as NumPy's savez writes them; the same arrays give the same bytes.</summary>
public static class NpzFile
{
    private const int MostEntries = 16;
    private const long MostBytes = 1L << 30;

    /// <summary>Writes arrays.</summary>
    public static byte[] Write(params IEnumerable<(string Name, byte[] Npy)> arrays)
    {
        ArgumentNullException.ThrowIfNull(arrays);
        using var result = new MemoryStream();
        using (var zip = new ZipArchive(result, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, npy) in arrays)
            {
                using var stream = zip.CreateUndated(name + ".npy", CompressionLevel.Fastest).Open();
                stream.Write(npy);
            }
        }

        return result.ToArray();
    }

    /// <summary>Reads one array.</summary>
    /// <exception cref="InvalidDataException">The file is no such file, too large, or has no such array.</exception>
    public static (float[] Values, int[] Shape) Read(byte[] file, string name)
    {
        using var zip = new ZipArchive(new MemoryStream(file, writable: false), ZipArchiveMode.Read);
        if (zip.Entries.Count > MostEntries || zip.GetEntry(name + ".npy") is not { } entry || entry.Length > MostBytes)
            throw new InvalidDataException($"the file has no array '{name}', or is too large");
        using var stream = entry.Open();
        using var content = new MemoryStream((int)entry.Length);
        var chunk = new byte[64 << 10];
        int read;
        while ((read = stream.Read(chunk)) > 0)
        {
            if (content.Length + read > entry.Length)
                throw new InvalidDataException("an array is longer than the file says");
            content.Write(chunk, 0, read);
        }

        return NpyFile.Read(content.GetBuffer().AsSpan(0, (int)content.Length));
    }
}
