using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Iml4e.Catalog;

namespace Iml4e.Tests.Integration.Catalog;

public sealed class AuditLogTests
{
    [Fact]
    public async Task The_known_chain_is_written()
    {
        var clock = new SetClock(new DateTimeOffset(2026, 1, 5, 8, 0, 0, TimeSpan.Zero));
        var (store, _) = await CatalogFixture.CreateAsync(time: clock);
        var first = await store.Audit.AppendAsync("m", "timer", "ExperimentStarted", new JsonObject { ["experimentId"] = "exp-1" });
        clock.Now = clock.Now.AddHours(1);
        var second = await store.Audit.AppendAsync("m", "evaluator", "StageAdvanced", new JsonObject { ["experimentId"] = "exp-1", ["to"] = 25 });
        Assert.Equal("0874a0c11b45b2c1fecf50cd6882d9075c34823018bae9ed5bfdc9951b5f9c9e", first.Hash);
        Assert.Equal("f82af5e66fd51323f96f879015049d668f1e9c52eedf7765c5dd798c727a8c20", second.Hash);
        Assert.Equal(new AuditVerification(true, 2, second.Hash, null, null), await store.Audit.VerifyAsync("m"));
        Assert.Equal(new AuditVerification(true, 0, new string('0', 64), null, null), await store.Audit.VerifyAsync("other"));
    }

