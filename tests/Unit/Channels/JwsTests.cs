using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Channels;
using Iml4e.CommandLine.Jobs;
using Iml4e.Functions.Channels;
using Iml4e.Functions.Http;

namespace Iml4e.Tests.Unit.Channels;

/// <summary>Signatures of manifests: the published vectors, and what a client must refuse.</summary>
public sealed class JwsTests
{
    // RFC 7515, appendix A.3.
    private const string VectorX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    private const string VectorY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    private const string VectorD = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";
    private const string VectorJws =
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_vector_of_the_standard_verifies_and_any_changed_byte_does_not()
    {
        using var key = Vector();
        Assert.StartsWith("{\"iss\":\"joe\"", Encoding.UTF8.GetString(ManifestVerifier.Open(VectorJws, key)), StringComparison.Ordinal);
        for (var at = 0; at < VectorJws.Length; at++)
        {
            // The last character of each part has bits that are not used.
            if (VectorJws[at] == '.' || at + 1 == VectorJws.Length || VectorJws[at + 1] == '.')
                continue;
            var changed = VectorJws.ToCharArray();
            changed[at] = changed[at] == 'A' ? 'B' : 'A';
            Assert.Throws<RefusedException>(() => ManifestVerifier.Open(new string(changed), key));
        }
    }

    [Fact]
    public void What_is_signed_here_is_what_the_client_verifies()
    {
        using var key = Vector();
        var payload = Encoding.UTF8.GetBytes("{\"schema\":1}");
        var id = JsonWebKey.Of(key).Thumbprint;
        var signed = Jws.Sign(key, id, payload);
        Assert.Equal(payload, ManifestVerifier.Open(signed.Compact, key));
        Assert.Equal(id, ManifestVerifier.KeyId(signed.Compact));
        Assert.Equal($"{signed.Protected}..{signed.Signature}", signed.Detached);
        Assert.Equal(id, PinnedKeys.Thumbprint(key.ExportParameters(false)));
        Assert.Equal((VectorX, VectorY), (JsonWebKey.Of(key).X, JsonWebKey.Of(key).Y));
    }

