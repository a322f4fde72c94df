using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Iml4e.CommandLine.Channels;

/// <summary>
/// Checks a signed manifest: a compact JWS (RFC 7515) with ES256 by a pinned key, good now, for what was asked, and not older than what is there.
/// </summary>
internal static class ManifestVerifier
{
    private const string Type = "iml4e-channel+jws";
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");
    private static readonly TimeSpan ClockError = TimeSpan.FromMinutes(5);

    /// <summary>Name of the key that a JWS says it is signed with.</summary>
    /// <exception cref="RefusedException">It is no JWS, or of another kind.</exception>
    public static string KeyId(string jws)
    {
        var header = Header(jws);
        // Only this algorithm: what the header asks for beside it is how forgeries begin.
        if (Text(header, "alg") != "ES256" || Text(header, "typ") != Type || header.ContainsKey("crit") || header.ContainsKey("b64"))
            throw new RefusedException("The manifest is not signed with ES256 as a manifest of a channel.");
        return Text(header, "kid") ?? throw new RefusedException("The manifest does not say with which key it is signed.");
    }

    /// <summary>The payload of a JWS whose signature is right.</summary>
    /// <exception cref="RefusedException">It is not.</exception>
    public static byte[] Open(string jws, ECDsa key)
    {
        var parts = Split(jws);
        var signature = Decode(parts[2]);
        return key.VerifyData(
            Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
            ? Decode(parts[1])
            : throw new RefusedException("The signature of the manifest is wrong.");
    }

    /// <summary>The manifest of a JWS, checked against the pins, the clock and what was asked.</summary>
    /// <exception cref="RefusedException">It must not be used.</exception>
    public static Manifest Verify(string jws, PinnedKeys keys, string model, string channel, DateTimeOffset now)
    {
        var keyId = KeyId(jws);
        if (!keys.IsTrusted(keyId))
            throw new RefusedException($"The manifest is signed with the key {Shown(keyId)}, which is not pinned.");
        if (!keys.Has(keyId))
            throw new RefusedException($"The app does not publish the pinned key {keyId}.");
        using var key = keys.Open(keyId);
        var manifest = Read(Open(jws, key));
        if (manifest.Schema != 1)
            throw new RefusedException($"The manifest has form {manifest.Schema}; this client knows form 1.");
        if (manifest.Model != model || manifest.Channel != channel)
            throw new RefusedException("The manifest is for another model or channel.");
        if (manifest.IssuedAt > now + ClockError)
            throw new RefusedException($"The manifest is issued in the future ({manifest.IssuedAt:u}); is the clock right?");
        if (manifest.Expires <= now)
            throw new RefusedException($"The manifest has expired ({manifest.Expires:u}).");
        if (manifest.Size <= 0 || !IsDigest(manifest.Digest) || !manifest.Content.StartsWith("/api/", StringComparison.Ordinal))
            throw new RefusedException("The manifest has no digest, size and address that could be used.");
        return manifest;
    }

    /// <summary>Refuses a manifest that would lead back behind one that was accepted before.</summary>
    /// <exception cref="RefusedException">It would.</exception>
    public static void CheckSequence(Manifest manifest, Manifest? accepted)
    {
        if (accepted is null || accepted.Model != manifest.Model || accepted.Channel != manifest.Channel)
            return;
        if (manifest.Sequence < accepted.Sequence)
            throw new RefusedException($"The manifest has sequence {manifest.Sequence}; {accepted.Sequence} was accepted before. Somebody replays an old one, or the app has lost its state.");
        if (manifest.Sequence == accepted.Sequence && manifest.Digest != accepted.Digest)
            throw new RefusedException($"The manifest has the sequence {manifest.Sequence} of the one before, but another file.");
    }

    /// <summary>The payload of a JWS that was verified when it was stored.</summary>
    public static Manifest ReadStored(string jws) => Read(Decode(Split(jws)[1]));

    private static Manifest Read(byte[] payload)
    {
        try
        {
            return JsonSerializer.Deserialize<Manifest>(payload, JsonSerializerOptions.Web) ?? throw new RefusedException("The manifest is empty.");
        }
        catch (JsonException e)
        {
            throw new RefusedException("The manifest cannot be read: " + e.Message);
        }
    }

    private static JsonObject Header(string jws)
    {
        try
        {
            return JsonNode.Parse(Decode(Split(jws)[0])) as JsonObject ?? throw new RefusedException("The answer is not a signed manifest.");
        }
        catch (JsonException)
        {
            throw new RefusedException("The answer is not a signed manifest.");
        }
    }

    private static string[] Split(string jws) =>
        jws.Split('.') is { Length: 3 } parts && parts.All(p => p.Length > 0) ? parts : throw new RefusedException("The answer is not a signed manifest.");

    private static byte[] Decode(string text)
    {
        try
        {
            return Base64Url.DecodeFromChars(text);
        }
        catch (FormatException)
        {
            throw new RefusedException("The answer is not a signed manifest.");
        }
    }

    private static string? Text(JsonObject header, string name) => header[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static bool IsDigest(string digest) =>
        digest.Length == 71 && digest.StartsWith("sha256:", StringComparison.Ordinal) && !digest.AsSpan(7).ContainsAnyExcept(HexDigits);

    private static string Shown(string text) => text.Length > 60 || text.Any(char.IsControl) ? "(not shown)" : text;
}
