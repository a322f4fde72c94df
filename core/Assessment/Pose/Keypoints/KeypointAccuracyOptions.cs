using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Assessment.Pose.Keypoints;

/// <summary>Settings of <see cref="KeypointAccuracy"/>.</summary>
public sealed record KeypointAccuracyOptions
{
    /// <summary>The skeleton.</summary>
    public SkeletonDefinition Skeleton { get; init; } = SkeletonDefinition.Coco17;

    /// <summary>What distances are divided by.</summary>
    public KeypointNorm Norm { get; init; } = KeypointNorm.Box;

    /// <summary>Shares of the norm below which a keypoint is correct.</summary>
    public IReadOnlyList<double> Thresholds { get; init; } = [.05, .1, .2];

    /// <summary>Share of the head's size below which a keypoint is correct for PCKh.</summary>
    public double HeadThreshold { get; init; } = .5;

    /// <summary>Threads at most.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}
