namespace Iml4e.Assessment.Pose.Coco;

/// <summary>An object of the ground truth.</summary>
public sealed record CocoAnnotation
{
    /// <summary>Its id; any number, 0 too.</summary>
    public required long Id { get; init; }

    /// <summary>Its image.</summary>
    public required long ImageId { get; init; }

    /// <summary>Its category.</summary>
    public required long CategoryId { get; init; }

    /// <summary>Where it is.</summary>
    public required BoundingBox Box { get; init; }

    /// <summary>Its size in pixels², in COCO that of its mask and not of its box.</summary>
    public required double Area { get; init; }

    /// <summary>Whether it stands for a crowd, in which single objects are not told apart.</summary>
    public bool IsCrowd { get; init; }

    /// <summary>x, y and v of each keypoint; v is 0 = not labelled, 1 = labelled and hidden, 2 = labelled and visible. Empty for boxes.</summary>
    public ReadOnlyMemory<double> Keypoints { get; init; }

    /// <summary>Keypoints with v above 0, as the file says it or counted.</summary>
    public int LabelledKeypoints { get; init; }

    /// <summary>Size of the head in pixels, as the file says it; null = it does not.</summary>
    public double? HeadSize { get; init; }
}