    // RFC 7638 has its vector for RSA; this one is computed by its rule: SHA-256 of the members in order, without spaces.
    [Fact]
    public void A_key_is_named_by_its_thumbprint()
    {
        var canonical = $$"""{"crv":"P-256","kty":"EC","x":"{{VectorX}}","y":"{{VectorY}}"}""";
        Assert.Equal(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(canonical))), new JsonWebKey(VectorX, VectorY).Thumbprint);
        Assert.Equal("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U", new JsonWebKey(VectorX, VectorY).Thumbprint);
    }

    [Fact]
    public void Only_a_pinned_key_a_good_time_and_the_right_channel_pass()
    {
        using var key = Vector();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pins = Pins(key);
        Assert.Equal("3", ManifestVerifier.Verify(Signed(key), pins, "m", "stable", Now).Version);
        Refuses("not pinned", Signed(other), pins);
        Refuses("signature", Jws.Sign(other, JsonWebKey.Of(key).Thumbprint, Payload()).Compact, pins);
        Refuses("another model", Signed(key, p => p["model"] = "n"), pins);
        Refuses("another model or channel", Signed(key, p => p["channel"] = "candidate"), pins);
        Refuses("expired", Signed(key, p => p["expires"] = Now), pins);
        Refuses("future", Signed(key, p => p["issuedAt"] = Now.AddMinutes(6)), pins);
        Refuses("form 2", Signed(key, p => p["schema"] = 2), pins);
        Refuses("digest", Signed(key, p => p["digest"] = "sha256:0"), pins);
        Refuses("digest", Signed(key, p => p["content"] = "https://elsewhere.example/m.onnx"), pins);
        Refuses("cannot be read", Signed(key, p => p.Remove("sequence")), pins);
        foreach (var header in new[] { """{"alg":"none"}""", """{"alg":"HS256","kid":"k","typ":"iml4e-channel+jws"}""", """{"alg":"ES256","kid":"k"}""", """{"alg":"ES256","kid":"k","typ":"iml4e-channel+jws","crit":["x"]}""", "[]", "no" })
            Refuses(
                "",
                Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header)) + "." + Jws.Sign(key, "k", Payload()).Payload + "." + Jws.Sign(key, "k", Payload())
                    .Signature,
                pins);
        foreach (var rubbish in new[] { "", ".", "..", "a.b", "a.b.c.d", "****.****.****", new string('.', 2000) })
            Refuses("", rubbish, pins);
    }

    [Fact]
    public void A_sequence_never_goes_back()
    {
        var accepted = Manifest(7, 'a');
        ManifestVerifier.CheckSequence(Manifest(7, 'a'), accepted);
        ManifestVerifier.CheckSequence(Manifest(8, 'b'), accepted);
        ManifestVerifier.CheckSequence(Manifest(1, 'b'), null);
        Assert.Throws<RefusedException>(() => ManifestVerifier.CheckSequence(Manifest(6, 'b'), accepted));
        Assert.Throws<RefusedException>(() => ManifestVerifier.CheckSequence(Manifest(7, 'b'), accepted));
    }

    [Fact]
    public void Pins_are_thumbprints_or_files_and_published_keys_count_only_if_pinned()
    {
        using var key = Vector();
        var folder = Directory.CreateTempSubdirectory("pins-").FullName;
        try
        {
            string File(string name, string content)
            {
                System.IO.File.WriteAllText(Path.Combine(folder, name), content);
                return Path.Combine(folder, name);
            }

            var id = JsonWebKey.Of(key).Thumbprint;
            var jwk = new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = VectorX, ["y"] = VectorY };
            foreach (var file in new[] { File("a.json", jwk.ToJsonString()), File("b.json", new JsonObject { ["keys"] = new JsonArray(jwk.DeepClone()) }.ToJsonString()), File("c.pem", key.ExportSubjectPublicKeyInfoPem()) })
                Assert.True(PinnedKeys.Read([file]).Has(id));
            var pinned = PinnedKeys.Read([id]);
            Assert.False(pinned.Has(id));
            using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var half = JsonWebKey.Of(other);
            // Another key under the pinned name is not the pinned key.
            pinned.Learn(new JsonObject { ["keys"] = new JsonArray(new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = half.X, ["y"] = half.Y, ["kid"] = id }, "x", 1, null) });
            Assert.False(pinned.Has(id));
            pinned.Learn(new JsonObject { ["keys"] = new JsonArray(jwk.DeepClone()) });
            Assert.True(pinned.Has(id));
            foreach (var wrong in new[] { File("d.json", "{}"), File("e.json", "{"), File("f.pem", "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----"), "short", Path.Combine(folder, "none") })
                Assert.Throws<RequestException>(() => PinnedKeys.Read([wrong]));
            Assert.Throws<RequestException>(() => PinnedKeys.Read([]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_setting_takes_a_private_key_on_the_curve_and_nothing_else()
    {
        using var key = Vector();
        var id = JsonWebKey.Of(key).Thumbprint;
        foreach (var text in new[] { key.ExportPkcs8PrivateKeyPem(), key.ExportECPrivateKeyPem(), key.ExportPkcs8PrivateKeyPem().Replace("\n", "\\n", StringComparison.Ordinal), Convert.ToBase64String(key.ExportPkcs8PrivateKey()) })
        {
            using var read = ManifestKeys.Import(text);
            Assert.Equal(id, JsonWebKey.Of(read).Thumbprint);
        }

        using var larger = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        foreach (var wrong in new[] { "x", "AAAA", key.ExportSubjectPublicKeyInfoPem(), larger.ExportPkcs8PrivateKeyPem(), "-----BEGIN PRIVATE KEY-----" })
            Assert.Equal(503, Assert.Throws<ApiException>(() => ManifestKeys.Import(wrong)).Status);
    }

    [Theory]
    [InlineData("champion", "champion", null)]
    [InlineData("stable", "champion", null)]
    [InlineData("candidate", "challenger", null)]
    [InlineData("challenger", "challenger", null)]
    [InlineData("previous", "previous", null)]
    [InlineData("v3", null, "3")]
    [InlineData("v03", null, null)]
    [InlineData("v", null, null)]
    [InlineData("v1x", null, null)]
    [InlineData("Stable", null, null)]
    [InlineData("", null, null)]
    public void A_channel_has_its_names(string name, string? canonical, string? pinned)
    {
        Assert.Equal(canonical, ChannelNames.Canonical(name));
        Assert.Equal(pinned, ChannelNames.Pinned(name));
    }

    private static ECDsa Vector() => ECDsa.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = Base64Url.DecodeFromChars(VectorX), Y = Base64Url.DecodeFromChars(VectorY) },
        D = Base64Url.DecodeFromChars(VectorD),
    });

    private static PinnedKeys Pins(ECDsa key)
    {
        var half = JsonWebKey.Of(key);
        var pins = PinnedKeys.Read([half.Thumbprint]);
        pins.Learn(new JsonObject { ["keys"] = new JsonArray(new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = half.X, ["y"] = half.Y }) });
        return pins;
    }

    private static byte[] Payload(Action<JsonObject>? change = null)
    {
        var manifest = new JsonObject
        {
            ["schema"] = 1, ["model"] = "m", ["channel"] = "stable", ["version"] = "3", ["sequence"] = 7,
            ["digest"] = "sha256:" + new string('a', 64), ["size"] = 10,
            ["content"] = "/api/models/m/versions/3/content", ["issuedAt"] = Now.AddMinutes(-1), ["expires"] = Now.AddDays(1),
        };
        change?.Invoke(manifest);
        return Encoding.UTF8.GetBytes(manifest.ToJsonString());
    }

    private static string Signed(ECDsa key, Action<JsonObject>? change = null) => Jws.Sign(key, JsonWebKey.Of(key).Thumbprint, Payload(change)).Compact;

    private static void Refuses(string why, string jws, PinnedKeys pins) =>
        Assert.Contains(why, Assert.Throws<RefusedException>(() => ManifestVerifier.Verify(jws, pins, "m", "stable", Now)).Message, StringComparison.Ordinal);

    private static Manifest Manifest(long sequence, char digest) => new()
    {
        Schema = 1, Model = "m", Channel = "stable", Version = "1", Sequence = sequence, Digest = "sha256:" + new string(digest, 64), Size = 1, Content = "/api/x", IssuedAt = Now, Expires = Now.AddDays(1),
    };
}
