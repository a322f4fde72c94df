namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>What is wrong with the poses of a model, and what it costs.</summary>
public sealed record PoseDiagnosis
{
    /// <summary>The settings.</summary>
    public required PoseDiagnosisOptions Options { get; init; }

    /// <summary>What became of the keypoints of the objects that were found.</summary>
    public required KeypointTaxonomy Taxonomy { get; init; }

    /// <summary>By range of areas: average precision without each kind of error alone.</summary>
    public required IReadOnlyList<ImpactTable> Independent { get; init; }

    /// <summary>By range of areas: average precision as one kind of error after the other is made good.</summary>
    public required IReadOnlyList<ImpactTable> Progressive { get; init; }

    /// <summary>The scores.</summary>
    public required ScoringDiagnosis Scoring { get; init; }

    /// <summary>What was found where nothing is, and what was overlooked.</summary>
    public required BackgroundDiagnosis Background { get; init; }

    /// <summary>Sensitivity to crowding and occlusion; null when it was not wanted.</summary>
    public CrowdingSensitivity? Crowding { get; init; }

    /// <summary>Sensitivity to size; null when it was not wanted.</summary>
    public SizeSensitivity? Size { get; init; }

    /// <summary>Average precision over the diagnosis' own range of areas, which leaves out the smallest objects and so differs from the benchmark's.</summary>
    public double BaselineAp => Independent[0].Baseline.Ap;
}
