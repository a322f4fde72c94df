using System.Globalization;
using Iml4e.LocalRuntime.Hosting.Timers;

namespace Iml4e.Tests.Unit.LocalRuntime;

public sealed class CronTests
{
    // Known answers: NCRONTAB on a UTC clock.
    [Theory]
    [InlineData("0 */5 * * * *", "2026-01-01T00:00:00", "2026-01-01T00:05:00")]
    [InlineData("0 */5 * * * *", "2026-01-01T00:04:59", "2026-01-01T00:05:00")]
    [InlineData("0 0 2 * * *", "2026-01-01T02:00:00", "2026-01-02T02:00:00")]
    [InlineData("0 30 9 * * 1-5", "2026-01-02T09:30:00", "2026-01-05T09:30:00")]
    [InlineData("0 0 0 1 1,7 *", "2026-01-01T00:00:00", "2026-07-01T00:00:00")]
    [InlineData("*/10 * * * * *", "2026-01-01T00:00:09", "2026-01-01T00:00:10")]
    [InlineData("0 0 3 * * Sun", "2026-01-01T00:00:00", "2026-01-04T03:00:00")]
    [InlineData("0 0 12 13 * Fri", "2026-01-01T00:00:00", "2026-02-13T12:00:00")]
    [InlineData("0 0 0 29 2 *", "2026-01-01T00:00:00", "2028-02-29T00:00:00")]
    [InlineData("*/5 * * * *", "2026-01-01T00:00:30", "2026-01-01T00:05:00")]
    [InlineData("00:05:00", "2026-01-01T00:00:30", "2026-01-01T00:05:30")]
    [InlineData("25:00:00", "2026-01-01T00:00:00", "2026-01-26T00:00:00")]
    [InlineData("1.00:00:00", "2026-01-01T00:00:00", "2026-01-02T00:00:00")]
    public void The_next_run_is_the_known_one(string schedule, string after, string next)
        => Assert.Equal(Utc(next), TimerSchedule.Parse(schedule, TimeZoneInfo.Utc).Next(Utc(after)));

    [Theory]
    [InlineData("* * * *")]
    [InlineData("0 0 24 * * *")]
    [InlineData("0 0 0 L * *")]
    [InlineData("0 0 0 ? * *")]
    [InlineData("60 * * * * *")]
    [InlineData("0 0 0 * * 7")]
    [InlineData("")]
    [InlineData("00:00:00")]
    [InlineData("-00:01:00")]
    [InlineData("a:b:c")]
    public void Schedules_that_are_not_valid_are_refused(string schedule)
        => Assert.Contains(schedule, Assert.Throws<FormatException>(() => TimerSchedule.Parse(schedule, TimeZoneInfo.Utc)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_date_that_never_comes_gives_no_run()
        => Assert.Equal(DateTimeOffset.MaxValue, TimerSchedule.Parse("0 0 0 30 2 *", TimeZoneInfo.Utc).Next(Utc("2026-01-01T00:00:00")));

    [Theory]
    [InlineData("0 * * * * *", false)]
    [InlineData("*/30 * * * * *", true)]
    [InlineData("0,10 0 2 * * *", true)]
    [InlineData("00:00:59", true)]
    [InlineData("00:01:00", false)]
    public void Schedules_below_a_minute_are_known(string schedule, bool below)
        => Assert.Equal(below, TimerSchedule.Parse(schedule, TimeZoneInfo.Utc).IsBelowAMinute(Utc("2026-01-01T00:00:00")));

    // Helsinki 2026: the clock jumps from 03:00 (+2) to 04:00 (+3) on 29 March and back from 04:00 (+3) to 03:00 (+2) on 25 October.
    [Theory]
    [InlineData("0 30 3 * * *", "2026-03-28T20:00:00+00:00", "2026-03-29T01:30:00+00:00")] // skipped: runs at 04:30 summer time
    [InlineData("0 30 3 * * *", "2026-03-29T01:30:00+00:00", "2026-03-30T00:30:00+00:00")]
    [InlineData("0 0 5 * * *", "2026-03-28T20:00:00+00:00", "2026-03-29T02:00:00+00:00")]
    [InlineData("0 30 3 * * *", "2026-10-24T20:00:00+00:00", "2026-10-25T00:30:00+00:00")] // comes twice: runs in the first pass
    [InlineData("0 30 3 * * *", "2026-10-25T00:30:00+00:00", "2026-10-26T01:30:00+00:00")]
    [InlineData("0 */30 * * * *", "2026-10-25T00:30:00+00:00", "2026-10-25T01:00:00+00:00")] // an interval runs in both passes
    [InlineData("0 */30 * * * *", "2026-10-25T01:00:00+00:00", "2026-10-25T01:30:00+00:00")]
    [InlineData("0 */30 * * * *", "2026-10-25T01:30:00+00:00", "2026-10-25T02:00:00+00:00")]
    [InlineData("0 */30 * * * *", "2026-03-29T00:30:00+00:00", "2026-03-29T01:00:00+00:00")]
    [InlineData("0 */30 * * * *", "2026-03-29T01:00:00+00:00", "2026-03-29T01:30:00+00:00")]
    public void Summer_time_neither_loses_nor_repeats_a_run(string schedule, string after, string next)
    {
        var helsinki = TimeZoneInfo.FindSystemTimeZoneById("Europe/Helsinki");
        Assert.Equal(
            DateTimeOffset.Parse(next, CultureInfo.InvariantCulture),
            TimerSchedule.Parse(schedule, helsinki).Next(DateTimeOffset.Parse(after, CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void An_interval_schedule_ticks_evenly_through_a_whole_year_of_summer_time()
    {
        var schedule = TimerSchedule.Parse("0 */15 * * * *", TimeZoneInfo.FindSystemTimeZoneById("Europe/Helsinki"));
        var at = Utc("2026-01-01T00:00:00");
        for (var i = 0; i < 365 * 96; i++)
        {
            var next = schedule.Next(at);
            Assert.Equal(at.AddMinutes(15), next);
            at = next;
        }
    }

    private static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
