using System.Globalization;
using Iml4e.LocalRuntime.Hosting.Timers;

namespace Iml4e.Tests.Unit.LocalRuntime;

/// <summary>
/// Schedules on clocks that are put forward and back, against an oracle that looks at every minute: a time that the clock shows runs, one that it skips runs at
/// the shifted time, and one that comes twice runs twice only when the schedule is an interval.
/// </summary>
public sealed class SummerTimeTests
{
    // Berlin 2026: 02:00 to 03:00 on 29 March, 03:00 to 02:00 on 25 October.
    [Theory]
    [InlineData("0 30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z")] // skipped: 03:30 summer time
    [InlineData("0 30 2 * * *", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z")]
    [InlineData("0 30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")] // comes twice: the first
    [InlineData("0 30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("0 */30 * * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z")]
    [InlineData("0 */30 * * * *", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z")]
    [InlineData("0 0-59/15 2 * * *", "2026-10-25T00:45:00Z", "2026-10-25T01:00:00Z")] // a range is an interval
    [InlineData("0 0 2 * * 0", "2026-03-23T00:00:00Z", "2026-03-29T01:00:00Z")] // the skipped hour itself, on a Sunday
    public void Berlin(string schedule, string after, string next)
        => Assert.Equal(At(next), TimerSchedule.Parse(schedule, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")).Next(At(after)));

    [Theory]
    [InlineData("Europe/Berlin", 1)]
    [InlineData("America/New_York", 2)]
    [InlineData("Australia/Lord_Howe", 3)] // half an hour
    public void Random_schedules_match_the_oracle_around_each_change_of_the_clock(string zoneId, int seed)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(zoneId);
        var random = new Random(seed);
        var changes = Enumerable.Range(1, 730).Select(day => At("2026-01-01T00:00:00Z").AddDays(day))
            .Where(day => zone.GetUtcOffset(day.UtcDateTime) != zone.GetUtcOffset(day.AddDays(-1).UtcDateTime)).ToList();
        Assert.Equal(4, changes.Count);
        for (var i = 0; i < 200; i++)
        {
            var from = changes[i % 4].AddDays(-3);
            var to = changes[i % 4].AddDays(3);

            // Hours around the changes more often than not.
            var step = random.Next(2) == 0 ? (int?)null : new[] { 10, 15, 20, 30 }[random.Next(4)];
            var minutes = step is { } s ? Enumerable.Range(0, 60 / s).Select(n => n * s).ToHashSet() : [random.Next(60), random.Next(60)];
            var hours = random.Next(3) == 0
                ? Enumerable.Range(0, 24).ToHashSet()
                : Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(5)).ToHashSet();
            var everyHour = hours.Count == 24;
            var text = $"0 {(step is { } n ? $"*/{n}" : string.Join(',', minutes.Order()))} {(everyHour ? "*" : string.Join(',', hours.Order()))} * * *";
            var isInterval = step is not null || everyHour;
            var schedule = TimerSchedule.Parse(text, zone);
            var expected = Expected(zone, from, to, local => minutes.Contains(local.Minute) && hours.Contains(local.Hour), isInterval);
            var actual = new List<DateTimeOffset>();
            for (var next = schedule.Next(from.AddTicks(-1)); next < to; next = schedule.Next(next))
                actual.Add(next);
            Assert.True(expected.SequenceEqual(actual), $"{text} in {zoneId}: {FirstDifference(expected, actual)}");
        }
    }

    private static List<DateTimeOffset> Expected(TimeZoneInfo zone, DateTimeOffset from, DateTimeOffset to, Func<DateTime, bool> fits, bool isInterval)
    {
        var runs = new SortedSet<DateTimeOffset>();
        var before = zone.GetUtcOffset(from.AddMinutes(-1).UtcDateTime);
        var shown = new HashSet<DateTime>();
        for (var at = from; at < to; at = at.AddMinutes(1))
        {
            var offset = zone.GetUtcOffset(at.UtcDateTime);
            var local = at.UtcDateTime + offset;

            // Put forward: the minutes in between are not shown, and run as if the clock had not been touched.
            for (var skipped = at.UtcDateTime + before; skipped < local; skipped = skipped.AddMinutes(1))
            {
                if (fits(skipped))
                    runs.Add(new DateTimeOffset(skipped - before, TimeSpan.Zero));
            }

            if ((shown.Add(local) || isInterval) && fits(local))
                runs.Add(at);
            before = offset;
        }

        return [.. runs.Where(run => run < to)];
    }

    private static string FirstDifference(List<DateTimeOffset> expected, List<DateTimeOffset> actual)
    {
        var at = expected.Zip(actual).TakeWhile(pair => pair.First == pair.Second).Count();
        return string.Create(CultureInfo.InvariantCulture, $"expected {expected.ElementAtOrDefault(at):u}, got {actual.ElementAtOrDefault(at):u}");
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
