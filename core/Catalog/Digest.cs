using System.Security.Cryptography;

namespace Iml4e.Catalog;

/// <summary>Content addresses: "sha256:" and 64 lower-case hexadecimal digits.</summary>
public static class Digest
{
    private const string Prefix = "sha256:";

    /// <summary>The digest of the bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes, hash);
        return FromHash(hash);
    }

    /// <summary>True when the text has the form of a digest.</summary>
    public static bool IsValid(string? digest)
    {
        if (digest is not { Length: 71 } || !digest.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        foreach (var c in digest.AsSpan(Prefix.Length))
        {
            if (c is not ((>= '0' and <= '9') or (>= 'a' and <= 'f')))
                return false;
        }

        return true;
    }

    /// <summary>Gives the digest back when it has the right form.</summary>
    /// <exception cref="ArgumentException">It has not.</exception>
    public static string Check(string? digest)
        => IsValid(digest) ? digest! : throw new CatalogArgumentException(
            $"digest: {ResourceName.Quote(digest)} is not 'sha256:' and 64 lower-case hexadecimal digits");

    internal static string FromHash(ReadOnlySpan<byte> hash) => Prefix + Convert.ToHexStringLower(hash);

    internal static string BlobName(string digest) => $"sha256/{digest.AsSpan(7, 2)}/{digest.AsSpan(9)}";
}
