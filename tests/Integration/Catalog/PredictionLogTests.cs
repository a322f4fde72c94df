using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Iml4e.Catalog;
using Xunit.Abstractions;

namespace Iml4e.Tests.Integration.Catalog;

public sealed class PredictionLogTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Four_writers_and_readers_at_once_see_each_record_once_although_answers_are_lost()
    {
        var faults = new LostAnswers(0.05, 7);
        Func<CatalogOptions, CatalogOptions> small = o => o with { RotateBlocks = 15, MaxBatchBytes = 4096 };
        var (first, prefix) = await CatalogFixture.CreateAsync(small, faults);
        CatalogStore[] writers = [first, .. Enumerable.Range(0, 3).Select(_ => CatalogFixture.Open(prefix, small, faults))];
        var written = new ConcurrentBag<string>();
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => FollowAsync(CatalogFixture.Open(prefix, faults: faults), done.Token)).ToArray();
        await Task.WhenAll(writers.SelectMany(store => Enumerable.Range(0, 4).Select(async task =>
        {
            for (var i = 0; i < 150; i++)
            {
                var record = CatalogFixture.Prediction(store, "m", DateTimeOffset.UtcNow, i);
                await store.Predictions.AppendAsync(record, i % 3 == 0 ? Durability.Durable : Durability.Buffered);
                written.Add(record.Id);
            }
        })));
        await Task.WhenAll(writers.Select(w => w.FlushAsync()));
        await done.CancelAsync();
        foreach (var reader in readers)
            Assert.Equal(written.Order(StringComparer.Ordinal), (await reader).Order(StringComparer.Ordinal));
        Assert.True(faults.Lost > 0);
    }

    [Fact]
    public async Task Cursors_survive_serialisation_budgets_and_the_change_of_days()
    {
        var clock = new SetClock(new DateTimeOffset(2026, 1, 5, 23, 0, 0, TimeSpan.Zero));
        var (store, prefix) = await CatalogFixture.CreateAsync(o => o with { MaxBatchBytes = 2048 }, time: clock);
        var reader = CatalogFixture.Open(prefix, time: clock);
        var all = new List<string>();
        var got = new List<string>();
        var cursor = "";
        for (var hour = 0; hour < 80; hour++)
        {
            for (var i = 0; i < 5; i++)
            {
                // Some ids are from an hour before, so that they are logged a day later than minted when it has just become midnight.
                var record = CatalogFixture.Prediction(store, "m", clock.Now.AddMinutes(i == 0 ? -61 : 0), i);
                all.Add(record.Id);
                await store.Predictions.AppendAsync(record);
            }

            if (hour % 5 == 0)
                await DrainAsync();
            clock.Now = clock.Now.AddHours(1);
        }

        await DrainAsync();
        Assert.Equal(all, got);
        Assert.Equal(LogCursor.Start, LogCursor.Parse(null));
        Assert.Equal("2026-01-09", LogCursor.Parse(cursor).From);
        Assert.True(LogCursor.Parse(cursor).Blobs.Count <= 2);
        var fresh = CatalogFixture.Open(prefix, time: clock);
        foreach (var id in all.Where((_, i) => i % 4 == 0))
            Assert.Equal(id, Assert.Single(await fresh.Predictions.FindAsync(id)).Id);
        var end = await fresh.Predictions.EndAsync("m");
        Assert.Empty((await fresh.Predictions.ReadAsync("m", end)).Records);
        var sinceTheEighth = await ReadAllAsync(fresh, LogCursor.At(new DateTimeOffset(2026, 1, 8, 12, 0, 0, TimeSpan.Zero)));
        Assert.Equal(all[(5 * 49)..], sinceTheEighth);

        async Task DrainAsync()
        {
            LogBatch<PredictionRecord> batch;
            do
            {
                batch = await reader.Predictions.ReadAsync("m", LogCursor.Parse(cursor), 1);
                got.AddRange(batch.Records.Select(r => r.Id));
                cursor = batch.Next.ToString();
            }
            while (!batch.CaughtUp);
        }
    }

    [Fact]
    public async Task A_prediction_and_its_shadow_are_found_by_id_in_memory_and_in_storage()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        var record = CatalogFixture.Prediction(store, "m", DateTimeOffset.UtcNow, 1) with
        {
            Variant =
                PredictionVariant.Control, Experiment = "exp-1", Inputs = new JsonObject { ["x"] = "Nälli\n" }, Outputs = new JsonArray(1.5), LatencyMs = 0.25,
        };
        await store.Predictions.AppendAsync(record);
        var other = CatalogFixture.Open(prefix);
        await other.Predictions.AppendAsync(record with { Variant = PredictionVariant.Shadow, Version = "2" });
        await store.Predictions.AppendAsync(record with { Variant = PredictionVariant.Shadow, Version = "3" });
        Assert.Equal(["1", "3"], (await store.Predictions.FindAsync(record.Id)).Select(r => r.Version));
        foreach (var reader in new[] { other, CatalogFixture.Open(prefix) })
        {
            var found = await reader.Predictions.FindAsync(record.Id);
            Assert.Equal(["1", "2", "3"], found.Select(r => r.Version).Order());
            var primary = found.Single(r => r.Version == "1");
            Assert.Equal("Nälli\n", primary.Inputs!["x"]!.GetValue<string>());
            Assert.Equal((PredictionVariant.Control, "exp-1", 0.25, record.At), (primary.Variant, primary.Experiment, primary.LatencyMs, primary.At));
        }

        Assert.Empty(await store.Predictions.FindAsync(store.Predictions.NewId("m", DateTimeOffset.UtcNow)));
        Assert.Empty(await store.Predictions.FindAsync("../../etc/passwd"));
        await Assert.ThrowsAsync<CatalogArgumentException>(() => store.Predictions.AppendAsync(record with { Model = "n" }));
        await Assert.ThrowsAsync<CatalogArgumentException>(() => store.Predictions.AppendAsync(record with { Id = "x" }));
    }

    [Fact]
    public async Task Ids_are_found_in_a_large_blob_by_bisection()
    {
        var clock = new SetClock(new DateTimeOffset(2026, 1, 5, 0, 0, 0, TimeSpan.Zero));
        var (store, prefix) = await CatalogFixture.CreateAsync(time: clock);
        var ids = new List<string>();
        var filler = JsonValue.Create(new string('x', 6000));
        for (var i = 0; i < 1400; i++)
        {
            clock.Now = clock.Now.AddSeconds(60);
            var record = CatalogFixture.Prediction(store, "m", clock.Now, i) with { Inputs = filler.DeepClone() };
            ids.Add(record.Id);
            await store.Predictions.AppendAsync(record, Durability.Buffered);
        }

        await store.FlushAsync();
        var reader = CatalogFixture.Open(prefix, time: clock);
        foreach (var i in new[] { 0, 1, 17, 699, 700, 1398, 1399 })
            Assert.Equal([i], Assert.Single(await reader.Predictions.FindAsync(ids[i])).Predicted!);
        var many = await reader.Predictions.FindManyAsync(ids.Where((_, i) => i % 3 == 0).Append("nonsense"));
        Assert.Equal(467, many.Count);
        Assert.All(many, found => Assert.Equal(found.Key, Assert.Single(found.Value).Id));
    }

    [Fact]
    public async Task Torn_and_doubled_lines_are_passed_over_and_half_a_line_is_waited_for()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        for (var i = 0; i < 3; i++)
            await store.Predictions.AppendAsync(CatalogFixture.Prediction(store, "m", DateTimeOffset.UtcNow, i));
        var container = Azurite.Shared.CreateClient().GetBlobContainerClient(prefix + "logs");
        var name = container.GetBlobs(BlobTraits.None, BlobStates.None, "predictions/m/").Single().Name;
        var blob = container.GetAppendBlobClient(name);
        var bytes = (await blob.DownloadContentAsync()).Value.Content.ToArray();
        var half = bytes.Length / 2;
        await blob.AppendBlockAsync(new MemoryStream([.. "{\"id\":\"torn\n\n"u8, .. bytes, .. "null\n{}\n"u8, .. bytes.AsSpan(0, 50)]));
        var batch = await store.Predictions.ReadAsync("m", LogCursor.Start);
        Assert.Equal(3, batch.Records.Count);
        Assert.Equal(6, batch.Skipped);
        Assert.True(batch.CaughtUp);
        await blob.AppendBlockAsync(new MemoryStream(bytes, 50, bytes.AsSpan().IndexOf((byte)'\n') - 49));
        var rest = await store.Predictions.ReadAsync("m", batch.Next);
        Assert.Equal(batch.Records[0].Id, Assert.Single(rest.Records).Id);

        // The writer finds that somebody was at its blob, and goes on in another.
        var after = CatalogFixture.Prediction(store, "m", DateTimeOffset.UtcNow, 4);
        await store.Predictions.AppendAsync(after);
        Assert.Equal(after.Id, Assert.Single((await store.Predictions.ReadAsync("m", rest.Next)).Records).Id);
        Assert.Equal(2, container.GetBlobs(BlobTraits.None, BlobStates.None, "predictions/m/").Count());
    }

    [Fact]
    public async Task A_record_that_is_too_large_is_written_without_its_inputs()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        var record = CatalogFixture.Prediction(store, "m", DateTimeOffset.UtcNow, 1) with { Inputs = new string('x', 2_000_000), Outputs = 7 };
        await store.Predictions.AppendAsync(record);
        var found = Assert.Single(await CatalogFixture.Open(prefix).Predictions.FindAsync(record.Id));
        Assert.Equal(("inputs", 7), (found.Omitted, found.Outputs!.GetValue<int>()));
        Assert.Null(found.Inputs);
    }

    [Fact]
    public async Task A_full_queue_holds_the_writer_back_and_a_storage_that_is_away_is_reported()
    {
        using var emulator = new Azurite();
        var client = CatalogStore.ClientOptions();
        client.Retry.MaxRetries = 0;
        var options = new CatalogOptions { MaxQueuedBytes = 2000, CommitTimeout = TimeSpan.FromSeconds(1) };
        var store = new CatalogStore(new BlobServiceClient(emulator.ConnectionString, client), options);
        await store.InitializeAsync();
        await store.Predictions.AppendAsync(CatalogFixture.Prediction(store, "m", DateTimeOffset.UtcNow, 0));
        emulator.Dispose();
        await Assert.ThrowsAsync<CatalogUnavailableException>(
            () => store.Predictions.AppendAsync(CatalogFixture.Prediction(store, "m", DateTimeOffset.UtcNow, 1)));
        await Assert.ThrowsAsync<CatalogUnavailableException>(async () =>
        {
            for (var i = 0; i < 20; i++)
                await store.Predictions.AppendAsync(CatalogFixture.Prediction(store, "m", DateTimeOffset.UtcNow, i), Durability.Buffered);
        });
    }

    [Fact]
    public async Task Buffered_records_are_taken_for_one_window_only_while_the_storage_takes_none_and_none_of_them_is_dropped()
    {
        using var emulator = new Azurite();
        var gate = new Gate();
        var client = CatalogStore.ClientOptions();
        client.AddPolicy(gate, HttpPipelinePosition.PerCall);
        var options = new CatalogOptions { BufferedWindow = TimeSpan.FromMilliseconds(300), BackPressure = TimeSpan.FromMilliseconds(200) };
        await using var store = new CatalogStore(new BlobServiceClient(emulator.ConnectionString, client), options);
        await store.InitializeAsync();
        gate.IsShut = true;
        var accepted = new List<string>();
        var first = Stopwatch.GetTimestamp();
        var span = TimeSpan.Zero;
        await Assert.ThrowsAsync<CatalogUnavailableException>(async () =>
        {
            while (Stopwatch.GetElapsedTime(first) < TimeSpan.FromSeconds(30))
            {
                var record = CatalogFixture.Prediction(store, "m", DateTimeOffset.UtcNow, accepted.Count);
                await store.Predictions.AppendAsync(record, Durability.Buffered);
                accepted.Add(record.Id);
                span = Stopwatch.GetElapsedTime(first);
                await Task.Delay(5);
            }
        });
        Assert.NotEmpty(accepted);
        Assert.True(span < TimeSpan.FromSeconds(20), $"taken for {span}");
        gate.IsShut = false;
        await store.FlushAsync();
        Assert.Equal(accepted, await ReadAllAsync(store, LogCursor.Start));
        Assert.Equal(0, store.Predictions.Lost);
    }

    [Fact]
    public async Task A_record_that_the_storage_refuses_is_reported_to_who_waits_and_kept_for_who_does_not()
    {
        using var emulator = new Azurite();
        await using var store = new CatalogStore(
            CatalogStore.CreateClient(emulator.ConnectionString), new CatalogOptions { CommitTimeout = TimeSpan.FromSeconds(30) });
        var buffered = CatalogFixture.Prediction(store, "m", DateTimeOffset.UtcNow, 1);
        await store.Predictions.AppendAsync(buffered, Durability.Buffered);
        // There are no containers yet: that is refused at once, not tried for long.
        await Assert.ThrowsAsync<CatalogUnavailableException>(
            () => store.Predictions.AppendAsync(CatalogFixture.Prediction(store, "n", DateTimeOffset.UtcNow, 2)));
        await store.InitializeAsync();
        await store.FlushAsync();
        Assert.Equal([buffered.Id], await ReadAllAsync(store, LogCursor.Start));
    }

    [Fact]
    public async Task A_window_is_read_across_days_blobs_and_workers_with_late_records_and_joined_with_outcomes()
    {
        var start = new DateTimeOffset(2026, 1, 5, 22, 0, 0, TimeSpan.Zero);
        var clock = new SetClock(start);
        Func<CatalogOptions, CatalogOptions> small = o => o with { RotateBlocks = 20 };
        var (first, prefix) = await CatalogFixture.CreateAsync(small, time: clock);
        CatalogStore[] workers = [first, CatalogFixture.Open(prefix, small, time: clock)];
        var all = new List<PredictionRecord>();
        for (var minute = 0; minute < 240; minute += 2)
        {
            clock.Now = start.AddMinutes(minute);
            // Every tenth is logged an hour after it was made: around midnight a day later.
            var late = minute % 20 == 0;
            var record = CatalogFixture.Prediction(workers[minute / 2 % 2], "m", late ? clock.Now.AddHours(-1) : clock.Now, minute);
            await workers[minute / 2 % 2].Predictions.AppendAsync(record);
            all.Add(record);
        }

        var outcomes = all.Where((_, i) => i % 3 == 0).Select((p, i) => Outcome(p, i, clock.Now.AddDays(i % 4))).ToList();
        foreach (var day in outcomes.GroupBy(o => o.ReceivedAt))
        {
            clock.Now = day.Key;
            await workers[0].Outcomes.AppendAsync(day);
            await workers[1].Outcomes.AppendAsync(day.Take(3).Select(o => o with { Loss = -1, ReceivedAt = o.ReceivedAt.AddSeconds(1) }));
        }

        var reader = CatalogFixture.Open(prefix, time: clock);
        foreach (var (from, to) in new[] { (0, 240), (30, 130), (118, 122), (60, 60), (239, 5000) })
        {
            var (begin, end) = (start.AddMinutes(from), start.AddMinutes(to));
            var expected = all.Where(p => p.At >= begin && p.At < end).Select(p => p.Id).Order(StringComparer.Ordinal).ToList();
            Assert.Equal(expected, (await ListAsync(reader.Predictions.WindowAsync("m", begin, end))).Select(p => p.Id).Order(StringComparer.Ordinal));
            foreach (var memory in new[] { 100_000, 5 })
            {
                var joined = await ListAsync(reader.Joined.ReadAsync("m", begin, end, memory));
                Assert.Equal(expected, joined.Select(j => j.Prediction.Id).Order(StringComparer.Ordinal));
                Assert.Equal(
                    outcomes.Where(o => o.PredictedAt >= begin && o.PredictedAt < end).Select(o => (o.PredictionId, o.Loss)).Order(),
                    joined.Where(j => j.Outcome is not null).Select(j => (j.Prediction.Id, j.Outcome!.Loss)).Order());
            }
        }

        // Kept for a day: what was logged before is gone, and nobody minds.
        var model = (await first.Artefacts.PutAsync("m"u8.ToArray())).Digest;
        await first.Models.RegisterAsync(new ModelRegistration { Model = "m", Key = "k", Digest = model });
        Assert.Equal(0, await first.ExpireLogsAsync(start.AddDays(1)));
        Assert.True(await first.Models.SetLoggingAsync("m", new LoggingPolicy { RetentionDays = 1 }));
        Assert.False(await first.Models.SetLoggingAsync("m", new LoggingPolicy { RetentionDays = 1 }));
        Assert.Equal(0, await first.ExpireLogsAsync(start.AddDays(1)));
        Assert.True(await first.ExpireLogsAsync(start.AddDays(2)) > 0);
        var left = await ListAsync(reader.Predictions.WindowAsync("m", start.AddDays(-1), start.AddDays(9)));
        Assert.Equal(all.Skip(60).Select(p => p.Id).Order(StringComparer.Ordinal), left.Select(p => p.Id).Order(StringComparer.Ordinal));

        static OutcomeRecord Outcome(PredictionRecord p, int number, DateTimeOffset received) => new()
        {
            PredictionId = p.Id, PredictedAt = p.At, ObservedAt = received, ReceivedAt = received, Model = "m", Version = "1", Loss = number,
        };

        static async Task<List<T>> ListAsync<T>(IAsyncEnumerable<T> items)
        {
            var list = new List<T>();
            await foreach (var item in items)
                list.Add(item);
            return list;
        }
    }

    [Fact]
    public async Task Outcomes_are_appended_and_read_on()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync(faults: new LostAnswers(0.05, 8));
        var now = DateTimeOffset.UtcNow;
        var records = Enumerable.Range(0, 500).Select(i => new OutcomeRecord
        {
            PredictionId = store.Predictions.NewId("m", now), PredictedAt = now, ObservedAt = now, ReceivedAt = now, Model = "m", Version = "1", Loss = i,
            ShadowLoss = i % 2 == 0 ? i : null, Actual = i,
        }).ToArray();
        await store.Outcomes.AppendAsync(records);
        var reader = CatalogFixture.Open(prefix);
        var batch = await reader.Outcomes.ReadAsync("m", LogCursor.Start);
        Assert.Equal(records.Select(r => r.PredictionId), batch.Records.Select(r => r.PredictionId));
        Assert.Equal(Enumerable.Range(0, 500).Select(i => (double)i), batch.Records.Select(r => r.Loss));
        Assert.Empty((await reader.Outcomes.ReadAsync("m", batch.Next)).Records);
    }

    [Fact]
    public async Task Throughput_is_measured()
    {
        var (store, _) = await CatalogFixture.CreateAsync();
        var inputs = new JsonObject { ["outdoor_temperature"] = -3.5, ["hour"] = 7, ["wind"] = 2.25, ["history"] = new JsonArray(1.5, 2.5, 3.5, 4.5) };
        foreach (var durability in new[] { Durability.Buffered, Durability.Durable, Durability.Buffered, Durability.Durable })
        {
            const int count = 10_000;
            var model = durability == Durability.Durable ? "durable" : "buffered";
            var started = Stopwatch.GetTimestamp();
            await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 256 }, async (i, ct) =>
                await store.Predictions.AppendAsync(
                    CatalogFixture.Prediction(store, model, DateTimeOffset.UtcNow, i) with { Inputs = inputs }, durability, ct));
            await store.FlushAsync();
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            output.WriteLine($"{durability}: {count / seconds:F0} predictions/s");
        }

        Assert.Equal(20_000, (await ReadAllAsync(store, LogCursor.Start, "durable")).Count);
        Assert.Equal(20_000, (await ReadAllAsync(store, LogCursor.Start, "buffered")).Distinct().Count());
    }

    /// <summary>Lets no request through while it is shut.</summary>
    private sealed class Gate : HttpPipelinePolicy
    {
        public volatile bool IsShut;

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => ProcessNext(message, pipeline);

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            while (IsShut)
                await Task.Delay(10, message.CancellationToken);
            await ProcessNextAsync(message, pipeline);
        }
    }

    private static async Task<List<string>> ReadAllAsync(CatalogStore store, LogCursor cursor, string model = "m")
    {
        var ids = new List<string>();
        LogBatch<PredictionRecord> batch;
        do
        {
            batch = await store.Predictions.ReadAsync(model, cursor);
            ids.AddRange(batch.Records.Select(r => r.Id));
            cursor = batch.Next;
        }
        while (!batch.CaughtUp);
        return ids;
    }

    private static async Task<List<string>> FollowAsync(CatalogStore store, CancellationToken done)
    {
        var ids = new List<string>();
        var cursor = LogCursor.Start;
        while (true)
        {
            var last = done.IsCancellationRequested;
            var batch = await store.Predictions.ReadAsync("m", cursor, 5000, CancellationToken.None);
            Assert.Equal(0, batch.Skipped);
            ids.AddRange(batch.Records.Select(r => r.Id));
            cursor = LogCursor.Parse(batch.Next.ToString());
            if (last && batch.CaughtUp)
                return ids;
        }
    }
}
