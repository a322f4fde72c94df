using System.Security.Cryptography;
using System.Text;

namespace Iml4e.Catalog;

/// <summary>Idempotency keys: any text of 1 to 400 characters; stored documents are named by its hash.</summary>
internal static class KeyRule
{
    public static string Check(string? key)
        => key is { Length: >= 1 and <= 400 } && !ContainsControl(key)
            ? key
            : throw new CatalogArgumentException($"key: {ResourceName.Quote(key)} is not a key; use 1 to 400 characters without control characters");

    public static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 16));

    private static bool ContainsControl(string text)
    {
        foreach (var c in text)
        {
            if (char.IsControl(c))
                return true;
        }

        return false;
    }
}
