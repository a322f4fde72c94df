using Iml4e.Assessment.Adversarial.Configuration;
using Iml4e.Assessment.Adversarial.Detection;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>What became of a unit.</summary>
public sealed record AdversarialPart
{
    /// <summary>Name of the model that was attacked.</summary>
    public required string Source { get; init; }

    /// <summary>Its digest; empty where the samples were there already.</summary>
    public string SourceDigest { get; init; } = "";

    /// <summary>Digest of the file with the samples.</summary>
    public required string File { get; init; }

    /// <summary>The images.</summary>
    public required IReadOnlyList<SampleTruth> Samples { get; init; }

    /// <summary>The classes that count as right.</summary>
    public IReadOnlyList<int>? Labels { get; init; }

    /// <summary>The attacked samples; empty where they were there already.</summary>
    public IReadOnlyList<SampleOutcome> Outcomes { get; init; } = [];

    /// <summary>What each model says.</summary>
    public required IReadOnlyList<Judgement> Judgements { get; init; }

    /// <summary>Points of the curve over ε.</summary>
    public IReadOnlyList<CurvePoint> Curve { get; init; } = [];

    /// <summary>Which samples are still right under random noise of the same size, as control.</summary>
    public IReadOnlyList<bool>? NoiseRight { get; init; }

    /// <summary>What a detector finds under random noise of the same size, as control.</summary>
    public IReadOnlyList<IReadOnlyList<DetectedObject>>? NoiseFound { get; init; }

    /// <summary>Rows whose gradient was computed.</summary>
    public long Gradients { get; init; }

    /// <summary>Of these, rows without any.</summary>
    public long ZeroGradients { get; init; }

    /// <summary>Values of gradients that were no numbers and were taken as 0.</summary>
    public long InvalidGradients { get; init; }

    /// <summary>Whether gradients passed over a rounding.</summary>
    public bool StraightThrough { get; init; }

    /// <summary>Images that could not be used.</summary>
    public IReadOnlyList<SkippedImage> Skipped { get; init; } = [];

    /// <summary>Number of classes of the attacked model.</summary>
    public int? Classes { get; init; }

    /// <summary>What the measured detectors call their classes, by their titles; told by the first unit.</summary>
    public IReadOnlyDictionary<string, ClassList> ClassNames { get; init; } = new Dictionary<string, ClassList>();

    /// <summary>Pictures for the report.</summary>
    public IReadOnlyList<PictureTriple> Pictures { get; init; } = [];

    /// <summary>Shape of the samples, [channels, height, width].</summary>
    public required IReadOnlyList<int> Shape { get; init; }
}
