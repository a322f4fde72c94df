using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Jobs;

namespace Iml4e.CommandLine.Channels;

/// <summary>The keys that a client trusts, by their thumbprints (RFC 7638): whatever an app publishes, no other counts.</summary>
internal sealed class PinnedKeys
{
    private const int ThumbprintLength = 43;

    private readonly HashSet<string> _thumbprints = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ECParameters> _known = new(StringComparer.Ordinal);

    /// <summary>Reads pins: thumbprints, or files.</summary>
    /// <exception cref="RequestException">A pin is neither.</exception>
    public static PinnedKeys Read(IReadOnlyList<string> pins)
    {
        var keys = new PinnedKeys();
        foreach (var pin in pins)
        {
            if (pin.Length == ThumbprintLength && Base64Url.IsValid(pin) && !File.Exists(pin))
                keys._thumbprints.Add(pin);
            else if (File.Exists(pin))
                keys.Trust(File.ReadAllText(pin), pin);
            else
                throw new RequestException($"--pin {pin}: neither the thumbprint of a key (43 characters) nor a file.");
        }

        return keys._thumbprints.Count > 0
            ? keys
            : throw new RequestException(
                "--pin is needed: the thumbprint of the key that is trusted (the kid in /api/.well-known/jwks.json), or a file with it.");
    }

    /// <summary>Whether a key of this name is trusted.</summary>
    public bool IsTrusted(string keyId) => _thumbprints.Contains(keyId);

    /// <summary>Whether the key itself is at hand.</summary>
    public bool Has(string keyId) => _known.ContainsKey(keyId);

    /// <summary>Takes from a published set the keys whose thumbprints are trusted; each is computed, not believed.</summary>
    public void Learn(JsonNode? set)
    {
        foreach (var key in set?["keys"] as JsonArray ?? [])
        {
            if (Parse(key) is { } read && IsTrusted(Thumbprint(read)))
                _known[Thumbprint(read)] = read;
        }
    }

    /// <summary>The key of a trusted name.</summary>
    public ECDsa Open(string keyId) => ECDsa.Create(_known[keyId]);

    /// <summary>The name of a key: SHA-256 over its canonical JSON, base64url.</summary>
    public static string Thumbprint(ECParameters key) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(
        $$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(key.Q.X)}}","y":"{{Base64Url.EncodeToString(key.Q.Y)}}"}""")));

    /// <summary>A key on P-256 from its JSON; null when it is none.</summary>
    public static ECParameters? Parse(JsonNode? key)
    {
        if (key is not JsonObject || Text(key, "kty") != "EC" || Text(key, "crv") != "P-256")
            return null;
        try
        {
            var parameters = new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = Base64Url.DecodeFromChars(Text(key, "x")), Y = Base64Url.DecodeFromChars(Text(key, "y")) },
            };
            // A point that is not on the curve is refused here.
            using var tried = ECDsa.Create(parameters);
            return parameters;
        }
        catch (Exception e) when (e is CryptographicException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static string? Text(JsonNode key, string name) => key[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private void Trust(string text, string file)
    {
        var found = new List<ECParameters>();
        if (text.Contains("-----BEGIN PUBLIC KEY", StringComparison.Ordinal))
        {
            try
            {
                using var key = ECDsa.Create();
                key.ImportFromPem(text);
                if (key.KeySize == 256)
                    found.Add(key.ExportParameters(includePrivateParameters: false));
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
                throw new RequestException($"--pin {file}: {e.Message}");
            }
        }
        else
        {
            try
            {
                var json = JsonNode.Parse(text);
                found.AddRange((json?["keys"] as JsonArray ?? [json?.DeepClone()]).Select(Parse).OfType<ECParameters>());
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw new RequestException($"--pin {file}: {e.Message}");
            }
        }

        if (found.Count == 0)
            throw new RequestException($"--pin {file}: holds no public key on the curve P-256.");
        foreach (var key in found)
        {
            _thumbprints.Add(Thumbprint(key));
            _known[Thumbprint(key)] = key;
        }
    }
}
