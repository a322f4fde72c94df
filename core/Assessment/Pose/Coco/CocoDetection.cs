namespace Iml4e.Assessment.Pose.Coco;

/// <summary>An object that a model has found.</summary>
public sealed record CocoDetection
{
    /// <summary>The image.</summary>
    public required long ImageId { get; init; }

    /// <summary>The category.</summary>
    public required long CategoryId { get; init; }

    /// <summary>How sure the model is; any finite number, higher is surer.</summary>
    public required double Score { get; init; }

    /// <summary>Where it is; for poses the extent of the keypoints unless the file says a box.</summary>
    public BoundingBox Box { get; init; }

    /// <summary>Its size in pixels², by which unmatched detections belong to a range of areas or not.</summary>
    public required double Area { get; init; }

    /// <summary>x and y of each keypoint. Empty for boxes.</summary>
    public ReadOnlyMemory<double> Keypoints { get; init; }
}
