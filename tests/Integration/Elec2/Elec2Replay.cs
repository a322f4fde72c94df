using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Iml4e.CommandLine.Api;

namespace Iml4e.Tests.Integration.Elec2;

/// <summary>
/// Plays the stream to the app, through HTTP and blobs alone: each row is predicted by whatever serves, its class follows as feedback, and each finished
/// month as a blob. Between the pieces it waits for the app's own state, never for the clock, so that a slow machine sees the same story as a fast one;
/// only a look that falls into the middle of a piece's feedback may decide a piece earlier or later.
/// </summary>
internal sealed class Elec2Replay(ApiClient api, BlobContainerClient inbox, Elec2Stream stream, Action<string> say)
{
    /// <summary>Name of pipeline, model and data set.</summary>
    public const string Name = "elec2";

    /// <summary>
    /// Rows of a request: three hours. Each comes with its true previous class, and its own is told to the app only after the whole piece was predicted.
    /// </summary>
    public const int RequestRows = 6;

    /// <summary>Requests of a piece: about eight days of the stream.</summary>
    private const int PieceRequests = 62;

    /// <summary>Outcomes in a window of the performance watch, and between its scores.</summary>
    private const int WatchWindow = 310, WatchStride = WatchWindow / 5;

    private const int Concurrency = 8;
    // A status reads some thirty blobs: asking all the time would take the machine away from the training that is waited for.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly int[] _answers = [.. Enumerable.Repeat(-1, stream.Rows)];
    private readonly Dictionary<string, long> _pairs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _served = new(StringComparer.Ordinal);
    private (string Name, string Datatype)[] _inputs = [];
    private string _champion = "";

    /// <summary>First row that was predicted.</summary>
    public int FirstRow { get; } = stream.Month(0).To;

    /// <summary>Champions in the order of the stream, each with its first row.</summary>
    public List<(string Version, int Row)> Champions { get; } = [];

    /// <summary>Champions that met new data, each with the version of the data set.</summary>
    public List<(string Version, string Dataset)> Evaluated { get; } = [];

    /// <summary>Plays all of it.</summary>
    public async Task PlayAsync(CancellationToken ct)
    {
        await UploadAsync(0, ct);
        await UntilAsync("a first champion", async () => (await StateAsync(ct)).IsQuiet("1"), ct);
        _inputs = [.. (await api.GetAsync($"v2/models/{Name}", ct))["inputs"]!.AsArray().Select(i => (Json.Text(i!["name"])!, Json.Text(i["datatype"])!))];
        for (var month = 1; month < stream.Months; month++)
        {
            var (from, to) = stream.Month(month);
            for (var row = from; row < to; row += PieceRequests * RequestRows)
                await PlayPieceAsync(row, Math.Min(to, row + (PieceRequests * RequestRows)), Dataset(month), ct);
            // A decision of the last piece is made true first, so that it is known which champion the new data meet.
            Evaluated.Add(((await SettledAsync(Dataset(month), scored: false, ct)).Champion!, Dataset(month + 1)));
            await UploadAsync(month, ct);
        }

        await EndAsync(ct);
    }

    /// <summary>Share of right answers over rows.</summary>
    public double Accuracy(int from, int to) => Enumerable.Range(from, to - from).Average(row => _answers[row] == stream.Class(row) ? 1.0 : 0);

    /// <summary>Answers of one version asked by number, to rows that have been played.</summary>
    public async Task<int[]> AskAsync(string version, int from, int to, CancellationToken ct)
    {
        var answers = new List<int>();
        for (var row = from; row < to; row += Elec2Stream.MonthRows)
            answers.AddRange(Labels(await PredictAsync($"v2/models/{Name}/versions/{version}/infer", row, Math.Min(to, row + Elec2Stream.MonthRows), ct)));
        return [.. answers];
    }

