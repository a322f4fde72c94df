using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Iml4e.Functions.Channels;

/// <summary>The public half of a signing key: a point on the curve P-256 (RFC 7517, RFC 7518 section 6.2).</summary>
/// <param name="X">First coordinate, base64url of 32 bytes.</param>
/// <param name="Y">Second coordinate, base64url of 32 bytes.</param>
internal sealed record JsonWebKey(string X, string Y)
{
    /// <summary>Name of the key: its thumbprint (RFC 7638, SHA-256), which a client can compute and pin.</summary>
    public string Thumbprint => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{X}}","y":"{{Y}}"}""")));

    /// <summary>The public half of a key.</summary>
    /// <exception cref="ArgumentException">It is on another curve.</exception>
    public static JsonWebKey Of(ECDsa key)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        // The name of the curve is written differently from platform to platform; its number is not.
        if (parameters.Curve.Oid?.Value is { } oid ? oid != ECCurve.NamedCurves.nistP256.Oid.Value : key.KeySize != 256)
            throw new ArgumentException("The key is not on the curve P-256.");
        return new JsonWebKey(Base64Url.EncodeToString(parameters.Q.X), Base64Url.EncodeToString(parameters.Q.Y));
    }
}
