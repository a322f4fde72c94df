using System.Text.Json.Nodes;

namespace Iml4e.Functions.Jobs.Schedules;

/// <summary>A job that is started again and again, at set times.</summary>
internal sealed record JobSchedule
{
    /// <summary>Six-field NCRONTAB expression in UTC, or five fields without seconds; at most once a minute.</summary>
    public required string Cron { get; init; }

    /// <summary>Kind of the job.</summary>
    public required string Kind { get; init; }

    /// <summary>The job's request, as for <c>POST /api/jobs/KIND</c>. Aliases of versions, such as champion, are looked up anew at each start.</summary>
    public required JsonObject Request { get; init; }

    /// <summary>Whether it is kept to.</summary>
    public bool Enabled { get; init; } = true;
}
