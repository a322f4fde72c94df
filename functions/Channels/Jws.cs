using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Iml4e.Functions.Channels;

/// <summary>A JSON Web Signature with ES256 (RFC 7515, RFC 7518 section 3.4).</summary>
/// <param name="Protected">Protected header, base64url.</param>
/// <param name="Payload">Payload, base64url.</param>
/// <param name="Signature">Signature, base64url of r and s.</param>
internal sealed record Jws(string Protected, string Payload, string Signature)
{
    /// <summary>The type that the header of a channel's manifest names, so that no other signature of the same key passes for one.</summary>
    public const string ManifestType = "iml4e-channel+jws";

    /// <summary>Header, payload and signature with dots between.</summary>
    public string Compact => $"{Protected}.{Payload}.{Signature}";

    /// <summary>The same without the payload, which is sent by itself (RFC 7515, appendix F).</summary>
    public string Detached => $"{Protected}..{Signature}";

    /// <summary>Signs a payload.</summary>
    public static Jws Sign(ECDsa key, string keyId, ReadOnlySpan<byte> payload)
    {
        var header = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"alg":"ES256","kid":"{{keyId}}","typ":"{{ManifestType}}"}"""));
        var body = Base64Url.EncodeToString(payload);
        var signature = key.SignData(
            Encoding.ASCII.GetBytes($"{header}.{body}"), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return new Jws(header, body, Base64Url.EncodeToString(signature));
    }
}
