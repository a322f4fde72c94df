using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Iml4e.Catalog;

/// <summary>What stands in the log for a value of a masked field; bound to the model and the field, so that values cannot be followed from one to another.</summary>
internal readonly struct MaskedValue(MaskMethod method, ReadOnlyMemory<byte> key, string model, string field)
{
    /// <summary>Bytes below which a text has too few possible values for a digest that anybody can compute.</summary>
    public const int LeastDigestBytes = 16;

    private const string Prefix = "masked:";
    private const int KeptBytes = 16;
    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>Whether a text is one that a mask has made.</summary>
    public static bool IsMasked(ReadOnlySpan<char> text) =>
        text.Length == Prefix.Length + (2 * KeptBytes) && text.StartsWith(Prefix, StringComparison.Ordinal)
        && text[Prefix.Length..].IndexOfAnyExcept(Hexadecimal) < 0;

    /// <summary>The text in place of a text; null when it is dropped.</summary>
    public string? Text(string value) => Text(Encoding.UTF8.GetBytes(value), isText: true);

    /// <summary>The text in place of a value's bytes; null when it is dropped.</summary>
    public string? Text(ReadOnlySpan<byte> value, bool isText)
    {
        if (method == MaskMethod.Drop || (method == MaskMethod.Digest && !(isText && value.Length >= LeastDigestBytes)))
            return null;
        using var hash = method == MaskMethod.KeyedDigest
            ? IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key.Span)
            : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(model));
        hash.AppendData([0]);
        hash.AppendData(Encoding.UTF8.GetBytes(field));
        hash.AppendData([0]);
        hash.AppendData(value);
        Span<byte> digest = stackalloc byte[32];
        hash.GetHashAndReset(digest);
        return Prefix + Convert.ToHexStringLower(digest[..KeptBytes]);
    }
}
