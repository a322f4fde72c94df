using System.Diagnostics;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Viewer;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iml4e.Benchmarks;

/// <summary>
/// What a hub costs that has many instances on the disk, half of them finished and half of them waiting: its start, a page of its list, and the purge of
/// all that is finished, while other writes want their turn.
/// </summary>
internal sealed class HubBenchmark(string folder, TextWriter output)
{
    public const int DefaultInstances = 10_000;
    private const int PageSize = 100;
    private const int Starts = 5;
    private const int Parallel = 500;

    private readonly DurableTaskSettings settings = new() { DataFolder = Path.Combine(folder, "hub"), HubName = "Bench" };

    /// <summary>Measures and writes the table.</summary>
    public async Task RunAsync(int instances)
    {
        await FillAsync(instances);
        var starts = new Sample();
        for (var i = 0; i < Starts; i++)
            starts.Add(await StartAsync(i));
        var (pages, filtered, viewer) = await ListAsync();
        var (purge, purged, waits) = await PurgeAsync();
        if (purged < instances / 2)
            throw new InvalidOperationException(FormattableString.Invariant($"Only {purged} instances were purged."));
        new ResultTable(FormattableString.Invariant($"durable: a hub of {instances:#,0} instances, half finished, half waiting"))
            .Add("start to first orchestration done", "ms", starts, ResultTable.Bar(starts, 10_000, "ms"))
            .Add($"page of {PageSize}", "ms", pages, ResultTable.Bar(pages, 200, "ms"))
            .Add($"page of {PageSize}, by status and prefix", "ms", filtered, ResultTable.Bar(filtered, 200, "ms"))
            .Add($"page of {PageSize} of the viewer, with counts", "ms", viewer, ResultTable.Bar(viewer, 200, "ms"))
            .Add(FormattableString.Invariant($"purge of {purged:#,0}"), "ms", purge, ResultTable.Bar(purge, 60_000, "ms"))
            .Add("a write during the purge", "ms", waits, FormattableString.Invariant($"bar 1000 ms at most: {(waits.Max <= 1000 ? "met" : "MISSED")}"))
            .Write(output);
    }

    private async Task FillAsync(int instances)
    {
        await using var engine = Open(settings with { Synchronous = false }, TimeProvider.System);
        await engine.StartAsync();
        await using var client = new LocalDurableTaskClient(engine);
        for (var from = 0; from < instances; from += Parallel)
        {
            var ids = Enumerable.Range(from, Math.Min(Parallel, instances - from)).ToList();
            await Task.WhenAll(ids.Select(async i =>
            {
                var (name, id) = i % 2 == 0 ? (HubFunctions.Short, $"short-{i}") : (HubFunctions.Waiting, $"waiting-{i}");
                await client.ScheduleNewOrchestrationInstanceAsync(name, "input of an instance", new StartOrchestrationOptions(id));
                if (i % 2 == 0)
                    await client.WaitForInstanceCompletionAsync(id);
                else
                    await client.WaitForInstanceStartAsync(id);
            }));
        }
    }

    private async Task<double> StartAsync(int round)
    {
        var started = Stopwatch.GetTimestamp();
        await using var engine = Open(settings, TimeProvider.System);
        await engine.StartAsync();
        await using var client = new LocalDurableTaskClient(engine);
        var id = await client.ScheduleNewOrchestrationInstanceAsync(HubFunctions.Short, "first", new StartOrchestrationOptions($"first-{round}"));
        await client.WaitForInstanceCompletionAsync(id);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private async Task<(Sample Pages, Sample Filtered, Sample Viewer)> ListAsync()
    {
        await using var engine = Open(settings, TimeProvider.System);
        var reports = new ViewerReports(engine);
        var all = new OrchestrationQuery(PageSize: PageSize, FetchInputsAndOutputs: true);
        var waiting = all with { Statuses = [OrchestrationRuntimeStatus.Running], InstanceIdPrefix = "waiting-" };
        Sample pages = new(), filtered = new(), viewer = new();
        Walk(pages, token => engine.Queries.List(all with { ContinuationToken = token }).ContinuationToken);
        Walk(filtered, token => engine.Queries.List(waiting with { ContinuationToken = token }).ContinuationToken);
        Walk(viewer, token => reports.List(new InstanceFilter(null, null, false), PageSize, token).Next);
        return (pages, filtered, viewer);
    }

    private static void Walk(Sample sample, Func<string?, string?> page)
    {
        string? token = null;
        do
        {
            var started = Stopwatch.GetTimestamp();
            token = page(token);
            sample.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        while (token is not null);
    }

    private async Task<(Sample Purge, int Purged, Sample Waits)> PurgeAsync()
    {
        await using var engine = Open(settings, new ShiftedTime(TimeSpan.FromDays(31)));
        await engine.StartAsync();
        Sample purge = new(), waits = new();
        using var sweeper = new RetentionSweeper(engine, NullLogger.Instance);
        var started = Stopwatch.GetTimestamp();
        var sweep = Task.Run(sweeper.SweepAsync);
        while (!sweep.IsCompleted)
        {
            var asked = Stopwatch.GetTimestamp();
            await engine.Store.SendAsync("nobody", new HistoryEvent(HistoryEventKind.EventRaised, engine.Time.GetUtcNow().UtcDateTime) { Name = "go" });
            waits.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
        }

        purge.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return (purge, await sweep, waits);
    }

    private static OrchestrationEngine Open(DurableTaskSettings settings, TimeProvider time) =>
        new(settings, new HubFunctions(), NullLoggerFactory.Instance, time);
}
