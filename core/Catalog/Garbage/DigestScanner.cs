using System.Globalization;

namespace Iml4e.Catalog;

/// <summary>Finds whatever has the form of a digest ("sha256:" and 64 hexadecimal digits) in bytes of any format.</summary>
internal static class DigestScanner
{
    /// <summary>Bytes of a digest's text; a reader in pieces keeps one less from the end of each piece.</summary>
    public const int Length = 7 + 64;

    /// <summary>Adds what is found; the set holds the first 128 bits of each.</summary>
    public static void Scan(ReadOnlySpan<byte> bytes, HashSet<UInt128> found)
    {
        while (bytes.IndexOf("sha256:"u8) is var at and >= 0 && at + Length <= bytes.Length)
        {
            if (TryRead(bytes.Slice(at + 7, 64), out var name))
                found.Add(name);
            bytes = bytes[(at + 7)..];
        }
    }

    /// <summary>Adds what is found in a stream of any length.</summary>
    public static async Task ScanAsync(Stream stream, HashSet<UInt128> found, CancellationToken ct)
    {
        var buffer = new byte[256 * 1024];
        var kept = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer.AsMemory(kept), ct)) > 0)
        {
            var filled = kept + read;
            Scan(buffer.AsSpan(0, filled), found);
            kept = Math.Min(filled, Length - 1);
            buffer.AsSpan(filled - kept, kept).CopyTo(buffer);
        }
    }

    /// <summary>The key of an artefact by the name of its blob; false when the name is none of ours.</summary>
    public static bool TryName(string blob, out UInt128 name)
    {
        name = default;
        return blob.Length == 7 + 3 + 62 && blob.StartsWith("sha256/", StringComparison.Ordinal) && blob[9] == '/'
            && UInt128.TryParse(string.Concat(blob.AsSpan(7, 2), blob.AsSpan(10, 30)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out name);
    }

    /// <summary>The digest of an artefact by the name of its blob.</summary>
    public static string Digest(string blob) => string.Concat("sha256:", blob.AsSpan(7, 2), blob.AsSpan(10));

    private static bool TryRead(ReadOnlySpan<byte> text, out UInt128 name)
    {
        name = default;
        foreach (var c in text)
        {
            if (c is not ((>= (byte)'0' and <= (byte)'9') or (>= (byte)'a' and <= (byte)'f')))
                return false;
        }

        return UInt128.TryParse(text[..32], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out name);
    }
}
