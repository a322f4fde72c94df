using System.Text.Json.Nodes;
using Iml4e.Functions.Jobs.Schedules;

namespace Iml4e.Tests.Unit.Functions;

public sealed class ScheduleTimesTests
{
    private static readonly DateTimeOffset Written = new(2026, 1, 10, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("0 30 2 * * *", null, "2026-01-10T20:00:00Z", null)]
    [InlineData("0 30 2 * * *", null, "2026-01-11T02:30:00Z", "2026-01-11T02:30:00Z")]
    [InlineData("30 2 * * *", null, "2026-01-11T02:31:00Z", "2026-01-11T02:30:00Z")]
    [InlineData("0 30 2 * * *", "2026-01-11T02:30:00Z", "2026-01-11T23:00:00Z", null)]
    [InlineData("0 30 2 * * *", "2026-01-11T02:30:00Z", "2026-01-20T01:00:00Z", "2026-01-19T02:30:00Z")]
    [InlineData("0 0 0 1 * *", null, "2026-06-15T00:00:00Z", "2026-06-01T00:00:00Z")]
    [InlineData("* * * * *", null, "2026-03-01T10:20:30Z", "2026-03-01T10:20:00Z")]
    [InlineData("* * * * *", "2026-03-01T10:20:00Z", "2026-03-01T10:20:59Z", null)]
    [InlineData("0 0 0 30 2 *", null, "2027-01-01T00:00:00Z", null)]
    public void The_latest_time_that_is_not_answered_is_due(string cron, string? fired, string now, string? due)
    {
        var schedule = Schedule(cron) with { FiredAt = fired is null ? null : Time(fired) };
        Assert.Equal(due is null ? null : Time(due), ScheduleTimes.Due(schedule, Time(now)));
    }

    [Theory]
    [InlineData("0 30 2 * * *", true)]
    [InlineData("* * * * *", true)]
    [InlineData("0 0 0 30 2 *", true)]
    [InlineData("* * * * * *", false)]
    [InlineData("0,30 0 3 * * *", false)]
    [InlineData("", false)]
    [InlineData("0 0 25 * * *", false)]
    public void A_schedule_starts_at_most_a_job_a_minute(string cron, bool right) => Assert.Equal(right, ScheduleTimes.FaultOf(cron, Written) is null);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static StoredSchedule Schedule(string cron) => new()
    {
        Definition = new JobSchedule { Cron = cron, Kind = "verify", Request = new JsonObject() }, ChangedAt = Written, ChangedBy = "test",
    };
}
