using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>Settings of a diagnosis.</summary>
public sealed record PoseDiagnosisOptions
{
    /// <summary>The skeleton.</summary>
    public SkeletonDefinition Skeleton { get; init; } = SkeletonDefinition.Coco17;

    /// <summary>How far from its true place a keypoint is put when an error is corrected.</summary>
    public CorrectionDistance Distance { get; init; } = CorrectionDistance.Strict;

    /// <summary>The order in which keypoint errors are corrected one after the other; it changes their shares. Each of the four once.</summary>
    public IReadOnlyList<PoseError> Order { get; init; } = KeypointErrors;

    /// <summary>Whether sensitivity to occlusion, crowding and size is wanted, which takes several times as long as the rest.</summary>
    public bool Sensitivity { get; init; } = true;

    /// <summary>Threads at most; the result is the same, to the bit, with any number.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>The errors of single keypoints, in their usual order.</summary>
    public static IReadOnlyList<PoseError> KeypointErrors { get; } = [PoseError.Miss, PoseError.Swap, PoseError.Inversion, PoseError.Jitter];

    /// <summary>Similarities that a detection is a hit from.</summary>
    public static IReadOnlyList<double> Thresholds { get; } = [.5, .55, .6, .65, .7, .75, .8, .85, .9, .95];

    /// <summary>The one threshold of sensitivities.</summary>
    public const double SensitivityThreshold = .75;

    /// <summary>Detections an image.</summary>
    public const int MostDetections = 20;

    /// <summary>Every size but the smallest objects, which have no labelled keypoints; not the range of the same name of the benchmark.</summary>
    public static CocoAreaRange All { get; } = new("all", 32 * 32, 1e10);

    /// <summary>The ranges of areas.</summary>
    public static IReadOnlyList<CocoAreaRange> Areas { get; } = [All, new("medium", 32 * 32, 96 * 96), new("large", 96 * 96, 1e10)];

    /// <summary>Refuses settings that mean nothing.</summary>
    /// <exception cref="ArgumentException">Says which.</exception>
    internal void Check()
    {
        if (!Order.Order().SequenceEqual(KeypointErrors.Order()))
            throw new ArgumentException("The order must have each of the four keypoint errors once.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Threads);
    }
}
