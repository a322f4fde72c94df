using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Assessment.Pose.Decoding;

/// <summary>What must be known of a pose model to run it; the manifest of the model says it.</summary>
public sealed record PoseModelOptions
{
    /// <summary>What the model gives.</summary>
    public required PoseHead Head { get; init; }

    /// <summary>The skeleton.</summary>
    public SkeletonDefinition Skeleton { get; init; } = SkeletonDefinition.Coco17;

    /// <summary>What the model does to pixels first; how images are resized is a matter of the head.</summary>
    public Preprocessing Preprocess { get; init; } = new() { Pad = 0 };

    /// <summary>Columns and rows of the input; null = as the model says.</summary>
    public (int Width, int Height)? Input { get; init; }

    /// <summary>Names of the outputs that are read, two for <see cref="PoseHead.SimCc"/> (columns, rows), else one; empty = the model's first ones.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];

    /// <summary>What boxes are enlarged by before they are cropped.</summary>
    public double Enlargement { get; init; } = InputPlacement.UsualEnlargement;

    /// <summary>Of heat maps: how maxima are found more exactly.</summary>
    public SubPixel SubPixel { get; init; } = SubPixel.Quarter;

    /// <summary>Of heat maps and SimCC: whether the input is run mirrored, too, and the mean of both is decoded.</summary>
    public bool FlipTest { get; init; }

    /// <summary>Of SimCC: classes of a pixel.</summary>
    public double Split { get; init; } = 2;

    /// <summary>Of a regression: whether coordinates are shares of the input and not pixels.</summary>
    public bool IsRelative { get; init; } = true;

    /// <summary>Of a single-stage model: score that a pose needs at least.</summary>
    public double LeastScore { get; init; } = .25;

    /// <summary>Of a single-stage model: whether an objectness stands before the scores of the classes.</summary>
    public bool HasObjectness { get; init; }

    /// <summary>Similarity above which the less sure one of two poses is dropped; null = none is.</summary>
    public double? MostSimilar { get; init; } = .9;
}
