using System.Text;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Iml4e.Catalog;

namespace Iml4e.Tests.Integration.Catalog;

public sealed class GarbageTests
{
    [Fact]
    public async Task What_any_document_log_or_named_report_names_stays_and_the_rest_goes()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        var kept = new List<string>();
        var model = await PutAsync("model", "application/onnx");
        await store.Models.RegisterAsync(new ModelRegistration { Model = "m", Key = "k", Digest = model });
        await store.Datasets.AddVersionAsync("d", [new DatasetPart(await PutAsync("part"), "a.csv", 4, "text/csv")], DatasetMode.Replace, "k");
        var chart = await PutAsync("chart");
        var report = await PutAsync($$"""{"charts":["{{chart}}"]}""", "application/json");
        await store.Runs.SaveAsync(
            new RunRecord { RunId = "r", Kind = "train", StartedAt = DateTimeOffset.UtcNow, Outputs = [new RunArtefact("report", report)] });
        await store.Documents.PutAsync(
            "experiments/x.json", new JsonObject { ["deep"] = new JsonArray(new JsonObject { ["of"] = await PutAsync("by document") }) });
        await store.Audit.AppendAsync("m", "me", "Noted", new JsonObject { ["digest"] = await PutAsync("by audit") });
        var predicted = await PutAsync("a model of old", "application/onnx");
        await store.Predictions.AppendAsync(CatalogFixture.Prediction(store, "m", DateTimeOffset.UtcNow, 1) with { Digest = predicted });

        var loose = (await store.Artefacts.PutAsync("loose"u8.ToArray())).Digest;
        var unnamed = (await store.Artefacts.PutAsync(Encoding.UTF8.GetBytes($$"""{"of":"{{loose}}"}"""), "application/json")).Digest;
        var garbage = new[] { loose, unnamed }.Order(StringComparer.Ordinal).ToArray();

