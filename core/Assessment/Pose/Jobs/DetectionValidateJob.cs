using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>Validates a detection model: COCO's box evaluation.</summary>
public sealed class DetectionValidateJob() : ValidationJob(CocoEvaluationKind.Boxes)
{
    /// <inheritdoc/>
    public override string Name => "detection-validate";

    /// <inheritdoc/>
    public override string Summary =>
        "Compares detections with a COCO ground truth: AP and AR by size and category; on predictions that are there or a model's.";
}
