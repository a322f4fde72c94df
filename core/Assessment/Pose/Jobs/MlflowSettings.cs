namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>Where a job is logged in MLflow.</summary>
public sealed record MlflowSettings
{
    /// <summary>Name of the experiment; made where there is none.</summary>
    public required string Experiment { get; init; }

    /// <summary>Name of the run; the job's id when absent.</summary>
    public string? RunName { get; init; }
}