    [Fact]
    public async Task Four_processes_keep_one_chain_although_answers_are_lost()
    {
        var faults = new LostAnswers(0.05, 6);
        var (first, prefix) = await CatalogFixture.CreateAsync(o => o with { AuditSegmentEntries = 100 }, faults);
        CatalogStore[] processes =
            [first, .. Enumerable.Range(0, 3).Select(_ => CatalogFixture.Open(prefix, o => o with { AuditSegmentEntries = 100 }, faults))];
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async writer =>
        {
            for (var i = 0; i < 50; i++)
            {
                // Every entry twice, from two processes, under one key; and some without a key.
                var key = $"{writer / 2}-{i}";
                await processes[writer % 4].Audit.AppendAsync("m", $"writer-{writer / 2}", "Look", new JsonObject { ["n"] = i }, key);
                if (i % 10 == 0)
                    await processes[writer % 4].Audit.AppendAsync("m", $"writer-{writer}", "Free", new JsonObject { ["n"] = i });
            }
        }));
        var fresh = CatalogFixture.Open(prefix, o => o with { AuditSegmentEntries = 100 });
        var repeated = await fresh.Audit.AppendAsync("m", "x", "y", null, "3-7");
        Assert.Equal(("writer-3", "Look", 7), (repeated.Actor, repeated.Event, repeated.Fields["n"]!.GetValue<int>()));
        var entries = new List<AuditEntry>();
        await foreach (var entry in fresh.Audit.ReadAsync("m"))
            entries.Add(entry);
        Assert.Equal((8 * 50) + (16 * 5), entries.Count);
        Assert.Equal(Enumerable.Range(1, 480).Select(i => (long)i), entries.Select(e => e.Seq));
        Assert.Equal(400, entries.Where(e => e.Key is not null).Select(e => e.Key).Distinct().Count());
        Assert.Equal(80, entries.Where(e => e.Key is null).Select(e => (e.Actor, e.Fields["n"]!.GetValue<int>())).Distinct().Count());
        var verified = await fresh.Audit.VerifyAsync("m");
        Assert.Equal((true, 480), (verified.Intact, verified.Entries));
        var from = new List<long>();
        await foreach (var entry in fresh.Audit.ReadAsync("m", 250))
            from.Add(entry.Seq);
        Assert.Equal(Enumerable.Range(250, 231).Select(i => (long)i), from);
        Assert.True(faults.Lost > 0);
    }

    [Fact]
    public async Task Any_changed_byte_is_found_at_its_entry()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        for (var i = 0; i < 6; i++)
            await store.Audit.AppendAsync("m", "a", "Look", new JsonObject { ["n"] = i, ["p"] = i / 7.0, ["text"] = "Nälli" });
        var blob = Container(prefix).GetAppendBlobClient("audit/m/00000000.ndjson");
        var bytes = (await blob.DownloadContentAsync()).Value.Content.ToArray();
        var random = new Random(1);
        for (var i = 0; i < bytes.Length; i += 3)
        {
            var changed = (byte[])bytes.Clone();
            changed[i] ^= (byte)(1 << random.Next(8));
            await RewriteAsync(blob, changed);
            var found = await store.Audit.VerifyAsync("m");
            var entry = bytes.AsSpan(0, i).Count((byte)'\n') + 1;
            Assert.False(found.Intact);
            Assert.Equal(entry, found.FirstBroken);
            Assert.Equal(entry - 1, found.Entries);
        }

        var lines = bytes.AsSpan(0, bytes.AsSpan().IndexOf((byte)'\n') + 1).Length;
        await RewriteAsync(blob, bytes[lines..]);
        Assert.Equal((1L, "gap"), ((await store.Audit.VerifyAsync("m")).FirstBroken, (await store.Audit.VerifyAsync("m")).Problem));
        await RewriteAsync(blob, bytes);
        Assert.True((await store.Audit.VerifyAsync("m")).Intact);
    }

    [Fact]
    public async Task Entries_cut_off_the_end_are_found_by_the_anchor()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        Assert.Null(await store.Audit.AnchorAsync("m"));
        for (var i = 0; i < 3; i++)
            await store.Audit.AppendAsync("m", "a", "Look", new JsonObject { ["n"] = i });
        var anchor = await store.Audit.AnchorAsync("m");
        Assert.Equal(3, anchor!.Value.Seq);
        var blob = Container(prefix).GetAppendBlobClient("audit/m/00000000.ndjson");
        var bytes = (await blob.DownloadContentAsync()).Value.Content.ToArray();
        await RewriteAsync(blob, bytes[..(bytes.AsSpan(0, bytes.Length - 1).LastIndexOf((byte)'\n') + 1)]);
        Assert.Equal(new AuditVerification(false, 2, (await store.Audit.VerifyAsync("m")).Head, 3, "truncated"), await store.Audit.VerifyAsync("m"));

        // A process that begins now chains to what is left; the anchor shows that the third entry is another one.
        await CatalogFixture.Open(prefix).Audit.AppendAsync("m", "a", "Look", new JsonObject { ["n"] = 99 });
        Assert.Equal((3L, "anchor-mismatch"), ((await store.Audit.VerifyAsync("m")).FirstBroken, (await store.Audit.VerifyAsync("m")).Problem));
    }

    [Fact]
    public async Task A_damaged_end_is_not_written_on_and_bad_input_is_refused()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        await store.Audit.AppendAsync("m", "a", "Look");
        var blob = Container(prefix).GetAppendBlobClient("audit/m/00000000.ndjson");
        await RewriteAsync(blob, "nonsense\n"u8.ToArray());
        await Assert.ThrowsAsync<AuditLogDamagedException>(() => CatalogFixture.Open(prefix).Audit.AppendAsync("m", "a", "Look"));
        await Assert.ThrowsAsync<CatalogArgumentException>(() => store.Audit.AppendAsync("../m", "a", "Look"));
        await Assert.ThrowsAsync<CatalogArgumentException>(() => store.Audit.AppendAsync("m", "a", "Look", new JsonObject { ["seq"] = 7 }));
        await Assert.ThrowsAsync<FormatException>(() => store.Audit.AppendAsync("m", "a", "Look", new JsonObject { ["n"] = double.NaN }));
        await Assert.ThrowsAsync<CatalogArgumentException>(
            () => store.Audit.AppendAsync("m", "a", "Look", new JsonObject { ["n"] = new string('x', 300_000) }));
    }

    [Fact]
    public async Task The_feed_gives_every_entry_of_all_models_once()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync(o => o with { AuditSegmentEntries = 10 });
        var reader = CatalogFixture.Open(prefix);
        for (var i = 0; i < 12; i++)
            await store.Audit.AppendAsync($"m{i % 3}", "a", "Before", new JsonObject { ["n"] = i });
        var feed = await reader.Audit.ReadRecentAsync(null, 5);
        Assert.Equal([7, 8, 9, 10, 11], feed.Events.Select(e => e.Fields["n"]!.GetValue<int>()));
        var got = new List<int>();
        for (var i = 0; i < 40; i++)
        {
            await store.Audit.AppendAsync($"m{i % 5}", "a", "After", new JsonObject { ["n"] = i });
            if (i % 7 == 0)
                await TakeAsync(3);
        }

        while (await TakeAsync(3) > 0)
        {
        }

        Assert.Equal(Enumerable.Range(0, 40), got);
        await Assert.ThrowsAsync<CatalogArgumentException>(() => reader.Audit.ReadRecentAsync("###"));

        async Task<int> TakeAsync(int max)
        {
            feed = await reader.Audit.ReadRecentAsync(feed.Next, max);
            got.AddRange(feed.Events.Select(e => e.Fields["n"]!.GetValue<int>()));
            return feed.Events.Count;
        }
    }

    private static BlobContainerClient Container(string prefix) => Azurite.Shared.CreateClient().GetBlobContainerClient(prefix + "logs");

    private static async Task RewriteAsync(AppendBlobClient blob, byte[] bytes)
    {
        await blob.CreateAsync(new AppendBlobCreateOptions());
        if (bytes.Length > 0)
            await blob.AppendBlockAsync(new MemoryStream(bytes));
    }
}
