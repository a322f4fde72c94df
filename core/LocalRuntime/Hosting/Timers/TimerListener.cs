using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Hosting.Timers;

/// <summary>Runs timer functions on their schedules, each one at a time.</summary>
internal sealed class TimerListener : TriggerListener
{
    // Task.Delay takes no more than 49 days.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);
    private readonly FunctionInvoker invoker;
    private readonly IConfiguration configuration;
    private readonly ScheduleStore store;
    private readonly Dictionary<FunctionDescriptor, SemaphoreSlim> turns;

    public TimerListener(
        FunctionRegistry registry,
        FunctionInvoker invoker,
        IConfiguration configuration,
        ScheduleStore store,
        LocalRuntimeOptions options,
        TimeProvider time,
        ILogger<TimerListener> logger)
        : base("timers", options, time, logger)
    {
        this.invoker = invoker;
        this.configuration = configuration;
        this.store = store;
        turns = registry.OfKind(TriggerKind.Timer).ToDictionary(function => function, _ => new SemaphoreSlim(1));
    }

    protected override bool HasFunctions => turns.Count > 0;

    public override void Dispose()
    {
        base.Dispose();
        foreach (var turn in turns.Values)
            turn.Dispose();
    }

    /// <summary>Runs a timer function now, by hand, after a run under way has ended; its schedule stays as it is.</summary>
    public async Task RunNowAsync(FunctionDescriptor function, CancellationToken cancellationToken)
    {
        var schedule = TimerParameterBinder.ScheduleOf(function, configuration, Time);
        var state = Monitors(function, schedule) ? store.Read(function.Name) : null;
        await RunAsync(function, new TimerInfo { ScheduleStatus = Status(state) }, cancellationToken);
    }

    protected override Task ListenAsync(CancellationToken stoppingToken)
        => Task.WhenAll(turns.Keys.Select(function => ScheduleAsync(function, stoppingToken)));

    private static ScheduleStatus? Status(ScheduleState? state) => state is null
        ? null
        : new ScheduleStatus
        {
            Last = state.Last?.DateTime ?? default,
            Next = state.Next?.DateTime ?? default,
            LastUpdated = state.LastUpdated?.DateTime ?? default,
        };

    private async Task ScheduleAsync(FunctionDescriptor function, CancellationToken cancellationToken)
    {
        var trigger = (TimerTriggerAttribute)function.Trigger;
        var schedule = TimerParameterBinder.ScheduleOf(function, configuration, Time);
        var monitors = Monitors(function, schedule);
        var state = new ScheduleState(null, schedule.Next(Now()), Now());
        if (monitors)
        {
            var (started, pastDue) = ScheduleMonitor.Start(store.Read(function.Name), Now(), schedule);
            state = started;
            store.Write(function.Name, state);
            if (pastDue)
                state = await RunScheduledAsync(function, schedule, state, monitors, pastDue: true, cancellationToken);
            else if (trigger.RunOnStartup)
                state = await RunScheduledAsync(function, schedule, state, monitors, pastDue: false, cancellationToken);
        }
        else if (trigger.RunOnStartup)
        {
            state = await RunScheduledAsync(function, schedule, state, monitors, pastDue: false, cancellationToken);
        }

        // The first wait is for what the state plans; then for whatever comes after the end of a run, so that runs never pile up.
        var due = state.Next ?? schedule.Next(Now());
        if (due < Now())
            due = schedule.Next(Now());
        while (due != DateTimeOffset.MaxValue)
        {
            for (var wait = due - Now(); wait > TimeSpan.Zero; wait = due - Now())
                await Task.Delay(wait < LongestWait ? wait : LongestWait, Time, cancellationToken);
            state = await RunScheduledAsync(function, schedule, state with { Next = due }, monitors, pastDue: false, cancellationToken);
            var now = Now();
            due = schedule.Next(now > due ? now : due);
        }

        Logger.LogWarning("Timer '{Function}' has no further run", function.Name);
    }

    private bool Monitors(FunctionDescriptor function, TimerSchedule schedule)
        => ((TimerTriggerAttribute)function.Trigger).UseMonitor && !schedule.IsBelowAMinute(Now());

    private async Task<ScheduleState> RunScheduledAsync(
        FunctionDescriptor function, TimerSchedule schedule, ScheduleState state, bool monitors, bool pastDue, CancellationToken cancellationToken)
    {
        var began = Now();
        try
        {
            await RunAsync(function, new TimerInfo { IsPastDue = pastDue, ScheduleStatus = monitors ? Status(state) : null }, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The invoker has logged it; a failing function never stops its schedule.
        }

        var after = ScheduleMonitor.AfterRun(state, began, schedule, Now());
        if (monitors)
            store.Write(function.Name, after);
        return after;
    }

    private async Task RunAsync(FunctionDescriptor function, TimerInfo info, CancellationToken cancellationToken)
    {
        var turn = turns[function];
        await turn.WaitAsync(cancellationToken);
        try
        {
            var retry = function.Retry;
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    await invoker.InvokeAsync(
                        new FunctionCall(function) { TriggerValue = info, RetryCount = attempt, MaxRetryCount = retry?.MaxRetryCount ?? 0 }, cancellationToken);
                    return;
                }
                catch (Exception) when (retry is not null && (retry.MaxRetryCount == -1 || attempt < retry.MaxRetryCount)
                    && !cancellationToken.IsCancellationRequested)
                {
                    await Task.Delay(RetryDelays.Before(retry, attempt + 1), Time, cancellationToken);
                }
            }
        }
        finally
        {
            turn.Release();
        }
    }

    // The zone's own time, in which schedules are read and states told.
    private DateTimeOffset Now() => TimeZoneInfo.ConvertTime(Time.GetUtcNow(), TimerParameterBinder.Zone(configuration, Time));
}
