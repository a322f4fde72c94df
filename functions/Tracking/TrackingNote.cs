using Iml4e.Assessment.Jobs;

namespace Iml4e.Functions.Tracking;

/// <summary>A run that a tracking server is to be told of.</summary>
internal sealed record TrackingNote
{
    /// <summary>Folder of the notes.</summary>
    public const string Folder = "tracking/";

    /// <summary>The job.</summary>
    public required string JobId { get; init; }

    /// <summary>The run.</summary>
    public required TrackedRun Run { get; init; }

    /// <summary>When it was written down.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>pending, logged or failed.</summary>
    public string State { get; init; } = "pending";

    /// <summary>Tries so far.</summary>
    public int Attempts { get; init; }

    /// <summary>Not to be tried before.</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>Id of the run on the server.</summary>
    public string? ServerRunId { get; init; }

    /// <summary>Why the last try failed.</summary>
    public string? Error { get; init; }

    /// <summary>Where it is.</summary>
    public static string PathOf(string jobId) => $"{Folder}{jobId}.json";
}
