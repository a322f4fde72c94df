using System.Globalization;
using Iml4e.LocalRuntime.Hosting.Timers;

namespace Iml4e.Tests.Unit.LocalRuntime;

public sealed class ScheduleMonitorTests
{
    private static readonly TimerSchedule Hourly = TimerSchedule.Parse("0 0 * * * *", TimeZoneInfo.Utc);

    [Fact]
    public void A_missed_run_is_caught_up_with_once()
    {
        var (state, pastDue) = ScheduleMonitor.Start(new ScheduleState(At("01:00"), At("02:00"), At("01:00")), At("05:30"), Hourly);
        Assert.True(pastDue);
        var after = ScheduleMonitor.AfterRun(state, At("05:30"), Hourly, At("05:31"));
        Assert.Equal(new ScheduleState(At("05:30"), At("06:00"), At("05:31")), after);
        Assert.False(ScheduleMonitor.Start(after, At("05:40"), Hourly).IsPastDue);
    }

    [Fact]
    public void An_edited_schedule_is_not_past_due()
    {
        var daily = TimerSchedule.Parse("0 30 2 * * *", TimeZoneInfo.Utc);
        var (state, pastDue) = ScheduleMonitor.Start(new ScheduleState(At("01:00"), At("02:00"), At("01:00")), At("05:30"), daily);
        Assert.False(pastDue);
        Assert.Equal(At("02:30").AddDays(1), state.Next);
        Assert.Null(state.Last);
    }

    [Fact]
    public void A_first_start_plans_the_next_run()
    {
        var (state, pastDue) = ScheduleMonitor.Start(null, At("05:30"), Hourly);
        Assert.False(pastDue);
        Assert.Equal(At("06:00"), state.Next);
    }

    [Fact]
    public void A_clock_that_ran_ahead_does_not_repeat_the_plan()
    {
        var state = new ScheduleState(At("01:00"), At("02:00"), At("01:00"));
        Assert.Equal(At("03:00"), ScheduleMonitor.AfterRun(state, At("02:00").AddMilliseconds(-5), Hourly, At("02:00")).Next);
    }

    // 10 000 steps of a life of starts, stops, edits and runs, against the rules written down once more in minutes and plain arithmetic.
    [Fact]
    public void A_long_life_matches_a_plain_reference()
    {
        var random = new Random(5);
        var origin = At("00:00");
        var now = 0L;
        var period = 60L;
        ScheduleState? state = null;
        (long? Last, long Next, long Updated)? reference = null;
        var pastDues = 0;
        for (var step = 0; step < 10_000; step++)
        {
            now += random.Next(0, 300);
            if (random.Next(8) == 0)
                period = new long[] { 15, 30, 60, 720 }[random.Next(4)];
            if (random.Next(40) == 0)
                (state, reference) = (null, null);
            var schedule = TimerSchedule.Parse(period == 720 ? "0 0 */12 * * *" : period == 60 ? "0 0 * * * *" : $"0 */{period} * * * *", TimeZoneInfo.Utc);

            var (started, pastDue) = ScheduleMonitor.Start(state, origin.AddMinutes(now), schedule);
            var expectedPastDue = false;
            if (reference is not { } known)
            {
                reference = (null, After(now), now);
            }
            else
            {
                var expected = After(known.Last ?? known.Updated);
                if (expected != known.Next)
                    reference = (null, now > expected ? After(now) : expected, now);
                else
                    expectedPastDue = now > known.Next;
            }

            Assert.Equal(expectedPastDue, pastDue);
            state = started;
            if (pastDue || random.Next(2) == 0)
            {
                var ended = now + random.Next(0, 90);
                var planned = reference.Value.Next;
                var last = now < planned ? planned : now;
                reference = (last, After(last), ended);
                state = ScheduleMonitor.AfterRun(state, origin.AddMinutes(now), schedule, origin.AddMinutes(ended));
                now = ended;
                pastDues += pastDue ? 1 : 0;
            }

            Assert.Equal(reference.Value.Last is { } l ? origin.AddMinutes(l) : null, state.Last);
            Assert.Equal(origin.AddMinutes(reference.Value.Next), state.Next);
            Assert.Equal(origin.AddMinutes(reference.Value.Updated), state.LastUpdated);
        }

        Assert.InRange(pastDues, 500, 9_500);

        long After(long minute) => ((minute / period) + 1) * period;
    }

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse("2026-03-02T" + time + ":00+00:00", CultureInfo.InvariantCulture);
}
