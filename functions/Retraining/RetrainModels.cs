using Iml4e.Functions.Experiments;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.Retraining.External;

namespace Iml4e.Functions.Retraining;

/// <summary>A retraining that is ready to go: what was snapshotted, and the training job to run.</summary>
internal sealed record RetrainPlan
{
    /// <summary>Identity of the run.</summary>
    public required string RunId { get; init; }

    /// <summary>Data set version that is trained on, frozen.</summary>
    public required string DatasetVersion { get; init; }

    /// <summary>Champion at the start; null when the model has none.</summary>
    public string? Champion { get; init; }

    /// <summary>The training job.</summary>
    public required JobStart TrainJob { get; init; }

    /// <summary>The training by an external trainer, in place of the job; null = a trainer of ours.</summary>
    public ExternalStart? External { get; init; }

    /// <summary>Quality gates of the pipeline's document.</summary>
    public int Gates { get; init; }
}

/// <summary>What the offline gate is asked.</summary>
internal sealed record GateRequest(RetrainRequest Request, RetrainPlan Plan, JobSummary Training);

/// <summary>What the offline gate said.</summary>
internal sealed record GateResult(
    bool Accepted, string Explanation, IReadOnlyDictionary<string, double?> Challenger, IReadOnlyDictionary<string, double?>? Champion, int Rows);

/// <summary>A trained model to register.</summary>
internal sealed record RegisterRequest(RetrainRequest Request, RetrainPlan Plan, JobSummary Training, GateResult Gate);

/// <summary>A registered challenger.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Experiment">Its experiment; null when it became the first champion, or gave way to a newer challenger.</param>
/// <param name="WaitsFor">The experiment of the model that has to end first; null when none does.</param>
internal sealed record Registered(string Version, ExperimentStart? Experiment, string? WaitsFor = null);

/// <summary>A challenger that waits for its turn.</summary>
internal sealed record NextChallenger(RetrainRequest Request, Registered Registered);

/// <summary>How a retraining ended.</summary>
internal sealed record RetrainOutcome
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>Promoted, KeptChampion, RolledBack, Invalid, Aborted, OfflineRejected or Failed.</summary>
    public required string Result { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>Version that was made; null when none was registered.</summary>
    public string? Version { get; init; }

    /// <summary>The experiment; null when there was none.</summary>
    public string? Experiment { get; init; }
}

/// <summary>The end of a retraining, to be written down.</summary>
internal sealed record RetrainEnd(RetrainRequest Request, RetrainOutcome Outcome);
