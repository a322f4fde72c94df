using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Iml4e.CommandLine.Channels;

namespace Iml4e.Tests.Integration.App.Channels;

/// <summary>The edge channel over HTTP: manifests, their signatures, downloads, and the client that keeps a file up to date.</summary>
[Collection(AttackedAppCollection.Name)]
public sealed class ChannelTests(AppStack app) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("channel-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_manifest_is_signed_by_a_published_key_and_sent_again_only_when_something_is_new()
    {
        var name = await ModelAsync(2);
        var answer = await app.GetAsync($"api/models/{name}/channels/stable");
        var manifest = answer.Expect(HttpStatusCode.OK);
        var version = (await app.GetAsync($"api/models/{name}/versions/1")).Expect(HttpStatusCode.OK);
        Assert.Equal("1", Text(manifest, "version"));
        Assert.Equal(Text(version, "digest"), Text(manifest, "digest"));
        Assert.Equal(version["size"]!.GetValue<long>(), manifest["size"]!.GetValue<long>());
        Assert.Equal(["a", "b", "kind"], manifest["inputs"]!.AsArray().Select(i => Text(i!, "name")).Order());
        Assert.True(manifest["requires"]!["opsets"]!["ai.onnx"]!.GetValue<long>() > 6);
        Assert.True(manifest["requires"]!["irVersion"]!.GetValue<long>() > 2);
        Assert.True(DateTimeOffset.Parse(Text(manifest, "expires"), CultureInfo.InvariantCulture) > DateTimeOffset.UtcNow.AddDays(6));

        // The detached signature fits the very bytes of the body, and the compact form holds the same ones.
        var parts = answer.Headers["x-iml4e-jws"].Split('.');
        Assert.Equal("", parts[1]);
        using var key = await KeyAsync(parts[0]);
        Assert.Equal(answer.Body, ManifestVerifier.Open($"{parts[0]}.{Base64Url.EncodeToString(answer.Body)}.{parts[2]}", key));
        var compact = await app.SendAsync(HttpMethod.Get, $"api/models/{name}/channels/stable", null, ("Accept", "application/jose"));
        Assert.Equal("application/jose", compact.MediaType);
        Assert.Equal(answer.Body, ManifestVerifier.Open(compact.Text, key));
        var tampered = answer.Body.ToArray();
        tampered[^5] ^= 1;
        Assert.Throws<RefusedException>(() => ManifestVerifier.Open($"{parts[0]}.{Base64Url.EncodeToString(tampered)}.{parts[2]}", key));

        foreach (var (accept, tag) in new[] { ("*/*", answer.Headers["ETag"]), ("application/jose", compact.Headers["ETag"]) })
        {
            var again = await app.SendAsync(HttpMethod.Get, $"api/models/{name}/channels/stable", null, ("Accept", accept), ("If-None-Match", $"\"x\", {tag}"));
            Assert.Equal((HttpStatusCode.NotModified, 0, tag), (again.Status, again.Body.Length, again.Headers["ETag"]));
        }

        await PromoteAsync(name, "2");
        var moved = (await app.SendAsync(HttpMethod.Get, $"api/models/{name}/channels/stable", null, ("If-None-Match", answer.Headers["ETag"]))).Expect(HttpStatusCode.OK);
        Assert.Equal(("2", 2, "1"), (Text(moved, "version"), Sequence(moved), Text(moved, "previous")));
    }

    [Fact]
    public async Task A_channel_follows_promotion_and_rollback_and_its_sequence_only_rises()
    {
        var name = await ModelAsync(3);
        (await app.GetAsync($"api/models/{name}/channels/previous")).Expect(HttpStatusCode.NotFound);
        var seen = new List<(string, long)> { await LookAsync(name, "stable") };
        await PromoteAsync(name, "3");
        seen.Add(await LookAsync(name, "stable"));
        (await app.PostAsync($"api/models/{name}/rollback", new JsonObject())).Expect(HttpStatusCode.OK);
        seen.Add(await LookAsync(name, "stable"));
        seen.Add(await LookAsync(name, "champion"));
        Assert.Equal([("1", 1L), ("3", 2L), ("1", 3L), ("1", 3L)], seen);
        Assert.Equal(("3", 1L), await LookAsync(name, "previous"));
        Assert.Equal(("1", 1L), await LookAsync(name, "candidate"));
        Assert.Equal(("2", 2L), await LookAsync(name, "v2"));

        foreach (var wrong in new[] { "v9", "v0", "none", "Stable", "v" + new string('1', 300), "%3Cb%3E" })
            Assert.Equal("application/problem+json", (await app.GetAsync($"api/models/{name}/channels/{wrong}") is { Status: HttpStatusCode.NotFound } a ? a : throw new InvalidOperationException(wrong)).MediaType);
        (await app.GetAsync("api/models/never-made/channels/stable")).Expect(HttpStatusCode.NotFound);
        (await app.GetAsync($"api/models/{name}/channels/stable?device={new string('d', 201)}")).ExpectProblemAt("device");
        var moves = (await app.VerifiedAuditAsync(name)).Where(e => Text(e, "event") == "ChannelMoved" && Text(e["fields"]!, "channel") == "champion");
        Assert.Equal([1L, 2L, 3L], moves.Select(e => e["fields"]!["sequence"]!.GetValue<long>()));
    }

    [Fact]
    public async Task Many_at_once_see_one_sequence()
    {
        var name = await ModelAsync(2);
        await LookAsync(name, "stable");
        await PromoteAsync(name, "2");
        var seen = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => LookAsync(name, "stable")));
        Assert.All(seen, s => Assert.Equal(("2", 2L), s));
    }

    [Fact]
    public async Task A_blocked_version_is_given_to_nobody()
    {
        var name = await ModelAsync(2);
        await LookAsync(name, "stable");
        await PromoteAsync(name, "2");
        Assert.Equal(("2", 2L), await LookAsync(name, "stable"));
        (await app.SendJsonAsync(HttpMethod.Put, $"api/models/{name}/versions/2/block", new JsonObject())).ExpectProblemAt("reason");
        (await app.SendJsonAsync(HttpMethod.Put, $"api/models/{name}/versions/7/block", new JsonObject { ["reason"] = "x" })).Expect(HttpStatusCode.NotFound);
        (await app.SendJsonAsync(HttpMethod.Put, $"api/models/{name}/versions/2/block", new JsonObject { ["reason"] = "overheats" }, ("x-iml4e-actor", "anna"))).Expect(HttpStatusCode.OK);

        Assert.Equal(("1", 3L), await LookAsync(name, "stable"));
        Assert.Equal(("1", 1L), await LookAsync(name, "candidate"));
        foreach (var path in new[] { "channels/v2", "versions/2/content" })
            Assert.Contains("overheats", Text((await app.GetAsync($"api/models/{name}/{path}")).Expect(HttpStatusCode.Gone), "detail"), StringComparison.Ordinal);
        (await app.SendJsonAsync(HttpMethod.Put, $"api/models/{name}/versions/1/block", new JsonObject { ["reason"] = "too" })).Expect(HttpStatusCode.OK);
        Assert.Equal("channel.empty", Text((await app.GetAsync($"api/models/{name}/channels/stable")).Expect(HttpStatusCode.NotFound), "code"));

        Assert.Equal(HttpStatusCode.NoContent, (await app.SendAsync(HttpMethod.Delete, $"api/models/{name}/versions/2/block")).Status);
        Assert.Equal(("2", 4L), await LookAsync(name, "stable"));
        Assert.Contains(await app.VerifiedAuditAsync(name), e => Text(e, "event") == "VersionBlocked" && Text(e, "actor") == "anna");
    }

    [Fact]
    public async Task A_download_goes_on_where_it_was_and_tells_its_digest()
    {
        var name = await ModelAsync(1);
        var path = $"api/models/{name}/versions/1/content";
        var whole = await app.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, whole.Status);
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(whole.Body));
        Assert.Equal($"\"{digest}\"", whole.Headers["ETag"]);
        Assert.Equal($"sha-256=:{Convert.ToBase64String(SHA256.HashData(whole.Body))}:", whole.Headers["Repr-Digest"]);
        Assert.Equal("bytes", whole.Headers["Accept-Ranges"]);

        var half = whole.Body.Length / 2;
        var rest = await app.SendAsync(HttpMethod.Get, path, null, ("Range", $"bytes={half}-"), ("If-Range", $"\"{digest}\""));
        Assert.Equal((HttpStatusCode.PartialContent, $"bytes {half}-{whole.Body.Length - 1}/{whole.Body.Length}"), (rest.Status, rest.Headers["Content-Range"]));
        Assert.Equal(whole.Body[half..], rest.Body);
        Assert.Equal(whole.Headers["Repr-Digest"], rest.Headers["Repr-Digest"]);
        var last = await app.SendAsync(HttpMethod.Get, path, null, ("Range", "bytes=-10"));
        Assert.Equal(whole.Body[^10..], last.Body);
        var other = await app.SendAsync(HttpMethod.Get, path, null, ("Range", $"bytes={half}-"), ("If-Range", "\"sha256:other\""));
        Assert.Equal((HttpStatusCode.OK, whole.Body.Length), (other.Status, other.Body.Length));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, (await app.SendAsync(HttpMethod.Get, path, null, ("Range", "bytes=99999999-"))).Status);
        Assert.Equal(HttpStatusCode.NotModified, (await app.SendAsync(HttpMethod.Get, path, null, ("If-None-Match", $"\"{digest}\""))).Status);
        var head = await app.SendAsync(HttpMethod.Head, path);
        Assert.Equal((HttpStatusCode.OK, 0, whole.Body.Length.ToString(CultureInfo.InvariantCulture)), (head.Status, head.Body.Length, head.Headers["Content-Length"]));
        (await app.GetAsync($"api/models/{name}/versions/9/content")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_rollout_reaches_its_share_of_the_devices_and_only_grows()
    {
        var name = await ModelAsync(2);
        await LookAsync(name, "stable");
        (await app.SendJsonAsync(HttpMethod.Put, $"api/models/{name}/channels/stable", new JsonObject { ["initialShare"] = 0.25 })).Expect(HttpStatusCode.OK);
        foreach (var (field, value) in new (string, JsonNode)[] { ("share", 1.5), ("initialShare", -0.1) })
            (await app.SendJsonAsync(HttpMethod.Put, $"api/models/{name}/channels/stable", new JsonObject { [field] = value })).ExpectProblemAt(field);
        (await app.SendJsonAsync(HttpMethod.Put, $"api/models/{name}/channels/v1", new JsonObject { ["share"] = 0.5 })).Expect(HttpStatusCode.NotFound);
        await PromoteAsync(name, "2");
        var devices = Enumerable.Range(0, 80).Select(i => $"device-{i}").ToArray();
        async Task<HashSet<string>> ReachedAsync()
        {
            var answers = await Task.WhenAll(devices.Select(async d => (Device: d, Answer: await LookAsync(name, $"stable?device={d}"))));
            Assert.All(answers, a => Assert.Contains(a.Answer, new[] { ("1", 1L), ("2", 2L) }));
            return [.. answers.Where(a => a.Answer.Item1 == "2").Select(a => a.Device)];
        }

        var quarter = await ReachedAsync();
        Assert.InRange(quarter.Count, 8, 34);
        Assert.Equal(("1", 1L), await LookAsync(name, "stable"));
        (await app.SendJsonAsync(HttpMethod.Put, $"api/models/{name}/channels/stable", new JsonObject { ["share"] = 0.6 })).Expect(HttpStatusCode.OK);
        var more = await ReachedAsync();
        Assert.True(more.IsSupersetOf(quarter) && more.Count > quarter.Count);
        (await app.SendJsonAsync(HttpMethod.Put, $"api/models/{name}/channels/stable", new JsonObject { ["share"] = 1 })).Expect(HttpStatusCode.OK);
        Assert.Equal(("2", 2L), await LookAsync(name, "stable"));
    }

    [Fact]
    public async Task The_client_keeps_a_file_up_to_date_and_refuses_what_is_wrong()
    {
        var name = await ModelAsync(2);
        var file = Path.Combine(_folder, "model.onnx");
        var pin = Text((await app.GetAsync("api/.well-known/jwks.json")).Expect(HttpStatusCode.OK)["keys"]![0]!, "kid");
        Assert.StartsWith("updated: ", await FetchAsync(name, file, pin), StringComparison.Ordinal);
        Assert.Equal(await ContentAsync(name, "1"), await File.ReadAllBytesAsync(file));
        Assert.StartsWith("current: ", await FetchAsync(name, file, pin), StringComparison.Ordinal);

        await PromoteAsync(name, "2");
        Assert.Contains("version 1 -> 2, sequence 2", await FetchAsync(name, file, pin), StringComparison.Ordinal);
        Assert.Equal(await ContentAsync(name, "2"), await File.ReadAllBytesAsync(file));
        (await app.PostAsync($"api/models/{name}/rollback", new JsonObject())).Expect(HttpStatusCode.OK);
        Assert.Contains("version 2 -> 1, sequence 3", await FetchAsync(name, file, pin), StringComparison.Ordinal);

        // A file that was changed is brought back; a part that was begun is gone on with; a wrong part is thrown away and the whole is loaded.
        await File.WriteAllTextAsync(file, "broken");
        Assert.StartsWith("updated: ", await FetchAsync(name, file, pin), StringComparison.Ordinal);
        var right = await File.ReadAllBytesAsync(file);
        var part = $"{file}.{Convert.ToHexStringLower(SHA256.HashData(right))[..16]}.part";
        File.Delete(file);
        await File.WriteAllBytesAsync(part, right[..100]);
        Assert.StartsWith("updated: ", await FetchAsync(name, file, pin), StringComparison.Ordinal);
        Assert.Equal(right, await File.ReadAllBytesAsync(file));
        File.Delete(file);
        await File.WriteAllBytesAsync(part, new byte[100]);
        Assert.StartsWith("updated: ", await FetchAsync(name, file, pin), StringComparison.Ordinal);
        Assert.Equal(right, await File.ReadAllBytesAsync(file));
        Assert.False(File.Exists(part));

        // Another key; a state that cannot be read; a model that is not there. A state of another model does not count.
        await Assert.ThrowsAsync<RefusedException>(() => FetchAsync(name, file, new string('A', 43)));
        var state = await File.ReadAllTextAsync(file + ".channel.json");
        var other = Path.Combine(_folder, "other.onnx");
        await File.WriteAllTextAsync(other + ".channel.json", state);
        var ahead = await ModelAsync(1);
        Assert.StartsWith("updated: ", await FetchAsync(ahead, other, pin), StringComparison.Ordinal);
        await File.WriteAllTextAsync(file + ".channel.json", "{}");
        await Assert.ThrowsAsync<RefusedException>(() => FetchAsync(name, file, pin));
        await Assert.ThrowsAsync<Iml4e.CommandLine.Api.ApiException>(() => FetchAsync("never-made", other, pin));
    }

    [Fact]
    public async Task A_file_that_was_tampered_with_in_the_storage_is_not_accepted()
    {
        var name = await ModelAsync(1, seed: 77);
        var file = Path.Combine(_folder, "tampered.onnx");
        var keys = (await app.GetAsync("api/.well-known/jwks.json")).Expect(HttpStatusCode.OK)["keys"]![0]!;
        var manifest = (await app.GetAsync($"api/models/{name}/channels/stable")).Expect(HttpStatusCode.OK);
        var digest = Text(manifest, "digest")[7..];
        var blob = app.OpenStorage().GetBlobContainerClient("artefacts").GetBlobClient($"sha256/{digest[..2]}/{digest[2..]}");
        var bytes = (await blob.DownloadContentAsync()).Value.Content.ToArray();
        bytes[bytes.Length / 2] ^= 1;
        await blob.UploadAsync(new BinaryData(bytes), overwrite: true);
        // Read whole the app finds it; of a part that is asked for only the client can.
        await RefusedAsync();
        await File.WriteAllBytesAsync($"{file}.{digest[..16]}.part", bytes[..10]);
        var rest = await app.SendAsync(HttpMethod.Get, $"api/models/{name}/versions/1/content", null, ("Range", "bytes=10-"));
        Assert.Equal((HttpStatusCode.PartialContent, bytes.Length - 10), (rest.Status, rest.Body.Length));
        await RefusedAsync();
        bytes[bytes.Length / 2] ^= 1;
        await blob.UploadAsync(new BinaryData(bytes), overwrite: true);
        Assert.StartsWith("updated: ", await FetchAsync(name, file, Text(keys, "kid")), StringComparison.Ordinal);

        async Task RefusedAsync()
        {
            var refused = await Assert.ThrowsAnyAsync<Exception>(() => FetchAsync(name, file, Text(keys, "kid")));
            Assert.True(refused is RefusedException or Iml4e.CommandLine.Api.ApiException or HttpRequestException or IOException, refused.ToString());
            Assert.False(File.Exists(file));
        }
    }

    [Fact]
    public async Task A_new_key_signs_and_the_old_one_stays_published()
    {
        var name = await ModelAsync(1);
        var file = Path.Combine(_folder, "rotated.onnx");
        var old = Text((await app.GetAsync("api/.well-known/jwks.json")).Expect(HttpStatusCode.OK)["keys"]![0]!, "kid");
        await FetchAsync(name, file, old);
        var before = await app.GetAsync($"api/models/{name}/channels/stable");
        var made = Text((await app.PostAsync("api/manifest-keys/rotate", new JsonObject())).Expect(HttpStatusCode.Created), "kid");
        var published = (await app.GetAsync("api/.well-known/jwks.json")).Expect(HttpStatusCode.OK)["keys"]!.AsArray();
        Assert.Equal(made, Text(published[0]!, "kid"));
        Assert.Contains(published, k => Text(k!, "kid") == old);
        Assert.DoesNotContain(published, k => k!.AsObject().ContainsKey("d") || k.AsObject().ContainsKey("private"));
        var after = await app.SendAsync(HttpMethod.Get, $"api/models/{name}/channels/stable", null, ("If-None-Match", before.Headers["ETag"]));
        Assert.Equal(HttpStatusCode.OK, after.Status);
        Assert.Contains(made, Encoding.UTF8.GetString(Base64Url.DecodeFromChars(after.Headers["x-iml4e-jws"].Split('.')[0])), StringComparison.Ordinal);

        // Who pins the old key alone stops here; who pins both goes on.
        await Assert.ThrowsAsync<RefusedException>(() => FetchAsync(name, file, old));
        Assert.StartsWith("current: ", await FetchAsync(name, file, old, made), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_file_is_told_as_such_and_not_given_out()
    {
        var name = await ModelAsync(1, Random.Shared.Next(1000, 1_000_000));
        var digest = Text((await app.GetAsync($"api/models/{name}/versions/1")).Expect(HttpStatusCode.OK), "digest");
        var blob = app.OpenStorage().GetBlobContainerClient("artefacts").GetBlobClient($"sha256/{digest[7..9]}/{digest[9..]}");
        var there = (await blob.DownloadContentAsync()).Value;
        var right = there.Content.ToArray();
        var wrong = right.ToArray();
        wrong[right.Length / 2] ^= 1;
        try
        {
            await StoreAsync(wrong);
            var answer = await app.GetAsync($"api/models/{name}/versions/1/content");
            Assert.Equal("artefact.damaged", Text(answer.Expect(HttpStatusCode.ServiceUnavailable), "code"));
            Assert.Equal("application/problem+json", answer.MediaType);
            Assert.All(new[] { "ETag", "Repr-Digest", "Content-Disposition", "Last-Modified" }, header => Assert.DoesNotContain(header, answer.Headers));
            Assert.Contains("iml4e_damaged_total{kind=\"artefact\"}", (await app.GetAsync("metrics")).Text, StringComparison.Ordinal);
        }
        finally
        {
            await StoreAsync(right);
        }

        Assert.Equal(right, await ContentAsync(name, "1"));

        Task StoreAsync(byte[] bytes) => blob.UploadAsync(new BinaryData(bytes), new BlobUploadOptions { Metadata = there.Details.Metadata });
    }

    private static string Text(JsonNode node, string field) => node[field]!.GetValue<string>();

    private static long Sequence(JsonNode manifest) => manifest["sequence"]!.GetValue<long>();

    private async Task<string> FetchAsync(string model, string file, params string[] pins)
    {
        using var http = new HttpClient { BaseAddress = app.Url };
        using var output = new StringWriter();
        var code = await new FetchRunner(http, output, TimeProvider.System)
            .RunAsync(new FetchOptions(app.Url, model, "stable", new FileInfo(file), pins, null, null), CancellationToken.None);
        Assert.Equal(0, code);
        return output.ToString();
    }

    private async Task<byte[]> ContentAsync(string name, string version) => (await app.GetAsync($"api/models/{name}/versions/{version}/content")).Body;

    private async Task<(string Version, long Sequence)> LookAsync(string name, string channel)
    {
        var manifest = (await app.GetAsync($"api/models/{name}/channels/{channel}")).Expect(HttpStatusCode.OK);
        return (Text(manifest, "version"), Sequence(manifest));
    }

    private async Task PromoteAsync(string name, string version) =>
        (await app.PostAsync($"api/models/{name}/promote", new JsonObject { ["version"] = version })).Expect(HttpStatusCode.OK);

    private async Task<ECDsa> KeyAsync(string header)
    {
        var kid = Text(JsonNode.Parse(Base64Url.DecodeFromChars(header))!, "kid");
        var published = (await app.GetAsync("api/.well-known/jwks.json")).Expect(HttpStatusCode.OK)["keys"]!.AsArray().Single(k => Text(k!, "kid") == kid);
        return ECDsa.Create(PinnedKeys.Parse(published)!.Value);
    }

    // A model of versions with different files, of which the first is champion.
    private async Task<string> ModelAsync(int versions, int seed = 50)
    {
        var name = AppStack.Unique("edge");
        for (var i = 1; i <= versions; i++)
        {
            await app.PutDatasetAsync(name, MadeData.Regression(300, seed + i));
            var job = await app.RunJobAsync("train", new JsonObject { ["dataset"] = name, ["task"] = "regression", ["label"] = "y", ["trainer"] = "linear" });
            var onnx = await app.ReadArtefactAsync(job["outputs"]!.AsArray().Single(o => Text(o!, "role") == "model")!["digest"]!.GetValue<string>());
            (await app.SendAsync(HttpMethod.Put, $"api/models/{name}/versions?key=v{i}", AppStack.Bytes(onnx, "application/octet-stream"))).Expect(HttpStatusCode.Created);
        }

        return name;
    }
}
