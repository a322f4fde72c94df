using NCrontab;

namespace Iml4e.LocalRuntime.Hosting.Timers;

/// <summary>
/// An NCRONTAB schedule on a wall clock. Where the clock jumps ahead, a run in the gap happens at the shifted time. Where it is set back,
/// a fixed time runs once, in the first pass, and an interval-like schedule runs in both.
/// </summary>
internal sealed class CronSchedule(CrontabSchedule cron, TimeZoneInfo zone, bool isInterval) : TimerSchedule
{
    public override DateTimeOffset Next(DateTimeOffset after)
    {
        var from = after.UtcDateTime;
        while (true)
        {
            var offset = zone.GetUtcOffset(from);
            var candidate = NextLocal(from + offset);
            if (candidate == DateTime.MaxValue)
                return DateTimeOffset.MaxValue;
            var instant = candidate - offset;
            if (FirstChange(from, instant, offset) is not { } change)
                return Local(instant);
            var changed = zone.GetUtcOffset(change);
            if (changed > offset)
            {
                // The clock jumps ahead by the difference; what lies in the gap runs as if it had not.
                if (instant < change + (changed - offset))
                    return Local(instant);
                from = change.AddTicks(-1);
                var afterJump = NextLocal(from + changed);
                if (afterJump == DateTime.MaxValue)
                    return DateTimeOffset.MaxValue;
                if (FirstChange(change, afterJump - changed, changed) is null)
                    return Local(afterJump - changed);
                from = change;
                continue;
            }

            // The clock is set back: the hour that comes twice is for intervals alone.
            var resume = isInterval ? change.AddTicks(-1) : change + (offset - changed) - TimeSpan.FromTicks(1);
            var second = NextLocal(resume + changed);
            if (second == DateTime.MaxValue)
                return DateTimeOffset.MaxValue;
            if (FirstChange(resume, second - changed, changed) is null)
                return Local(second - changed);
            from = resume < change ? change : resume;
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
