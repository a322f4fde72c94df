using System.Text.Json;

namespace Iml4e.Functions.Jobs;

/// <summary>What the job orchestrator starts with; the request itself is an artefact.</summary>
internal sealed record JobStart(string JobId, string Kind, string RequestDigest, string? Pipeline = null, JobCandidate? Candidate = null);

/// <summary>A model that is not registered yet and that a job may use under the version <see cref="Assessment.Pipelines.GateSubject.Challenger"/>.</summary>
/// <param name="Model">The model that it may become a version of.</param>
/// <param name="Digest">The ONNX file.</param>
/// <param name="RunId">The run that made it.</param>
internal sealed record JobCandidate(string Model, string Digest, string RunId);

/// <summary>The plan: how many units, and where they are.</summary>
internal sealed record JobPlan(int Units, string UnitsDigest);

/// <summary>One unit to execute.</summary>
internal sealed record JobUnit(JobStart Job, string UnitsDigest, int Index);

/// <summary>The executed parts to put together.</summary>
internal sealed record JobParts(JobStart Job, IReadOnlyList<string> PartDigests);

/// <summary>What the orchestrator ends with: small, the rest is in the run record and the report.</summary>
internal sealed record JobSummary
{
    /// <summary>Identity of the job.</summary>
    public required string JobId { get; init; }

    /// <summary>Kind of the job.</summary>
    public required string Kind { get; init; }

    /// <summary>Named figures.</summary>
    public required IReadOnlyDictionary<string, double?> Metrics { get; init; }

    /// <summary>Verdict of the accept expression; null when there was none.</summary>
    public bool? Accepted { get; init; }

    /// <summary>Why.</summary>
    public string? Explanation { get; init; }

    /// <summary>What a follow-up step needs.</summary>
    public JsonElement? Output { get; init; }

    /// <summary>Digest of the report.</summary>
    public required string ReportDigest { get; init; }
}

/// <summary>How far a job is, as its custom status.</summary>
internal sealed record JobProgress(int Done, int Total, string Message);

/// <summary>A failure to record.</summary>
internal sealed record JobFailure(JobStart Job, string Message, bool Cancelled);
