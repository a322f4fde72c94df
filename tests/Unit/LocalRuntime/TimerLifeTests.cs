using System.Collections.Concurrent;
using System.Globalization;
using Iml4e.LocalRuntime.Hosting;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Hosting.Timers;
using Iml4e.LocalRuntime.Testing;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iml4e.Tests.Unit.LocalRuntime;

/// <summary>
/// The timer listener through a long life on a virtual clock: time passes, it is stopped and started, its schedule is edited, its state is lost. Each of its
/// runs is held against the rules written down once more, in minutes and plain arithmetic.
/// </summary>
public sealed class TimerLifeTests : IDisposable
{
    private const int Steps = 10_000;
    private static readonly DateTimeOffset Origin = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    // The state is synced to the disk at each run: ten thousand times is long, but for a folder in memory.
    private readonly DirectoryInfo folder = Directory.CreateDirectory(
        Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), "iml4e-timer-life-" + Guid.NewGuid().ToString("N")));

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Ten_thousand_steps_run_as_the_reference_says()
    {
        var random = new Random(11);
        var time = new VirtualTime(Origin);
        var runs = new ConcurrentQueue<Run>();
        var reference = new Reference(60);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
        configuration["Test:Schedule"] = Schedule(60);
        var registry = FunctionRegistry.Discover([typeof(Functions)]);
        registry.Bind([new TimerParameterBinder(configuration, time)]);
        var services = new ServiceCollection().AddSingleton(runs).AddSingleton<TimeProvider>(time).BuildServiceProvider();
        var invoker = new FunctionInvoker(services.GetRequiredService<IServiceScopeFactory>(), new FunctionPipeline(), NullLoggerFactory.Instance, time);
        var options = new LocalRuntimeOptions { DataFolder = folder.FullName };
        var store = new ScheduleStore(options, NullLogger<ScheduleStore>.Instance);
        TimerListener NewListener() => new(registry, invoker, configuration, store, options, time, NullLogger<TimerListener>.Instance);
        var listener = NewListener();
        await StartAsync(listener, time, reference, 0);
        var now = 0L;
        var (period, starts, all, pastDue) = (60L, 0, 0, 0);
        for (var step = 0; step < Steps; step++)
        {
            if (random.Next(4) > 0)
            {
                now += random.Next(0, 240);
                while (reference.Next <= now)
                {
                    time.MoveTo(Origin.AddMinutes(reference.Next));
                    reference.RunNext();
                    await UntilAwaitedAsync(time, reference);
                }

                time.MoveTo(Origin.AddMinutes(now));
            }
            else
            {
                await listener.StopAsync(CancellationToken.None);
                listener.Dispose();
                now += random.Next(0, 2000);
                time.MoveTo(Origin.AddMinutes(now));
                if (random.Next(4) == 0)
                    period = new long[] { 30, 60, 720, 1440 }[random.Next(4)];
                if (random.Next(20) == 0)
                {
                    File.Delete(Path.Combine(folder.FullName, "timers", "life.json"));
                    reference.Forget();
                }

                configuration["Test:Schedule"] = Schedule(period);
                listener = NewListener();
                reference.Edit(period);
                await StartAsync(listener, time, reference, now);
                starts++;
            }

            Assert.Equal(reference.Runs, runs);
            (all, pastDue) = (all + runs.Count, pastDue + runs.Count(run => run.IsPastDue));
            reference.Runs.Clear();
            runs.Clear();
        }

        await listener.StopAsync(CancellationToken.None);
        listener.Dispose();
        Assert.True(starts > 2000, $"only {starts} starts");
        Assert.InRange(pastDue, 500, starts);
        Assert.True(all > 4000, $"only {all} runs");
    }

    private static async Task StartAsync(TimerListener listener, VirtualTime time, Reference reference, long now)
    {
        reference.Start(now);
        await listener.StartAsync(CancellationToken.None);
        await UntilAwaitedAsync(time, reference);
    }

    // What is due has run once the listener waits for what comes next.
    private static async Task UntilAwaitedAsync(VirtualTime time, Reference reference)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        for (var looks = 0; !time.IsAwaited(Origin.AddMinutes(reference.Next)); looks++)
        {
            if (looks < 1000)
                await Task.Yield();
            else
                await Task.Delay(1, limit.Token);
        }
    }

    private static string Schedule(long period) => period switch { 30 => "0 */30 * * * *", 60 => "0 0 * * * *", 720 => "0 0 */12 * * *", _ => "0 0 0 * * *" };

    /// <summary>A run, in minutes since the origin.</summary>
    internal sealed record Run(long At, bool IsPastDue, long? Last, long Next);

    internal sealed class Functions(ConcurrentQueue<Run> runs, TimeProvider time)
    {
        [Function("Life")]
        public void Life([TimerTrigger("%Test:Schedule%")] TimerInfo timer) => runs.Enqueue(new(
            (long)(time.GetUtcNow() - Origin).TotalMinutes,
            timer.IsPastDue,
            timer.ScheduleStatus!.Last == default ? null : (long)(timer.ScheduleStatus.Last - Origin.DateTime).TotalMinutes,
            (long)(timer.ScheduleStatus.Next - Origin.DateTime).TotalMinutes));
    }

    /// <summary>The rules of the schedule monitor, for a timer that runs at each full period.</summary>
    private sealed class Reference(long period)
    {
        private long every = period;
        private (long? Last, long Next, long Updated)? state;

        public List<Run> Runs { get; } = [];

        public long Next { get; private set; }

        public void Edit(long edited) => every = edited;

        public void Forget() => state = null;

        public void Start(long now)
        {
            if (state is not { } known)
            {
                state = (null, After(now), now);
            }
            else if (After(known.Last ?? known.Updated) is var expected && expected != known.Next)
            {
                state = (null, now > expected ? After(now) : expected, now);
            }
            else if (now > known.Next)
            {
                Runs.Add(new Run(now, true, known.Last, known.Next));
                state = (now, After(now), now);
            }

            Next = state!.Value.Next < now ? After(now) : state.Value.Next;
            if (Next == now)
                RunNext();
        }

        public void RunNext()
        {
            Runs.Add(new Run(Next, false, state!.Value.Last, Next));
            state = (Next, After(Next), Next);
            Next = After(Next);
        }

        private long After(long minute) => ((minute / every) + 1) * every;
    }
}
