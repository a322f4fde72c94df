using System.Diagnostics;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iml4e.Benchmarks;

/// <summary>Very many pending timers: what they cost while they wait, and how late the code behind them runs, spread over a while and all at one instant.</summary>
internal sealed class TimerBenchmark(string folder, TextWriter output)
{
    public const int DefaultTimers = 100_000;
    public const int DefaultSpreadSeconds = 60;

    private const int IdleSeconds = 10;

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
