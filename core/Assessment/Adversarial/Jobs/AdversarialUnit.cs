namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>Some images of a job: attacked on one model, or taken from an earlier job, and judged by some models.</summary>
public sealed record AdversarialUnit
{
    /// <summary>The model that is attacked; null where the samples are there already.</summary>
    public FixedModel? Source { get; init; }

    /// <summary>Name of the source, of this job or the earlier one.</summary>
    public required string SourceTitle { get; init; }

    /// <summary>The models that are measured.</summary>
    public required IReadOnlyList<FixedModel> Judges { get; init; }

    /// <summary>Digest of the file with the images: x_clean, and x_adv where they are attacked already.</summary>
    public required string Images { get; init; }

    /// <summary>The images in the order of the file.</summary>
    public required IReadOnlyList<SampleTruth> Samples { get; init; }

    /// <summary>Images that could not be used; told by the first unit.</summary>
    public IReadOnlyList<SkippedImage> Skipped { get; init; } = [];

    /// <summary>Whether pictures of its first samples go into the report.</summary>
    public bool Pictured { get; init; }
}
