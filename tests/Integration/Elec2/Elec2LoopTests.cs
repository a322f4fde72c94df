using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Stack;
using Xunit.Abstractions;

namespace Iml4e.Tests.Integration.Elec2;

/// <summary>The whole adaptive loop on a real stream that drifts, through HTTP and blobs alone.</summary>
public sealed class Elec2LoopTests(ITestOutputHelper output)
{
    private const double WantedGain = 0.05;

    // Trees over all columns and the class of the half-hour before. The class does not depend on what is predicted, so that shadow pairs decide.
    private const string Pipeline = """
        name: elec2
        task: classification
        data:
          dataset: elec2
          label: class
          time: timestamp
          features: [period, nswprice, nswdemand, vicprice, vicdemand, transfer]
          lags: [{ column: class, lags: [1] }]
          calendar: false
        train:
          trainer: boosted-trees
          parameters: { rounds: 200, eta: 0.1, early_stopping_rounds: 20 }
          window: 8928               # six months; the search tries one and a half too
          windowSearch: true
          triggers: [data, performance]
          cooldown: 0s
          minNewRows: 500
          debounce: 0s
        evaluate:
          metric: accuracy
          accept: "accuracy > champion.accuracy"
        experiment:
          design: shadowPaired
          outcomeExogenous: true
          canaryRamp: false
          unitKey: prediction
          stageMinDwell: 0s
          smoke: { minRequests: 20, maxDuration: 1h, maxLatencyRatio: 1000, latencyFloorMs: 1000 }
          primary: { name: correct, type: continuous, direction: higher }
          tuningN: 300
          minUnitsPerArm: 100
          decision: superior
          maxDuration: 1h
          maxUnitsPerArm: 1240       # five months
          labels: { maturity: 0s, deadline: 1h }
          evaluationInterval: 300ms
          postPromotionWatch: 0s
          holdback: 0
        monitor:
          window: 310
          high: 1.5
          low: 1.2
          consecutiveHigh: 3
          consecutiveLow: 2
          cooldown: 0s
          maxPerDay: 1000
        """;

