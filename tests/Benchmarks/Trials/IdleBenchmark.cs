using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Iml4e.Catalog;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Stack;
using Iml4e.Functions;
using Iml4e.Functions.Serving;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Iml4e.Benchmarks.Trials;

/// <summary>Very many pipelines with their models, registered and idle: memory, work at rest, lateness of schedules, the time of a routing lookup.</summary>
internal sealed class IdleBenchmark(string folder, TextWriter output)
{
    public const int DefaultPipelines = 2000;
    private const int Scheduled = 60;
    private const int Registering = 8;
    private const int LookupRounds = 200;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Noticeable = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>Writes the figures; false when a bar is missed.</summary>
    public async Task<bool> RunAsync(int pipelines, CancellationToken ct)
    {
        var settings = new Dictionary<string, string> { ["Iml4e__ProbeModels"] = "false", ["LocalRuntime__BlobPollInterval"] = "00:01:00" };
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions(Path.Combine(folder, "idle"), 0) { Settings = settings }, ct);
        using var api = new ApiClient(stack.Url);
        var onnx = new TrialModel([1], 0, false).Onnx();
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, pipelines, new ParallelOptions { MaxDegreeOfParallelism = Registering, CancellationToken = ct }, async (i, token) =>
        {
            await api.SendBytesAsync(
                HttpMethod.Put, $"api/models/{Name(i)}/versions?task=regression&alias=champion", onnx, "application/octet-stream", null, token);
            await api.SendJsonAsync(HttpMethod.Put, $"api/pipelines/{Name(i)}", Pipeline(i, "0 0 4 1 1 *"), null, token);
        });
        Write($"idle: {pipelines} pipelines with a model each, registered in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
        using var process = Process.GetProcessById(stack.AppProcessId);
        var before = process.TotalProcessorTime;
        await Task.Delay(Rest, ct);
        process.Refresh();
        var share = (process.TotalProcessorTime - before) / Rest;
        var megabytes = process.WorkingSet64 / 1048576.0;
        Write($"  at rest: {megabytes:0} MB, bar 600: {Met(megabytes <= 600)}; {share:0.00} processors");
        await using var probe = new StallProbe(StorageAddress(stack.StorageConnection), new Uri(stack.Url, "/v2/health/live"));
        var lateness = await ScheduleAsync(api, probe, Math.Min(Scheduled, pipelines), ct);
        Write($"  schedules: {lateness.Count} fired, {Math.Min(Scheduled, pipelines) - lateness.Count} missing; late median {lateness.Median:0.00} s, most {lateness.Max:0.00} s, bar 2: {Met(lateness.Max <= 2 && lateness.Count == Math.Min(Scheduled, pipelines))}");
        var lookup = await LookUpAsync(stack.StorageConnection, pipelines, ct);
        Write($"  routing lookup: median {lookup.Median:0.000} µs, bar 2: {Met(lookup.Median <= 2)}");
        return megabytes <= 600 && lateness.Max <= 2 && lateness.Count == Math.Min(Scheduled, pipelines) && lookup.Median <= 2;
    }

    // Each at a second of its own; there is no data set, so that what they start ends at once.
    private async Task<Sample> ScheduleAsync(ApiClient api, StallProbe probe, int scheduled, CancellationToken ct)
    {
        var first = DateTimeOffset.UtcNow + Ahead;
        var due = Enumerable.Range(0, scheduled).Select(i =>
        {
            var at = first + (Window * i / scheduled);
            return new DateTimeOffset(at.Year, at.Month, at.Day, at.Hour, at.Minute, at.Second, TimeSpan.Zero);
        }).ToArray();
        for (var i = 0; i < scheduled; i++)
        {
            var schedule = string.Create(CultureInfo.InvariantCulture, $"{due[i].Second} {due[i].Minute} {due[i].Hour} {due[i].Day} {due[i].Month} *");
            await api.SendJsonAsync(HttpMethod.Put, $"api/pipelines/{Name(i)}", Pipeline(i, schedule), null, ct);
        }

        await Task.Delay(due[^1] + Grace - DateTimeOffset.UtcNow, ct);
        var (lateness, ended) = (new Sample(), new Sample());
        for (var i = 0; i < scheduled; i++)
        {
            var entries = (await api.GetAsync($"api/models/{Name(i)}/audit", ct))["entries"]!.AsArray();
            if (At(entries, "TriggerReceived") is not { } received)
                continue;
            var late = received - due[i];
            lateness.Add(late.TotalSeconds);
            ended.Add((At(entries, "RetrainEnded") is { } end ? end - received : TimeSpan.Zero).TotalSeconds);
            if (late > Noticeable)
                Write($"    due {due[i]:HH:mm:ss}: received {late.TotalSeconds:0.00} s late; stood still meanwhile: {probe.During(due[i], received)}");
        }

        if (lateness.Count == 0)
            throw new InvalidOperationException("No schedule has fired.");
        Write($"  standstill in all of the time: {probe.During(first, due[^1] + Grace)}; from a trigger to the end of its retraining: median {ended.Median:0.00} s, most {ended.Max:0.00} s");
        return lateness;
    }

    private static async Task<Sample> LookUpAsync(string connection, int pipelines, CancellationToken ct)
    {
        await using var catalog = new CatalogStore(new BlobServiceClient(connection, CatalogStore.ClientOptions()), new CatalogOptions());
        var options = Options.Create(new AppOptions { RoutingRefresh = TimeSpan.FromMinutes(10) });
        var table = new RoutingTable(catalog, options, TimeProvider.System, NullLogger<RoutingTable>.Instance);
        var names = Enumerable.Range(0, pipelines).Select(Name).ToArray();
        foreach (var name in names)
            _ = await table.FindAsync(name, ct) ?? throw new InvalidOperationException($"Model {name} is not there.");
        var sample = new Sample();
        for (var round = -20; round < LookupRounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
            foreach (var name in names)
                _ = await table.FindAsync(name, ct);
            if (round >= 0)
                sample.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds / names.Length);
        }

        return sample;
    }

    private static DateTimeOffset? At(JsonArray entries, string name) => entries.FirstOrDefault(e => Json.Text(e!["event"]) == name) is { } entry
        ? DateTimeOffset.Parse(Json.Text(entry["at"])!, CultureInfo.InvariantCulture)
        : null;

    private static Uri StorageAddress(string connection) =>
        new(connection.Split(';').Single(part => part.StartsWith("BlobEndpoint=", StringComparison.Ordinal))["BlobEndpoint=".Length..] + "?comp=list");

    private static string Name(int i) => FormattableString.Invariant($"building-{i / 4}-model-{i % 4}");

    private static JsonObject Pipeline(int i, string schedule) => JsonNode.Parse($$"""
        {
          "name": "{{Name(i)}}", "task": "regression", "data": { "dataset": "{{Name(i)}}", "label": "y" },
          "train": { "trainer": "linear", "schedule": "{{schedule}}", "triggers": ["schedule", "data"] }
        }
        """)!.AsObject();

    private static string Met(bool met) => met ? "met" : "MISSED";

    private void Write(FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
