using System.Collections.Concurrent;
using System.Globalization;
using Iml4e.LocalRuntime.Testing;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.Tests.Integration.LocalRuntime;

public sealed record Tick(string Function, DateTimeOffset At, bool IsPastDue, ScheduleStatus? Status, int Retry);

public sealed class Ticks
{
    public ConcurrentQueue<Tick> All { get; } = new();

    public int Failures { get; set; }
}

public sealed class HourlyFunctions(Ticks ticks, TimeProvider time)
{
    [Function("Hourly")]
    public void Hourly([TimerTrigger("%Test:Schedule%")] TimerInfo timer, FunctionContext context)
        => ticks.All.Enqueue(new(context.FunctionDefinition.Name, time.GetUtcNow(), timer.IsPastDue, timer.ScheduleStatus, context.RetryContext.RetryCount));
}

public sealed class OtherTimers(Ticks ticks, TimeProvider time)
{
    [Function("OnStart")]
    public void OnStart([TimerTrigger("0 0 0 1 1 *", RunOnStartup = true)] TimerInfo timer) => Add("OnStart", timer, 0);

    [Function("Seconds")]
    public void Seconds([TimerTrigger("*/20 * * * * *")] TimerInfo timer) => Add("Seconds", timer, 0);

    [Function("Retried")]
    [ExponentialBackoffRetry(4, "00:00:02", "00:00:05")]
    public void Retried([TimerTrigger("0 30 12 * * *", UseMonitor = false)] TimerInfo timer, FunctionContext context)
    {
        Add("Retried", timer, context.RetryContext.RetryCount);
        if (context.RetryContext.RetryCount < ticks.Failures)
            throw new InvalidOperationException("not yet");
    }

    private void Add(string name, TimerInfo timer, int retry) => ticks.All.Enqueue(new(name, time.GetUtcNow(), timer.IsPastDue, timer.ScheduleStatus, retry));
}

public sealed class TimerTests
{
    [Fact]
    public async Task A_run_that_was_missed_is_made_up_for_once_and_the_schedule_goes_on()
    {
        var folder = Directory.CreateTempSubdirectory("timers-").FullName;
        var ticks = new Ticks();
        var time = new VirtualTime(At("00:30"));
        await using (await StartAsync<HourlyFunctions>(ticks, time, folder))
        {
            await UntilAwaitedAsync(time, "01:00");
            Assert.Empty(ticks.All);
            time.MoveTo(At("01:00"));
            await UntilAwaitedAsync(time, "02:00");
            var tick = Assert.Single(ticks.All);
            Assert.False(tick.IsPastDue);
            Assert.Equal(At("01:00").DateTime, tick.Status!.Next);
        }

        time.MoveTo(At("05:30"));
        await using (await StartAsync<HourlyFunctions>(ticks, time, folder))
        {
            await UntilAwaitedAsync(time, "06:00");
            Assert.Equal(2, ticks.All.Count);
            Assert.True(ticks.All.Last().IsPastDue);
            Assert.Equal(At("01:00").DateTime, ticks.All.Last().Status!.Last);
            Assert.Equal(At("02:00").DateTime, ticks.All.Last().Status!.Next);
        }

        // The schedule is edited while the process is down: what the old one would have missed is of no interest.
        time.MoveTo(At("09:15"));
        await using (await StartAsync<HourlyFunctions>(ticks, time, folder, "0 30 2 * * *"))
            await UntilAwaitedAsync(time, At("02:30").AddDays(1));
        Assert.Equal(2, ticks.All.Count);
        Directory.Delete(folder, true);
    }

