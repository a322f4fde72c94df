namespace Iml4e.Functions.Retraining.External;

/// <summary>A training by an external trainer; the input of its orchestration.</summary>
internal sealed record ExternalStart
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>The pipeline.</summary>
    public required string Pipeline { get; init; }

    /// <summary>Data set version that is trained on.</summary>
    public required string DatasetVersion { get; init; }

    /// <summary>Longest silence of the trainer.</summary>
    public required TimeSpan Heartbeat { get; init; }

    /// <summary>Time in which an attempt must deliver.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>The attempt, 1 to 3.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>The frozen data; null before they are.</summary>
    public ExternalData? Data { get; init; }

    /// <summary>When the attempt began; null before the trainer was called for it.</summary>
    public DateTimeOffset? CalledAt { get; init; }
}

/// <summary>What an external trainer is given, frozen.</summary>
/// <param name="Digest">CSV of the rows to train on.</param>
/// <param name="TrainRows">JSON list of the places of these rows in the data set.</param>
/// <param name="HoldoutRows">JSON list of the places of the rows that judge.</param>
/// <param name="Rows">Rows to train on.</param>
internal sealed record ExternalData(string Digest, string TrainRows, string HoldoutRows, int Rows);

/// <summary>An attempt to begin, look at or end.</summary>
internal sealed record ExternalAttempt(ExternalStart Start, DateTimeOffset At, string? Failure = null);

/// <summary>Where an attempt stands.</summary>
/// <param name="State">Its state.</param>
/// <param name="LastSeen">When the trainer was last heard of.</param>
/// <param name="Reason">Why it failed.</param>
internal sealed record ExternalStanding(TrainingState State, DateTimeOffset LastSeen, string? Reason);

