using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>Validates a pose estimation model: COCO's keypoint evaluation, the diagnosis of errors, distances of keypoints.</summary>
public sealed class PoseValidateJob() : ValidationJob(CocoEvaluationKind.Keypoints)
{
    /// <inheritdoc/>
    public override string Name => "pose-validate";

    /// <inheritdoc/>
    public override string Summary =>
        "Compares poses with a COCO ground truth: AP and AR, what kinds of errors cost, distances; on its own predictions or a model's.";
}
