using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Pose.Decoding;
using Iml4e.Assessment.Pose.Skeletons;
using Iml4e.Assessment.Validation;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>How a pose model is run.</summary>
public sealed record PoseModelSettings
{
    /// <summary>What the model gives.</summary>
    public required PoseHead Head { get; init; }

    /// <summary>Where objects are, for models that are shown one at a time: truth = the boxes of the ground truth, else predictions of boxes.</summary>
    public string Boxes { get; init; } = TrueBoxes;

    /// <summary>Rows and columns of the input; as the model declares them when absent.</summary>
    public IReadOnlyList<int>? Input { get; init; }

    /// <summary>Names of the outputs that are read; the first ones when absent.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];

    /// <summary>What the model does to pixels first.</summary>
    public Preprocessing Preprocess { get; init; } = new() { Pad = 0 };

    /// <summary>What boxes are enlarged by before they are cropped.</summary>
    public double Enlargement { get; init; } = InputPlacement.UsualEnlargement;

    /// <summary>How maxima of heat maps are found more exactly.</summary>
    public SubPixel SubPixel { get; init; } = SubPixel.Quarter;

    /// <summary>Whether the input is run mirrored, too.</summary>
    public bool FlipTest { get; init; }

    /// <summary>Classes of a pixel, of SimCC.</summary>
    public double Split { get; init; } = 2;

    /// <summary>Whether coordinates of a regression are shares of the input.</summary>
    public bool Relative { get; init; } = true;

    /// <summary>Score that a pose of a single-stage model needs at least.</summary>
    public double LeastScore { get; init; } = .05;

    /// <summary>Whether a single-stage model has an objectness before the scores.</summary>
    public bool Objectness { get; init; }

    /// <summary>Similarity above which the less sure one of two poses is dropped; null = none is.</summary>
    public double? MostSimilar { get; init; } = .9;

    /// <summary>The name of the ground truth's own boxes.</summary>
    internal const string TrueBoxes = "truth";

    /// <summary>The same for the estimator.</summary>
    internal PoseModelOptions Options(SkeletonDefinition skeleton) => new()
    {
        Head = Head, Skeleton = skeleton, Preprocess = Preprocess, Input = Input is [var height, var width] ? (width, height) : null, Outputs = Outputs,
        Enlargement = Enlargement, SubPixel = SubPixel, FlipTest = FlipTest, Split = Split, IsRelative = Relative, LeastScore = LeastScore,
        HasObjectness = Objectness, MostSimilar = MostSimilar,
    };

    /// <summary>Adds what makes no sense.</summary>
    internal void Check(string path, ValidationErrors errors)
    {
        errors.Require(Input is null || (Input.Count == 2 && Input.All(i => i is > 0 and <= 4096)), path + ".input", "must be [height, width], each 1 to 4096");
        errors.Require(Enlargement is >= 1 and <= 10, path + ".enlargement", "1 to 10");
        errors.Require(Split is > 0 and <= 100, path + ".split", "above 0, at most 100");
        errors.Require(LeastScore is >= 0 and < 1, path + ".leastScore", "at least 0, below 1");
        errors.Require(MostSimilar is null or (> 0 and <= 1), path + ".mostSimilar", "above 0, at most 1");
        errors.Require(Boxes.Length is > 0 and <= 200, path + ".boxes", "truth, or predictions of boxes");
        Preprocess.Check(path + ".preprocess", errors);
    }
}
