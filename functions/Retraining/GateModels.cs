using Iml4e.Functions.Jobs;

namespace Iml4e.Functions.Retraining;

/// <summary>A quality gate of one run: the jobs to run, and what their figures must fulfil.</summary>
internal sealed record PlannedGate
{
    /// <summary>Place in the document, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>The expression.</summary>
    public required string Accept { get; init; }

    /// <summary>The job on the challenger; null when there is nothing to run because the champion that the expression names is missing.</summary>
    public JobStart? Challenger { get; init; }

    /// <summary>The same job on the champion; null when the expression does not name it.</summary>
    public JobStart? Champion { get; init; }
}

/// <summary>The jobs of a gate have ended: what they gave.</summary>
internal sealed record GateJobs(RetrainRequest Request, PlannedGate Gate, JobSummary? Challenger, JobSummary? Champion);

/// <summary>What a gate said.</summary>
internal sealed record GateVerdict(bool Accepted, string Explanation);
