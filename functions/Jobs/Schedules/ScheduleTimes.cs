using Iml4e.Assessment.Pipelines;
using NCrontab;

namespace Iml4e.Functions.Jobs.Schedules;

/// <summary>Times of NCRONTAB expressions, UTC.</summary>
internal static class ScheduleTimes
{
    /// <summary>Least time between two starts.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromMinutes(1);

    private const int Looked = 100;
    private static readonly TimeSpan Window = TimeSpan.FromDays(1);

    /// <summary>What is wrong with an expression at the time that it is written; null = nothing.</summary>
    public static string? FaultOf(string expression, DateTimeOffset now)
    {
        if (PipelineValidator.Schedule.TryParse(expression) is not { } cron)
            return PipelineValidator.Schedule.Expected;
        var at = PipelineValidator.Schedule.Next(cron, now);
        for (var i = 0; i < Looked && at < DateTimeOffset.MaxValue - Window; i++)
        {
            var next = PipelineValidator.Schedule.Next(cron, at);
            if (next - at < Least)
                return "must not start jobs more often than once a minute";
            at = next;
        }

        return null;
    }

    /// <summary>The next time of a schedule that was seen to last; null when it never comes.</summary>
    public static DateTimeOffset? Next(StoredSchedule schedule) =>
        PipelineValidator.Schedule.TryParse(schedule.Definition.Cron) is { } cron ? After(cron, schedule.FiredAt ?? schedule.ChangedAt) : null;

    /// <summary>The latest time that has come and is not answered yet; null = none. What was missed before it is not made up for.</summary>
    public static DateTimeOffset? Due(StoredSchedule schedule, DateTimeOffset now)
    {
        if (PipelineValidator.Schedule.TryParse(schedule.Definition.Cron) is not { } cron)
            return null;
        var seen = schedule.FiredAt ?? schedule.ChangedAt;
        if (After(cron, seen) is not { } first || first > now)
            return null;
        // Most of the times are near the end; where the last day has none they are few.
        var latest = seen < now - Window && After(cron, now - Window) is { } recent && recent <= now ? recent : first;
        while (After(cron, latest) is { } later && later <= now)
            latest = later;
        return latest;
    }

    private static DateTimeOffset? After(CrontabSchedule cron, DateTimeOffset time) =>
        PipelineValidator.Schedule.Next(cron, time) is var next && next > time && next < DateTimeOffset.MaxValue - Window ? next : null;
}