        var young = await store.Garbage.CollectAsync(TimeSpan.FromDays(1), dryRun: false);
        Assert.Equal((kept.Count + 2, kept.Count - 1, 3, 0), (young.Artefacts, young.Referenced, young.Young, young.Garbage));
        var dry = await store.Garbage.CollectUncheckedAsync(TimeSpan.Zero, dryRun: true, CancellationToken.None);
        Assert.Equal(garbage, dry.Digests.Order(StringComparer.Ordinal));
        Assert.True(await store.Artefacts.ExistsAsync(loose));
        var done = await CatalogFixture.Open(prefix).Garbage.CollectUncheckedAsync(TimeSpan.Zero, dryRun: false, CancellationToken.None);
        Assert.Equal((2L, 5 + $$"""{"of":"{{loose}}"}""".Length, kept.Count), (done.Garbage, done.GarbageBytes, done.Referenced));
        foreach (var digest in kept)
            Assert.True(await store.Artefacts.ExistsAsync(digest));
        Assert.False(await store.Artefacts.ExistsAsync(loose));
        Assert.False(await store.Artefacts.ExistsAsync(unnamed));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.Garbage.CollectAsync(TimeSpan.FromHours(23), dryRun: true));

        async Task<string> PutAsync(string text, string mediaType = "text/plain")
        {
            var digest = (await store.Artefacts.PutAsync(Encoding.UTF8.GetBytes(text), mediaType)).Digest;
            kept.Add(digest);
            return digest;
        }
    }

    [Fact]
    public async Task Registrations_that_use_old_artefacts_again_while_garbage_is_collected_never_dangle()
    {
        // What was stored before the limit is garbage unless it is stored or named again after it.
        Func<CatalogOptions, CatalogOptions> touching = o => o with { ArtefactTouchAge = TimeSpan.Zero };
        var (store, prefix) = await CatalogFixture.CreateAsync(touching);
        var contents = Enumerable.Range(0, 100).Select(i => Encoding.UTF8.GetBytes($"content {i}")).ToArray();
        await Parallel.ForEachAsync(contents, async (content, ct) => await store.Artefacts.PutAsync(content, ct: ct));
        var limit = DateTimeOffset.UtcNow.AddSeconds(1);
        while (DateTimeOffset.UtcNow < limit.AddSeconds(1))
            await Task.Delay(100);
        long collected = 0;
        var refused = 0;
        var registrations = Enumerable.Range(0, 4).Select(async task =>
        {
            var random = new Random(task);
            for (var i = 0; i < 15; i++)
            {
                var content = contents[random.Next(contents.Length)];
                try
                {
                    // Half of them trust that it is still there.
                    var digest = i % 2 == 0 ? Digest.Of(content) : (await store.Artefacts.PutAsync(content)).Digest;
                    await store.Models.RegisterAsync(new ModelRegistration { Model = $"m{task}", Key = $"k{i}", Digest = digest });
                }
                catch (CatalogNotFoundException)
                {
                    Interlocked.Increment(ref refused);
                }
            }
        }).ToArray();
        var other = CatalogFixture.Open(prefix, touching);
        do
        {
            collected += (await other.Garbage.CollectUncheckedAsync(DateTimeOffset.UtcNow - limit, dryRun: false, CancellationToken.None)).Garbage;
        }
        while (!Task.WhenAll(registrations).IsCompleted);
        await Task.WhenAll(registrations);

        var faults = new List<CatalogFault>();
        var verified = await store.Verifier.VerifyAsync(VerificationScope.All, fault =>
        {
            faults.Add(fault);
            return ValueTask.CompletedTask;
        });
        Assert.Empty(faults);
        Assert.True(verified.Intact);
        Assert.True(collected > 0, "nothing was collected");
        Assert.True(refused < 60, "nothing was registered");
    }

    [Fact]
    public async Task Blocks_of_an_upload_that_was_cut_off_are_thrown_away()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        var container = Azurite.Shared.CreateClient().GetBlobContainerClient(prefix + "artefacts");
        var bytes = Encoding.UTF8.GetBytes("half of it");
        var digest = Digest.Of(bytes);
        var blob = container.GetBlockBlobClient($"sha256/{digest[7..9]}/{digest[9..]}");
        await blob.StageBlockAsync(Convert.ToBase64String(new byte[4]), new MemoryStream(bytes, 0, 5));
        Assert.Equal(0, (await store.Garbage.CollectAsync(TimeSpan.FromDays(1), dryRun: false)).AbandonedUploads);
        Assert.Equal(1, (await store.Garbage.CollectUncheckedAsync(TimeSpan.Zero, dryRun: true, CancellationToken.None)).AbandonedUploads);
        Assert.Equal(1, (await store.Garbage.CollectUncheckedAsync(TimeSpan.Zero, dryRun: false, CancellationToken.None)).AbandonedUploads);
        Assert.Empty(container.GetBlobs(BlobTraits.None, BlobStates.Uncommitted, null));
        await store.Artefacts.PutAsync(bytes);
        Assert.Equal(bytes, await store.Artefacts.ReadAsync(digest));

        // A collection that died halfway leaves an empty blob that says what it is: it is no artefact, and in nobody's way.
        var other = Digest.Of("other"u8);
        await container.GetBlockBlobClient($"sha256/{other[7..9]}/{other[9..]}")
            .CommitBlockListAsync([], new CommitBlockListOptions { Metadata = new Dictionary<string, string> { ["abandoned"] = "true" } });
        Assert.False(await store.Artefacts.ExistsAsync(other));
        Assert.False(await store.Artefacts.HoldAsync(other));
        Assert.True((await store.Verifier.VerifyAsync(VerificationScope.Artefacts, _ => ValueTask.CompletedTask)).Intact);
        await store.Artefacts.PutAsync("other"u8.ToArray());
        Assert.Equal("other"u8.ToArray(), await store.Artefacts.ReadAsync(other));
    }
}
