using System.Buffers.Text;
using System.Text;

namespace Iml4e.Catalog;

/// <summary>The storage's continuation tokens as callers see them: letters, digits, '-' and '_' only, so that they fit a URL.</summary>
internal static class PageToken
{
    public static string? Seal(string? token) => string.IsNullOrEmpty(token) ? null : Base64Url.EncodeToString(Encoding.UTF8.GetBytes(token));

    /// <exception cref="ArgumentException">The text is none of ours.</exception>
    public static string? Open(string? sealedToken)
    {
        if (string.IsNullOrEmpty(sealedToken))
            return null;
        try
        {
            if (sealedToken.Length <= 8192)
                return new UTF8Encoding(false, true).GetString(Base64Url.DecodeFromChars(sealedToken));
        }
        catch (Exception e) when (e is FormatException or DecoderFallbackException)
        {
            // Falls through to the one message for all that is not a token.
        }

        throw new CatalogArgumentException("after: not a page token of this list");
    }
}
