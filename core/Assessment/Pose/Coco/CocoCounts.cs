namespace Iml4e.Assessment.Pose.Coco;

/// <summary>What an evaluation was of.</summary>
public sealed record CocoCounts
{
    /// <summary>Images.</summary>
    public required int Images { get; init; }

    /// <summary>Annotations.</summary>
    public required long Annotations { get; init; }

    /// <summary>
    /// Annotations that count neither for nor against the model in the first range of areas: crowds, those without labelled keypoints, other sizes.
    /// </summary>
    public required long Ignored { get; init; }

    /// <summary>Annotations that are crowds.</summary>
    public required long Crowds { get; init; }

    /// <summary>Detections that were used.</summary>
    public required long Detections { get; init; }

    /// <summary>Detections beyond the largest number an image and category.</summary>
    public required long DetectionsCut { get; init; }

    /// <summary>Mean similarity of the hits at the first threshold; -1 without any.</summary>
    public required double MeanSimilarity { get; init; }
}