    private async Task PlayPieceAsync(int from, int to, string dataset, CancellationToken ct)
    {
        var before = await SettledAsync(dataset, scored: true, ct);
        if (before.Champion != _champion)
        {
            _champion = before.Champion!;
            Champions.Add((_champion, from));
            say($"{Elec2Stream.Time(from):yyyy-MM-dd}: version {_champion} is the champion");
        }

        var starts = Enumerable.Range(0, (to - from + RequestRows - 1) / RequestRows).Select(i => from + (i * RequestRows)).ToArray();
        var outcomes = new JsonNode[starts.Length];
        await Parallel.ForAsync(0, starts.Length, new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = ct }, async (i, token) =>
        {
            var (first, last) = (starts[i], Math.Min(to, starts[i] + RequestRows));
            var reply = await PredictAsync($"v2/models/{Name}/infer", first, last, token);
            Assert.Equal(_champion, Json.Text(reply["model_version"]));
            Labels(reply).CopyTo(_answers, first);
            outcomes[i] = new JsonObject
            {
                ["predictionId"] = Json.Text(reply["parameters"]!["prediction_id"]),
                ["value"] = new JsonArray([.. Enumerable.Range(first, last - first).Select(row => (JsonNode)stream.Class(row))]),
            };
        });
        var accepted = await api.SendJsonAsync(HttpMethod.Post, "api/feedback", new JsonArray(outcomes), null, ct);
        Assert.Equal(starts.Length, Json.Number(accepted.Body!["accepted"]));
        _served[_champion] = _served.GetValueOrDefault(_champion) + starts.Length;
        if (before.Experiment is not { } experiment || !before.IsCollecting)
            return;
        // Every served request makes a pair with its shadow; the next look must have seen them all, or decided without them.
        var expected = _pairs[experiment] = _pairs.GetValueOrDefault(experiment) + starts.Length;
        await UntilAsync($"{expected} pairs in {experiment}", async () =>
        {
            var now = await StateAsync(ct);
            return now.Experiment != experiment || !now.IsCollecting || now.Pairs == expected;
        }, ct);
    }

    // Data that came while an experiment ran start the next training when it has ended; only an experiment that waits for predictions lets the stream go on.
    // Without one the performance watch has to have seen all outcomes, or a retraining of its own could start at any moment.
    private async Task<LoopState> SettledAsync(string dataset, bool scored, CancellationToken ct)
    {
        LoopState? state = null;
        await UntilAsync(
            $"experiment that waits for predictions, and no quiet after data set version {dataset}",
            async () => (state = await StateAsync(ct)).IsCollecting || (state.IsQuiet(dataset) && (!scored || IsScored(state))), ct);
        return state!;
    }

    private bool IsScored(LoopState state)
    {
        var served = _served.GetValueOrDefault(state.Champion!);
        return served < WatchWindow || (state.Watched == state.Champion && state.Scored == served - ((served - WatchWindow) % WatchStride));
    }

    private async Task UploadAsync(int month, CancellationToken ct)
    {
        await inbox.GetBlobClient($"datasets/{Name}/{month + 1:00}.csv").UploadAsync(BinaryData.FromBytes(stream.Csv(month)), ct);
        await UntilAsync($"version {month + 1} of the data set", async () => (await VersionsAsync(ct)) > month, ct);
    }

    private async Task<int> VersionsAsync(CancellationToken ct)
    {
        var list = (await api.GetAsync("api/datasets", ct))["datasets"]!.AsArray();
        return list.Count > 0 ? (await api.GetAsync($"api/datasets/{Name}/versions", ct))["versions"]!.AsArray().Count : 0;
    }

    // The stream is over: an experiment would wait for predictions that never come, so that it is stopped, and so is the one that newer data start.
    private async Task EndAsync(CancellationToken ct)
    {
        var dataset = Dataset(stream.Months);
        for (var state = await SettledAsync(dataset, scored: true, ct); !state.IsQuiet(dataset); state = await SettledAsync(dataset, scored: true, ct))
        {
            var reason = new JsonObject { ["reason"] = "the stream is over" };
            await api.SendJsonAsync(HttpMethod.Post, $"api/experiments/{state.Experiment}/stop", reason, null, ct);
            var ended = state.Experiment;
            await UntilAsync($"the end of {ended}", async () => (await StateAsync(ct)).Experiment != ended, ct);
        }
    }

    private async Task<LoopState> StateAsync(CancellationToken ct) => LoopState.Of(await api.GetAsync($"api/pipelines/{Name}/status", ct));

    private async Task<JsonNode> PredictAsync(string path, int from, int to, CancellationToken ct)
    {
        var inputs = new JsonArray([.. _inputs.Select(input => (JsonNode)new JsonObject
        {
            ["name"] = input.Name,
            ["datatype"] = input.Datatype,
            ["shape"] = new JsonArray(to - from, 1),
            ["data"] = new JsonArray([.. Enumerable.Range(from, to - from).Select(row => (JsonNode)Input(input.Name, row))]),
        })]);
        return (await api.SendJsonAsync(HttpMethod.Post, path, new JsonObject { ["inputs"] = inputs }, null, ct)).Body!;
    }

    private double Input(string name, int row) =>
        name == "class_history" ? stream.Class(row - 1) : stream.Value(row, Array.IndexOf(stream.Columns, name));

    private static int[] Labels(JsonNode reply) =>
        [.. reply["outputs"]!.AsArray().Single(o => Json.Text(o!["name"]) == "label")!["data"]!.AsArray().Select(v => (int)Json.Number(v)!.Value)];

    private static string Dataset(int uploads) => FormattableString.Invariant($"{uploads}");

    private async Task UntilAsync(string what, Func<Task<bool>> happened, CancellationToken ct)
    {
        var deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (!await happened())
        {
            if (Environment.TickCount64 > deadline)
                Assert.Fail($"No {what} in {Patience.TotalMinutes} minutes; the pipeline says {await api.GetAsync($"api/pipelines/{Name}/status", ct)}");
            await Task.Delay(Pause, ct);
        }
    }
}
