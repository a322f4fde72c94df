namespace Iml4e.Functions.Retraining.External;

/// <summary>Where an attempt of an external training stands.</summary>
internal enum TrainingState
{
    /// <summary>The trainer works.</summary>
    Waiting,

    /// <summary>Its model has come and can be loaded.</summary>
    Delivered,

    /// <summary>Nothing more is taken.</summary>
    Failed,
}

/// <summary>What is known of an external training, one small document a run.</summary>
internal sealed record TrainingDocument
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>The pipeline.</summary>
    public required string Pipeline { get; init; }

    /// <summary>The attempt that runs.</summary>
    public int Attempt { get; init; }

    /// <summary>Where it stands.</summary>
    public TrainingState State { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Reason { get; init; }

    /// <summary>The data that the trainer may fetch.</summary>
    public required ExternalData Data { get; init; }

    /// <summary>When the trainer was last heard of.</summary>
    public DateTimeOffset LastSeen { get; init; }

    /// <summary>How far it says it is, 0 to 1.</summary>
    public double? Progress { get; init; }

    /// <summary>What it says it does.</summary>
    public string? Message { get; init; }

    /// <summary>The model that it delivered.</summary>
    public string? ModelDigest { get; init; }

    /// <summary>Its own predictions; null when it gave none.</summary>
    public string? PredictionsDigest { get; init; }

    /// <summary>Path of the document.</summary>
    public static string PathOf(string runId) => $"trainings/{runId}.json";
}
