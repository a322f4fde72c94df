namespace Iml4e.LocalRuntime.Hosting.Timers;

/// <summary>Decides, from what is remembered, whether a run was missed while the process was down.</summary>
internal static class ScheduleMonitor
{
    /// <summary>What to do at the start: the state to keep, and whether the timer is past due (one run makes up for all that were missed).</summary>
    public static (ScheduleState State, bool IsPastDue) Start(ScheduleState? state, DateTimeOffset now, TimerSchedule schedule)
    {
        if (state is null)
            return (new ScheduleState(null, schedule.Next(now), now), false);
        var expected = schedule.Next(state.Last ?? state.LastUpdated ?? now);
        if (state.Next != expected)
        {
            // The schedule was edited since: what the old one missed is of no interest.
            var next = now > expected ? schedule.Next(now) : expected;
            return (new ScheduleState(null, next, now), false);
        }

        return (state, now > state.Next);
    }

    /// <summary>The state after a run that began at <paramref name="now"/>; a clock that ran ahead of the plan does not make the plan repeat.</summary>
    public static ScheduleState AfterRun(ScheduleState state, DateTimeOffset now, TimerSchedule schedule, DateTimeOffset updated)
    {
        var last = state.Next is { } planned && now < planned ? planned : now;
        return new ScheduleState(last, schedule.Next(last), updated);
    }
}
