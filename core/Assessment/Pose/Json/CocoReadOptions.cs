using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Json;

/// <summary>What a file is read for.</summary>
public sealed record CocoReadOptions
{
    /// <summary>Boxes or keypoints: which of the fields must be there.</summary>
    public required CocoEvaluationKind Kind { get; init; }

    /// <summary>Keypoints of each record; for keypoints only.</summary>
    public int Keypoints { get; init; }

    /// <summary>Whether records that are wrong are left out and told, instead of the file being refused.</summary>
    public bool SkipInvalid { get; init; }

    /// <summary>For an evaluation with these settings.</summary>
    public static CocoReadOptions For(CocoEvaluationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new CocoReadOptions { Kind = options.Kind, Keypoints = options.Kind == CocoEvaluationKind.Keypoints ? options.Sigmas.Count : 0 };
    }
}