    [Fact]
    public async Task Short_intervals_are_not_monitored_failures_are_retried_and_a_start_may_run_at_once()
    {
        var ticks = new Ticks { Failures = 3 };
        var time = new VirtualTime(At("12:29").AddSeconds(30));
        await using var app = await StartAsync<OtherTimers>(ticks, time, null);
        await UntilAwaitedAsync(time, "12:30");
        Assert.Single(ticks.All, tick => tick.Function == "OnStart" && !tick.IsPastDue && tick.Status is not null);
        foreach (var second in (double[])[40, 60, 62, 66, 71])
        {
            var at = At("12:29").AddSeconds(second);
            await UntilAwaitedAsync(time, at);
            time.MoveTo(at);
            await FunctionApp.UntilAsync(() => ticks.All.Any(tick => tick.At == at), $"a run at {at}");
        }

        var retried = ticks.All.Where(tick => tick.Function == "Retried").ToList();
        Assert.Equal([60.0, 62, 66, 71], retried.Select(tick => (tick.At - At("12:29")).TotalSeconds));
        Assert.Equal([0, 1, 2, 3], retried.Select(tick => tick.Retry));
        Assert.All(retried, tick => Assert.Null(tick.Status));
        await UntilAwaitedAsync(time, "12:30:20");
        Assert.All(ticks.All.Where(tick => tick.Function == "Seconds"), tick => Assert.Null(tick.Status));
        Assert.Equal(2, ticks.All.Count(tick => tick.Function == "Seconds"));
    }

    [Fact]
    public async Task A_timer_runs_by_hand()
    {
        var ticks = new Ticks();
        var time = new VirtualTime(At("00:30"));
        await using var app = await StartAsync<HourlyFunctions>(ticks, time, null);
        await UntilAwaitedAsync(time, "01:00");
        var response = await app.AdminAsync(HttpMethod.Post, "admin/functions/hourly", new { input = "" });
        Assert.Equal(System.Net.HttpStatusCode.Accepted, response.StatusCode);
        await FunctionApp.UntilAsync(() => !ticks.All.IsEmpty, "the run by hand");
        Assert.Equal(At("01:00").DateTime, Assert.Single(ticks.All).Status!.Next);
    }

    [Fact]
    public async Task Two_processes_of_one_data_folder_do_not_run_a_timer_twice()
    {
        var folder = Directory.CreateTempSubdirectory("timers-").FullName;
        var (first, second) = (new Ticks(), new Ticks());
        var time = new VirtualTime(At("00:30"));
        var standby = new VirtualTime(At("00:30"));
        await using (var app = await StartAsync<HourlyFunctions>(first, time, folder))
        {
            await UntilAwaitedAsync(time, "01:00");
            await using var other = await StartAsync<HourlyFunctions>(second, standby, folder);
            await UntilAwaitedAsync(standby, At("00:30").AddSeconds(1));
            Assert.False(standby.IsAwaited(At("01:00")));
            await app.DisposeAsync();
            standby.MoveTo(At("00:30").AddSeconds(1));
            await UntilAwaitedAsync(standby, "01:00");
            standby.MoveTo(At("01:00"));
            await FunctionApp.UntilAsync(() => second.All.Count == 1, "the standby's run");
        }

        Assert.Empty(first.All);
        Directory.Delete(folder, true);
    }

    private static Task<FunctionApp> StartAsync<T>(Ticks ticks, VirtualTime time, string? folder, string schedule = "0 0 * * * *")
        => FunctionApp.StartAsync(
            [typeof(T)],
            new Dictionary<string, string> { ["Test:Schedule"] = schedule },
            folder,
            builder =>
            {
                builder.Services.AddSingleton(ticks);
                builder.Services.AddSingleton<TimeProvider>(time);
            });

    private static Task UntilAwaitedAsync(VirtualTime time, string clock) => UntilAwaitedAsync(time, At(clock));

    private static Task UntilAwaitedAsync(VirtualTime time, DateTimeOffset due) => FunctionApp.UntilAsync(() => time.IsAwaited(due), $"a wait until {due:u}");

    private static DateTimeOffset At(string clock)
        => DateTimeOffset.Parse("2026-03-02T" + clock, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
