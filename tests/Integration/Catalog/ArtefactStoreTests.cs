using System.Security.Cryptography;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Iml4e.Catalog;

namespace Iml4e.Tests.Integration.Catalog;

public sealed class ArtefactStoreTests
{
    [Fact]
    public async Task Bytes_are_stored_once_under_their_digest_and_read_back()
    {
        var (store, _) = await CatalogFixture.CreateAsync();
        var info = await store.Artefacts.PutAsync("hello"u8.ToArray(), "text/plain");
        Assert.Equal("sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", info.Digest);
        var again = await store.Artefacts.PutAsync(new MemoryStream("hello"u8.ToArray()), "text/other");
        Assert.Equal(info, again);
        Assert.Equal("text/plain", again.MediaType);
        Assert.Equal("hello"u8.ToArray(), await store.Artefacts.ReadAsync(info.Digest));
        Assert.Equal(5, (await store.Artefacts.InfoAsync(info.Digest))!.Size);
        Assert.False(await store.Artefacts.ExistsAsync(Digest.Of("other"u8)));
        await Assert.ThrowsAsync<CatalogNotFoundException>(() => store.Artefacts.ReadAsync(Digest.Of("other"u8)));
        await Assert.ThrowsAsync<CatalogArgumentException>(() => store.Artefacts.ReadAsync("sha256:../x"));
        Assert.Empty(await store.Artefacts.ReadAsync((await store.Artefacts.PutAsync(Array.Empty<byte>())).Digest));
    }

    [Fact]
    public async Task Large_streams_that_cannot_seek_race_and_lose_answers()
    {
        var faults = new LostAnswers(0.2, 1);
        var (store, _) = await CatalogFixture.CreateAsync(faults: faults);
        var bytes = RandomNumberGenerator.GetBytes(20_000_000);
        var infos = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => store.Artefacts.PutAsync(new ForwardOnly(bytes), "application/onnx")));
        Assert.All(infos, info => Assert.Equal((Digest.Of(bytes), bytes.LongLength), (info.Digest, info.Size)));
        Assert.True((await store.Artefacts.ReadAsync(infos[0].Digest)).AsSpan().SequenceEqual(bytes));
        Assert.True(faults.Lost > 0);
    }

    [Fact]
    public async Task Half_an_upload_is_not_there()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        var bytes = RandomNumberGenerator.GetBytes(100);
        var digest = Digest.Of(bytes);
        var blob = Container(prefix).GetBlockBlobClient($"sha256/{digest[7..9]}/{digest[9..]}");
        await blob.StageBlockAsync(Convert.ToBase64String(new byte[4]), new MemoryStream(bytes, 0, 50));
        Assert.False(await store.Artefacts.ExistsAsync(digest));
        await store.Artefacts.PutAsync(bytes);
        Assert.Equal(bytes, await store.Artefacts.ReadAsync(digest));
    }

    [Fact]
    public async Task Damaged_bytes_are_not_given_out()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        var info = await store.Artefacts.PutAsync("hello"u8.ToArray());
        await Container(prefix).GetBlobClient($"sha256/{info.Digest[7..9]}/{info.Digest[9..]}").UploadAsync(new BinaryData("hellO"), overwrite: true);
        var error = await Assert.ThrowsAsync<DigestMismatchException>(() => store.Artefacts.ReadAsync(info.Digest));
        Assert.Equal(Digest.Of("hellO"u8), error.Actual);
        await using var stream = await store.Artefacts.OpenReadAsync(info.Digest);
        await Assert.ThrowsAsync<DigestMismatchException>(() => stream.CopyToAsync(Stream.Null));
    }

    private static BlobContainerClient Container(string prefix) => Azurite.Shared.CreateClient().GetBlobContainerClient(prefix + "artefacts");

    private sealed class ForwardOnly(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
