using Iml4e.Learning;

namespace Iml4e.Assessment.Evaluation;

/// <summary>Request of the job kind <c>evaluate</c>: a registered model version on a data set version.</summary>
public sealed record EvaluateRequest
{
    /// <summary>Model to evaluate.</summary>
    public required string Model { get; init; }

    /// <summary>Version number or alias; <c>champion</c> when absent.</summary>
    public string Version { get; init; } = "champion";

    /// <summary>Data set with labelled rows.</summary>
    public required string Dataset { get; init; }

    /// <summary>Version of the data set; the newest when absent.</summary>
    public string? DatasetVersion { get; init; }

    /// <summary>Whether only the rows of the version's newest part are judged; the others serve as history.</summary>
    public bool NewestPart { get; init; }

    /// <summary>Digest of an artefact with the places of the rows to judge, a JSON list of whole numbers from 0; all when absent.</summary>
    public string? Rows { get; init; }

    /// <summary>Column with the truth.</summary>
    public required string Label { get; init; }

    /// <summary>Column with the time of a row.</summary>
    public string? Time { get; init; }

    /// <summary>What the model predicts.</summary>
    public required LearningTask Task { get; init; }

    /// <summary>Expression over the metrics that must hold for the model to be accepted.</summary>
    public string? Accept { get; init; }
}
