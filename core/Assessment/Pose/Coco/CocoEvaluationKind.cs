namespace Iml4e.Assessment.Pose.Coco;

/// <summary>What is compared.</summary>
public enum CocoEvaluationKind
{
    /// <summary>Boxes, by intersection over union.</summary>
    Boxes,

    /// <summary>Keypoints, by object keypoint similarity.</summary>
    Keypoints,
}
