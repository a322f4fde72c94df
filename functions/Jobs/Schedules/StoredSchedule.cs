namespace Iml4e.Functions.Jobs.Schedules;

/// <summary>A schedule with what has become of it.</summary>
internal sealed record StoredSchedule
{
    /// <summary>The schedule.</summary>
    public required JobSchedule Definition { get; init; }

    /// <summary>When it was written; only times after that count.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>Who wrote it.</summary>
    public required string ChangedBy { get; init; }

    /// <summary>The last time that was answered by a start or a refusal.</summary>
    public DateTimeOffset? FiredAt { get; init; }

    /// <summary>The job that was started last.</summary>
    public string? LastJob { get; init; }

    /// <summary>Why the last start was refused; null when it was not.</summary>
    public string? Error { get; init; }
}
