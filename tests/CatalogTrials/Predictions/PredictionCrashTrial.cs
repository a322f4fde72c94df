using System.Collections.Concurrent;
using System.Diagnostics;
using Iml4e.Catalog;
using Iml4e.CommandLine.Stack;

namespace Iml4e.CatalogTrials.Predictions;

/// <summary>
/// The app, killed (SIGKILL) again and again while callers predict over HTTP with two models, one logged durably, one buffered; the storage lives on. Then the
/// answers are held against the log.
/// </summary>
/// <param name="folder">For the data of app and storage.</param>
internal sealed class PredictionCrashTrial(string folder)
{
    private const int Callers = 8;
    private const int FarAhead = 100;
    private readonly Dictionary<string, Answers> models = new(StringComparer.Ordinal) { ["durable"] = new Answers(), ["buffered"] = new Answers() };

    /// <summary>Runs until so many predictions of each model are answered and the app has been killed so often.</summary>
    /// <param name="kills">Kills.</param>
    /// <param name="predictions">Predictions of each model at least.</param>
    /// <param name="seed">Of the moments of the kills.</param>
    /// <param name="ct">Gives up.</param>
    /// <param name="pause">
    /// How long callers of a model wait after each call while it is far ahead of the other: a small trial need not spend the processors on buffered predictions
    /// while it waits for durable ones. They go on calling, so that every kill finds some under way.
    /// </param>
    public async Task<PredictionCrashResult> RunAsync(int kills, int predictions, int seed, CancellationToken ct, TimeSpan pause = default)
    {
        var started = Stopwatch.GetTimestamp();
        var settings = new Dictionary<string, string> { ["LocalRuntime__BlobPollInterval"] = "00:10:00" };
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions(folder, 0) { Settings = settings }, ct);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = stack.Url, Timeout = TimeSpan.FromSeconds(30) };
        foreach (var model in models.Keys)
            await LinearModel.RegisterAsync(http, model, model, ct);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var callers = models.SelectMany(m => Enumerable.Range(0, Callers).Select(_ => Task.Run(() => CallAsync(http, m.Key, m.Value, pause, done.Token), CancellationToken.None))).ToArray();
        var random = new Random(seed);
        for (var kill = 1; kill <= kills; kill++)
        {
            // When both models have had their share of the load, and at no particular moment of it.
            var share = (int)((long)predictions * kill / (kills + 1));
            await UntilAsync(() => models.Values.All(m => m.Count >= share), callers, ct);
            await Task.Delay(random.Next(200), ct);
            await stack.KillAppAsync();
            foreach (var answers in models.Values)
                answers.NextLife();
            await stack.RestartAppAsync(ct);
        }

        await UntilAsync(() => models.Values.All(m => m.Count >= predictions), callers, ct);
        await done.CancelAsync();
        await Task.WhenAll(callers);
        await stack.StopAppAsync();
        await using var store = new CatalogStore(CatalogStore.CreateClient(stack.StorageConnection));
        return new PredictionCrashResult(
            kills, Stopwatch.GetElapsedTime(started).TotalSeconds, await LossesAsync(store, "durable", ct), await LossesAsync(store, "buffered", ct));
    }

    private async Task CallAsync(HttpClient http, string model, Answers answers, TimeSpan pause, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            // Whoever is answered just before a kill may be scheduled again only after it: the answer is of the life that was asked.
            var life = answers.Life;
            try
            {
                if (await LinearModel.PredictAsync(http, model, ct) is { } id)
                    answers.Add(id, life);
                else
                    await Task.Delay(20, ct);
                if (pause > TimeSpan.Zero && answers.Count > models.Values.Min(m => m.Count) + FarAhead)
                    await Task.Delay(pause, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static async Task UntilAsync(Func<bool> isSo, Task[] callers, CancellationToken ct)
    {
        while (!isSo())
        {
            if (Array.Find(callers, c => c.IsFaulted) is { } faulted)
                await faulted;
            await Task.Delay(5, ct);
        }
    }

    private async Task<PredictionLosses> LossesAsync(CatalogStore store, string model, CancellationToken ct)
    {
        var logged = new HashSet<string>(StringComparer.Ordinal);
        var doubled = 0;
        var cursor = LogCursor.Start;
        LogBatch<PredictionRecord> batch;
        do
        {
            batch = await store.Predictions.ReadSlimAsync(model, cursor, ct: ct);
            cursor = batch.Next;
            doubled += batch.Records.Count(r => !logged.Add(r.Id));
        }
        while (!batch.CaughtUp);
        var answers = models[model];
        var lost = answers.All.Where(a => !logged.Contains(a.Id)).ToList();
        var span = lost.GroupBy(a => a.Life).Select(g => Stopwatch.GetElapsedTime(g.Min(a => a.At), g.Max(a => a.At))).DefaultIfEmpty().Max();
        return new PredictionLosses(answers.Count, lost.Count, logged.Count, doubled, span);
    }

    private sealed class Answers
    {
        private readonly ConcurrentQueue<(string Id, int Life, long At)> all = new();
        private int count;
        private volatile int life;

        public int Count => Volatile.Read(ref count);

        public IEnumerable<(string Id, int Life, long At)> All => all;

        public int Life => life;

        public void Add(string id, int askedIn)
        {
            all.Enqueue((id, askedIn, Stopwatch.GetTimestamp()));
            Interlocked.Increment(ref count);
        }

        public void NextLife() => life++;
    }
}
