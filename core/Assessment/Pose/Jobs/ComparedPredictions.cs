namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>Predictions that others are compared with.</summary>
public sealed record ComparedPredictions
{
    /// <summary>Their name beside the data set, the digest of an artefact, or the id of a job that made some.</summary>
    public required string Predictions { get; init; }

    /// <summary>What the report calls them.</summary>
    public string Title { get; init; } = "before";
}
