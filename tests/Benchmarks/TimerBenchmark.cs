using System.Diagnostics;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iml4e.Benchmarks;

/// <summary>
/// Very many orchestrations that wait for a timer: what they cost while they wait, how late the code behind the timers runs, spread over a while and all at
/// one instant, and what it costs to have them once they have finished.
/// </summary>
internal sealed class TimerBenchmark(string folder, TextWriter output)
{
    public const int DefaultTimers = 100_000;
    public const int DefaultSpreadSeconds = 60;

    private const int IdleSeconds = 10;
    private const int PageSize = 100;
    private const int Pages = 50;

    /// <summary>Measures and writes the table.</summary>
    public async Task RunAsync(int timers, int spreadSeconds)
    {
        SQLitePCL.Batteries_V2.Init();
        var table = new ResultTable(FormattableString.Invariant($"timers: {timers} orchestrations that wait for one timer each, every commit synced"));
        await MeasureAsync(table, timers, TimeSpan.FromSeconds(spreadSeconds), FormattableString.Invariant($"over {spreadSeconds} s"));
        await MeasureAsync(table, timers, TimeSpan.Zero, "at one instant");
        table.Write(output);
    }

    private async Task MeasureAsync(ResultTable table, int timers, TimeSpan spread, string how)
    {
        var functions = new TimerFunctions(TimeProvider.System);
        var settings = new DurableTaskSettings { DataFolder = Path.Combine(folder, how.Replace(' ', '-')), HubName = "Bench" };
        await using var engine = new OrchestrationEngine(settings, functions, NullLoggerFactory.Instance, TimeProvider.System);
        await engine.StartAsync();
        await using var client = new LocalDurableTaskClient(engine);

        // Far enough away that all of them wait when the first is due.
        var first = DateTime.UtcNow + TimeSpan.FromSeconds(30 + (timers / 1000.0));
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, timers, new ParallelOptions { MaxDegreeOfParallelism = 256 }, async (i, ct) =>
            await client.ScheduleNewOrchestrationInstanceAsync(TimerFunctions.Wait, first + (spread * i / timers), null, ct));
        var starting = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await WaitForAsync(() => engine.Timers.Count == timers);
        if (DateTime.UtcNow + TimeSpan.FromSeconds(IdleSeconds) > first)
            throw new InvalidOperationException($"Starting {timers} orchestrations took too long for the timers to be pending at once.");

        GC.Collect();
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        await Task.Delay(TimeSpan.FromSeconds(IdleSeconds));
        process.Refresh();
        var idle = (process.TotalProcessorTime - before).TotalSeconds / IdleSeconds;
        var memory = process.WorkingSet64 / 1e6;

        before = process.TotalProcessorTime;
        var peak = 0.0;
        while (functions.Ran < timers)
        {
            await Task.Delay(50);
            process.Refresh();
            peak = Math.Max(peak, process.WorkingSet64 / 1e6);
        }

        var unfinished = new OrchestrationQuery { Statuses = [OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Pending], PageSize = 1 };
        await WaitForAsync(() => engine.Queries.List(unfinished).Values.Count == 0);
        process.Refresh();
        var firing = (process.TotalProcessorTime - before).TotalMicroseconds / timers;
        var lateness = functions.TakeLateness();
        var late = new Sample();
        late.AddRange(lateness);
        table.Add($"{how}: started", "per s", One(timers / starting))
            .Add($"{how}: processor at rest", "% of a core", One(100 * idle), ResultTable.Bar(One(100 * idle), 2, "%"))
            .Add($"{how}: memory while pending", "MB", One(memory), ResultTable.Bar(One(memory), 300, "MB"))
            .Add($"{how}: memory at most", "MB", One(peak))
            .Add($"{how}: processor time a timer", "us", One(firing))
            .Add($"{how}: late", "ms", late, FormattableString.Invariant($"p99 {late.Quantile(0.99):0} ms"));
        lateness.Clear();
        await AddFinishedAsync(table, engine, client, how);
    }

    private static async Task AddFinishedAsync(ResultTable table, OrchestrationEngine engine, LocalDurableTaskClient client, string how)
    {
        GC.Collect();
        await Task.Delay(TimeSpan.FromSeconds(1));
        using var process = Process.GetCurrentProcess();
        var memory = One(process.WorkingSet64 / 1e6);

        // Every so many pages one is timed, so that the pages come from all over the list.
        var page = new Sample();
        string? token = null;
        for (var i = 0; i < Pages; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var listed = engine.Queries.List(new OrchestrationQuery { PageSize = PageSize, FetchInputsAndOutputs = true, ContinuationToken = token });
            page.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            if (listed.ContinuationToken is null)
                break;
            token = engine.Queries.List(new OrchestrationQuery { PageSize = 20 * PageSize, ContinuationToken = listed.ContinuationToken }).ContinuationToken;
        }

        var purging = Stopwatch.GetTimestamp();
        var purged = (await client.PurgeAllInstancesAsync(new PurgeInstancesFilter())).PurgedInstanceCount;
        table.Add($"{how}: memory once finished", "MB", memory, ResultTable.Bar(memory, 300, "MB"))
            .Add($"{how}: page of {PageSize} of them", "ms", page, ResultTable.Bar(page, 100, "ms"))
            .Add($"{how}: purged", "per s", One(purged / Stopwatch.GetElapsedTime(purging).TotalSeconds));
    }

    private static Sample One(double value)
    {
        var sample = new Sample();
        sample.Add(value);
        return sample;
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        var deadline = Stopwatch.StartNew();
        while (!condition())
        {
            if (deadline.Elapsed > TimeSpan.FromMinutes(5))
                throw new InvalidOperationException("The engine did not get there within five minutes.");
            await Task.Delay(50);
        }
    }
}