    [Elec2Fact]
    public async Task TheLoopKeepsUpWithTheMarketWhereTheFirstModelDoesNot()
    {
        var watch = Stopwatch.StartNew();
        var folder = Directory.CreateTempSubdirectory("iml4e-elec2-");
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(30));
        var ct = patience.Token;
        try
        {
            var settings = new Dictionary<string, string> { ["LocalRuntime__BlobPollInterval"] = "00:00:00.2" };
            await using var stack = await LocalStack.StartAsync(new LocalStackOptions(folder.FullName, 0, settings), ct);
            using var api = new ApiClient(stack.Url);
            try
            {
                await PlayAsync(stack, api, watch, ct);
            }
            catch
            {
                // The folder goes with the test; what the app said last is worth keeping.
                output.WriteLine(Tail(Path.Combine(stack.LogFolder, "app.log"), 4000));
                throw;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task PlayAsync(LocalStack stack, ApiClient api, Stopwatch watch, CancellationToken ct)
    {
        var stream = Elec2Stream.Read();
        var inbox = new BlobServiceClient(stack.StorageConnection, new BlobClientOptions(BlobClientOptions.ServiceVersion.V2023_01_03))
            .GetBlobContainerClient("inbox");
        await inbox.CreateIfNotExistsAsync(cancellationToken: ct);
        await api.SendBytesAsync(HttpMethod.Put, $"api/pipelines/{Elec2Replay.Name}", Encoding.UTF8.GetBytes(Pipeline), "application/yaml", null, ct);

        var replay = new Elec2Replay(api, inbox, stream, line => output.WriteLine($"{watch.Elapsed:mm\\:ss} {line}"));
        await replay.PlayAsync(ct);
        output.WriteLine($"{watch.Elapsed:mm\\:ss} the stream is over");

        await CheckAccuracyAsync(replay, stream, ct);
        await CheckDatasetsAndJobsAsync(api, replay, stream, ct);
        await CheckAuditAsync(api, replay, ct);
        await CheckNothingRunsAsync(api, ct);
        output.WriteLine($"{watch.Elapsed:mm\\:ss} in all");
    }

    private async Task CheckAccuracyAsync(Elec2Replay replay, Elec2Stream stream, CancellationToken ct)
    {
        var first = await replay.AskAsync("1", replay.FirstRow, stream.Rows, ct);
        var half = stream.Rows / 2;
        var loop = replay.Accuracy(half, stream.Rows);
        var never = Share(half, stream.Rows, row => first[row - replay.FirstRow] == stream.Class(row));
        output.WriteLine($"first half:  loop {replay.Accuracy(replay.FirstRow, half):0.0000}, never retrained "
            + $"{Share(replay.FirstRow, half, row => first[row - replay.FirstRow] == stream.Class(row)):0.0000}, no change "
            + $"{Share(replay.FirstRow, half, row => stream.Class(row - 1) == stream.Class(row)):0.0000} (from the second month on)");
        output.WriteLine($"second half: loop {loop:0.0000}, never retrained {never:0.0000}, no change "
            + $"{Share(half, stream.Rows, row => stream.Class(row - 1) == stream.Class(row)):0.0000}");
        output.WriteLine($"whole stream: no change {Share(1, stream.Rows, row => stream.Class(row - 1) == stream.Class(row)):0.0000}");
        Assert.True(loop >= never + WantedGain, $"loop {loop:0.0000}, never retrained {never:0.0000}: the gain must be {WantedGain} at least");
    }

    // Each month is one version, and each champion of that time was evaluated on it; the first month made the first champion.
    private async Task CheckDatasetsAndJobsAsync(ApiClient api, Elec2Replay replay, Elec2Stream stream, CancellationToken ct)
    {
        var versions = (await api.GetAsync($"api/datasets/{Elec2Replay.Name}/versions", ct))["versions"]!.AsArray();
        Assert.Equal(Enumerable.Range(1, stream.Months).Select(v => $"{v}"), versions.Select(v => Json.Text(v!["version"])));
        Assert.Equal(Enumerable.Range(1, stream.Months).Select(v => (double?)v), versions.Select(v => Json.Number(v!["parts"])));
        Assert.Equal(stream.Rows, Json.Number(versions[^1]!["rows"]));

        var jobs = (await api.GetAsync("api/jobs?kind=evaluate&top=500", ct))["jobs"]!.AsArray();
        while (jobs.Any(j => Json.Text(j!["status"]) is "pending" or "running"))
        {
            await Task.Delay(100, ct);
            jobs = (await api.GetAsync("api/jobs?kind=evaluate&top=500", ct))["jobs"]!.AsArray();
        }

        Assert.All(jobs, job => Assert.Equal("completed", Json.Text(job!["status"])));
        Assert.Equal(
            replay.Evaluated.Select(e => $"evaluate-{Elec2Replay.Name}-{e.Version}-{Elec2Replay.Name}-{e.Dataset}").Order(StringComparer.Ordinal),
            jobs.Select(j => Json.Text(j!["id"])!).Order(StringComparer.Ordinal));
        Assert.Equal(stream.Months - 1, jobs.Count);
        var mean = jobs.Average(j => Json.Number(j!["metrics"]!["accuracy"]));
        output.WriteLine($"{jobs.Count} evaluations of champions on new blobs, mean accuracy {mean:0.0000}");
    }

    private async Task CheckAuditAsync(ApiClient api, Elec2Replay replay, CancellationToken ct)
    {
        var verified = await api.GetAsync($"api/models/{Elec2Replay.Name}/audit/verify", ct);
        Assert.True(Json.Truth(verified["intact"]), verified.ToJsonString());
        var entries = new List<JsonNode>();
        while ((await api.GetAsync($"api/models/{Elec2Replay.Name}/audit?from={entries.Count + 1}", ct))["entries"]!.AsArray() is { Count: > 0 } page)
            entries.AddRange(page!);
        Assert.Equal(Json.Number(verified["entries"]), entries.Count);

        var events = entries.CountBy(e => Json.Text(e["event"])!).ToDictionary();
        output.WriteLine(string.Join(", ", events.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key} {e.Value}")));
        var triggers = entries.Where(e => Json.Text(e["event"]) == "TriggerReceived").CountBy(e => Json.Text(e["fields"]!["reason"])!).ToDictionary();
        output.WriteLine("triggers: " + string.Join(", ", triggers.Select(t => $"{t.Key} {t.Value}")));
        foreach (var fields in entries.Where(e => Json.Text(e["event"]) == "RetrainEnded").Select(e => e["fields"]!))
            output.WriteLine($"  retraining: {Json.Text(fields["result"])} {Json.Text(fields["experiment"])} {Json.Text(fields["reason"])}");
        var promoted = entries.Where(e => Json.Text(e["event"]) == "RoutingChanged").Select(e => Json.Text(e["fields"]!["to"])).ToList();
        Assert.Equal(promoted, replay.Champions.Select(c => c.Version));
        // The first champion was promoted without an experiment.
        Assert.True(promoted.Count > 2, $"{promoted.Count - 1} promotions after the first champion");
        Assert.True(triggers.GetValueOrDefault("data") > 2);
    }

    private static async Task CheckNothingRunsAsync(ApiClient api, CancellationToken ct)
    {
        var instances = (await api.GetAsync("runtime/webhooks/durabletask/instances?runtimeStatus=Running,Pending", ct)).AsArray();
        Assert.Empty(instances.Select(i => Json.Text(i!["instanceId"])));
    }

    private static string Tail(string file, int characters)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var text = new StreamReader(stream).ReadToEnd();
        return text[Math.Max(0, text.Length - characters)..];
    }

    private static double Share(int from, int to, Func<int, bool> holds) => Enumerable.Range(from, to - from).Average(row => holds(row) ? 1.0 : 0);
}
