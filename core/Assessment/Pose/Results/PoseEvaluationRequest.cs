using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Keypoints;
using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Assessment.Pose.Results;

/// <summary>What is wanted of a result file.</summary>
public sealed record PoseEvaluationRequest
{
    /// <summary>Boxes or keypoints.</summary>
    public required CocoEvaluationKind Kind { get; init; }

    /// <summary>The skeleton; for keypoints only.</summary>
    public SkeletonDefinition Skeleton { get; init; } = SkeletonDefinition.Coco17;

    /// <summary>Whether errors are diagnosed, and with which distance; null = they are not. For keypoints only.</summary>
    public CorrectionDistance? Analysis { get; init; }

    /// <summary>Whether the diagnosis has sensitivities to crowding, occlusion and size.</summary>
    public bool Sensitivity { get; init; } = true;

    /// <summary>Figures beside average precision; for keypoints only.</summary>
    public IReadOnlyCollection<PoseMetric> Metrics { get; init; } = [];

    /// <summary>What distances are divided by for <see cref="PoseMetric.Pck"/>.</summary>
    public KeypointNorm Norm { get; init; } = KeypointNorm.Box;

    /// <summary>Whether all categories count as one.</summary>
    public bool ClassAgnostic { get; init; }

    /// <summary>Whether records that are wrong are left out and told, instead of the files being refused.</summary>
    public bool SkipInvalid { get; init; }

    /// <summary>Threads at most; the result is the same, to the bit, with any number.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}
