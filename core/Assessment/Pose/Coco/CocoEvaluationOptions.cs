namespace Iml4e.Assessment.Pose.Coco;

/// <summary>Settings of a COCO evaluation; the defaults are those of the COCO benchmark.</summary>
public sealed record CocoEvaluationOptions
{
    /// <summary>Thresholds are kept as bits of one word.</summary>
    public const int MostThresholds = 64;

    /// <summary>What is compared.</summary>
    public required CocoEvaluationKind Kind { get; init; }

    /// <summary>Similarities from which on a detection is a hit, ascending, in (0, 1]; at most <see cref="MostThresholds"/>.</summary>
    public IReadOnlyList<double> Thresholds { get; init; } = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95];

    /// <summary>
    /// Recalls at which precision is read, ascending; none = what is read is the area under the curve's envelope (PASCAL VOC 2010, section 4.2), as one point.
    /// </summary>
    public IReadOnlyList<double> RecallPoints { get; init; } = Hundredths();

    /// <summary>Ranges of sizes; the first is the one of the main figures.</summary>
    public required IReadOnlyList<CocoAreaRange> Areas { get; init; }

    /// <summary>Detections an image and category that count, ascending.</summary>
    public required IReadOnlyList<int> MaxDetections { get; init; }

    /// <summary>Of each keypoint; for keypoints only.</summary>
    public IReadOnlyList<double> Sigmas { get; init; } = [];

    /// <summary>Whether all categories count as one.</summary>
    public bool ClassAgnostic { get; init; }

    /// <summary>Threads at most; the result is the same, to the bit, with any number.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>The box benchmark.</summary>
    public static CocoEvaluationOptions Boxes { get; } = new()
    {
        Kind = CocoEvaluationKind.Boxes,
        Areas = [CocoAreaRange.All, CocoAreaRange.Small, CocoAreaRange.Medium, CocoAreaRange.Large],
        MaxDetections = [1, 10, 100],
    };

    /// <summary>The keypoint benchmark.</summary>
    /// <param name="sigmas">Of each keypoint; COCO's 17 when left out.</param>
    public static CocoEvaluationOptions Keypoints(IReadOnlyList<double>? sigmas = null) => new()
    {
        Kind = CocoEvaluationKind.Keypoints,
        Areas = [CocoAreaRange.All, CocoAreaRange.Medium, CocoAreaRange.Large],
        MaxDetections = [20],
        Sigmas = sigmas ?? ObjectKeypointSimilarity.CocoSigmas,
    };

    /// <summary>Numbers that are read off a curve.</summary>
    internal int CurvePoints => Math.Max(1, RecallPoints.Count);

    /// <summary>Refuses settings that mean nothing.</summary>
    /// <exception cref="ArgumentException">Says which.</exception>
    internal void Check()
    {
        Require(Thresholds.Count is > 0 and <= MostThresholds && Ascends(Thresholds) && Thresholds[0] > 0 && Thresholds[^1] <= 1, "Thresholds");
        Require(Ascends(RecallPoints), "RecallPoints");
        Require(Areas.Count > 0, "Areas");
        Require(MaxDetections.Count > 0 && MaxDetections[0] > 0 && Ascends(MaxDetections), "MaxDetections");
        Require(Kind == CocoEvaluationKind.Boxes || Sigmas.Count > 0, "Sigmas");
        Require(Threads > 0, "Threads");

        static bool Ascends<T>(IReadOnlyList<T> values)
            where T : IComparable<T>
        {
            for (var i = 1; i < values.Count; i++)
            {
                if (values[i - 1].CompareTo(values[i]) >= 0)
                    return false;
            }

            return true;
        }

        static void Require(bool right, string name)
        {
            if (!right)
                throw new ArgumentException($"{name} of a COCO evaluation must be there, in order and in range.");
        }
    }

    private static double[] Hundredths()
    {
        var points = new double[101];
        for (var i = 0; i < 100; i++)
            points[i] = i * 0.01;
        points[100] = 1;
        return points;
    }
}
