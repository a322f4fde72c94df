using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs.Specialized;
using Iml4e.Catalog;
using Iml4e.CommandLine.Stack;

namespace Iml4e.Benchmarks;

/// <summary>
/// Prediction records appended a second by 64 callers, durable and buffered (with the flush at the end counted in), against the plain way: the same callers,
/// each with an append blob of its own, one append a record.
/// </summary>
internal sealed class CatalogBenchmark(string folder, TextWriter output)
{
    public const int DefaultSeconds = 3;
    public const int DefaultRounds = 3;
    private const int Callers = 64;

    /// <summary>Measures and writes the table.</summary>
    public async Task RunAsync(int seconds, int rounds, CancellationToken ct)
    {
        await using var stack = await LocalStack.StartStorageAsync(new LocalStackOptions(Path.Combine(folder, "catalog"), 0), ct);
        var service = CatalogStore.CreateClient(stack.StorageConnection);
        await using var catalog = new CatalogStore(service);
        await catalog.InitializeAsync(ct);
        var plain = service.GetBlobContainerClient("plain");
        await plain.CreateIfNotExistsAsync(cancellationToken: ct);
        var blobs = Enumerable.Range(0, Callers).Select(i => plain.GetAppendBlobClient(FormattableString.Invariant($"caller-{i}"))).ToArray();
        foreach (var blob in blobs)
            await blob.CreateIfNotExistsAsync(cancellationToken: ct);
        var line = JsonSerializer.SerializeToUtf8Bytes(Record(catalog));

        var time = TimeSpan.FromSeconds(seconds);
        Sample single = new(), durable = new(), buffered = new();
        // The first round warms up and is not counted.
        for (var round = 0; round <= rounds; round++)
        {
            var singleRate = await RateAsync(time, (caller, token) => blobs[caller].AppendBlockAsync(new MemoryStream(line), cancellationToken: token), null, ct);
            var durableRate = await RateAsync(time, (_, token) => catalog.Predictions.AppendAsync(Record(catalog), Durability.Durable, token), null, ct);
            var bufferedRate = await RateAsync(
                time, (_, token) => catalog.Predictions.AppendAsync(Record(catalog), Durability.Buffered, token), catalog.FlushAsync, ct);
            if (round == 0)
                continue;
            single.Add(singleRate);
            durable.Add(durableRate);
            buffered.Add(bufferedRate);
        }

        new ResultTable($"catalog: prediction records a second, {Callers} callers, Azurite")
            .Add("one append a record", "1/s", single)
            .Add("prediction log, durable", "1/s", durable, ResultTable.Ratio(durable, single, "one append a record"))
            .Add("prediction log, buffered", "1/s", buffered, ResultTable.Ratio(buffered, single, "one append a record"))
            .Write(output);
    }

    private static PredictionRecord Record(CatalogStore catalog)
    {
        var at = DateTimeOffset.UtcNow;
        return new PredictionRecord
        {
            Id = catalog.Predictions.NewId(BenchmarkModel.Name, at),
            At = at,
            Model = BenchmarkModel.Name,
            Version = "1",
            Digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000",
            Variant = PredictionVariant.Champion,
            LatencyMs = 0.25,
            Inputs = new JsonArray(new JsonObject
            {
                ["name"] = "x",
                ["data"] = new JsonArray([.. Enumerable.Range(0, BenchmarkModel.Features).Select(i => (JsonNode)(i * 0.25))]),
            }),
            Predicted = [1.5],
        };
    }

    private static async Task<double> RateAsync(
        TimeSpan time, Func<int, CancellationToken, Task> append, Func<CancellationToken, Task>? flush, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => AppendAsync(caller), ct)));
        if (flush is not null)
            await flush(ct);
        return counts.Sum() / Stopwatch.GetElapsedTime(started).TotalSeconds;

        async Task<int> AppendAsync(int caller)
        {
            var count = 0;
            for (; Stopwatch.GetElapsedTime(started) < time; count++)
                await append(caller, ct);
            return count;
        }
    }
}
