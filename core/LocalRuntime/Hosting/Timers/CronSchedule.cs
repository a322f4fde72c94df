using NCrontab;

namespace Iml4e.LocalRuntime.Hosting.Timers;

/// <summary>
/// An NCRONTAB schedule on a wall clock. Where the clock is put forward, a run in the gap happens at the shifted time. Where it is put back,
/// a fixed time runs once, in the first pass, and an interval-like schedule runs in both.
/// </summary>
internal sealed class CronSchedule(CrontabSchedule cron, TimeZoneInfo zone, bool isInterval) : TimerSchedule
{
    // No clock is changed by more than a day, nor twice in a day.
    private static readonly TimeSpan LongestChange = TimeSpan.FromHours(26);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    public override DateTimeOffset Next(DateTimeOffset after)
    {
        if (after.UtcDateTime >= DateTime.MaxValue - LongestChange)
            return DateTimeOffset.MaxValue;
        var start = after.UtcDateTime + Tick;
        var (changed, before) = LastChange(start);
        while (true)
        {
            // From one change of the clock to the next: what it shows, and what it would show had it not been put forward.
            var offset = zone.GetUtcOffset(start);
            var shown = NextLocal((isInterval ? start : Later(start, changed + (before - offset))) - Tick + offset);
            if (shown == DateTime.MaxValue)
                return DateTimeOffset.MaxValue;
            var candidate = shown - offset;
            var change = FirstChange(start, candidate, offset);
            var gapEnd = changed + (offset - before);
            if (start < gapEnd && NextLocal(start - Tick + before) - before is var skipped && skipped < gapEnd && (change is not null || skipped < candidate))
                return Local(skipped);
            if (change is not { } next)
                return Local(candidate);
            (changed, before, start) = (next, offset, next);
        }
    }

    private DateTime NextLocal(DateTime local)
    {
        var limit = DateTime.MaxValue.AddYears(-1);
        if (local >= limit)
            return DateTime.MaxValue;

        // A schedule such as 30 February never comes; four centuries hold every calendar there is.
        var end = local.Year > 9500 ? limit : local.AddYears(400);
        var next = cron.GetNextOccurrence(local, end);
        return next >= end ? DateTime.MaxValue : next;
    }

    private static DateTime Later(DateTime a, DateTime b) => a > b ? a : b;

    // The last change of the clock that may still matter, and the offset before it; when there is none, a change by nothing.
    private (DateTime Changed, TimeSpan Before) LastChange(DateTime at)
    {
        var offset = zone.GetUtcOffset(at);
        if (at <= DateTime.MinValue + LongestChange)
            return (at, offset);
        var before = zone.GetUtcOffset(at - LongestChange);
        return (FirstChange(at - LongestChange, at, before) ?? at, before);
    }

    private DateTimeOffset Local(DateTime utc) => TimeZoneInfo.ConvertTime(new DateTimeOffset(utc, TimeSpan.Zero), zone);

    // The first instant in (from, to] at which the offset is no longer what it was, to the second; null when it stays.
    private DateTime? FirstChange(DateTime from, DateTime to, TimeSpan offset)
    {
        if (!zone.SupportsDaylightSavingTime)
            return null;

        // A day at a time, as two changes within a long span may cancel out.
        for (var day = from; day < to;)
        {
            var end = to - day > TimeSpan.FromDays(1) ? day.AddDays(1) : to;
            if (zone.GetUtcOffset(end) != offset)
            {
                var (low, high) = (day, end);
                while (high - low > TimeSpan.FromTicks(1))
                {
                    var middle = low + ((high - low) / 2);
                    if (zone.GetUtcOffset(middle) == offset)
                        low = middle;
                    else
                        high = middle;
                }

                return high;
            }

            day = end;
        }

        return null;
    }
}
