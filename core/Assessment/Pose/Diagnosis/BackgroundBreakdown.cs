namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>What detections without an object, or objects without a detection, have in common.</summary>
public sealed record BackgroundBreakdown
{
    /// <summary>Sizes of a person, taken as half of the box, that <see cref="Sizes"/> counts up to; the last class is without end.</summary>
    public static IReadOnlyList<double> SizeEnds { get; } = [32 * 32, 64 * 64, 96 * 96, 128 * 128];

    /// <summary>What <see cref="People"/> counts.</summary>
    public static IReadOnlyList<string> PeopleClasses { get; } = ["none", "1", "2-4", "5-8", "over 8 or crowd"];

    /// <summary>Those that are unmatched at every threshold.</summary>
    public required int Count { get; init; }

    /// <summary>Of them those that the rest is of: detections with a score in the top fifth, objects with labelled keypoints.</summary>
    public required int Considered { get; init; }

    /// <summary>By height, then by width: boxes from 2^i to 2^(i + 1) pixels, i = 0..9; smaller and larger ones are in the first and last.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> BoxSizes { get; init; }

    /// <summary>By class of size.</summary>
    public required IReadOnlyList<int> Sizes { get; init; }

    /// <summary>By class of people in the image.</summary>
    public required IReadOnlyList<int> People { get; init; }

    /// <summary>Of detections alone: the scores below which 20, 40, 60 and 80 % of all detections lie.</summary>
    public IReadOnlyList<double>? ScorePercentiles { get; init; }

    /// <summary>Of detections alone: how many of those that are unmatched at every threshold lie in each fifth of all scores.</summary>
    public IReadOnlyList<int>? ByScore { get; init; }

    /// <summary>Of objects alone: how many have 0, 1, 2 … labelled keypoints.</summary>
    public IReadOnlyList<int>? ByKeypoints { get; init; }

    /// <summary>Of objects alone: how many boxes cover each of 128 x 128 parts of the image, row by row.</summary>
    public IReadOnlyList<IReadOnlyList<int>>? Positions { get; init; }
}
