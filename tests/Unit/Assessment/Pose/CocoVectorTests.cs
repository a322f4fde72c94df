using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>Small cases with known answers.</summary>
public sealed class CocoVectorTests
{
    private const double Tolerance = 1e-14;
    private static readonly double[] Variances = ObjectKeypointSimilarity.Variances(ObjectKeypointSimilarity.CocoSigmas);

    [Fact]
    public void Similarity_of_a_shifted_pose()
    {
        var truth = Person(1, 10000, i => (100 + (10 * i), 200 + (5 * i), 2));
        var found = Found(i => (103 + (10 * i), 204 + (5 * i)), 0.5);
        Assert.Equal(0.8711549523382005, Oks(found, truth), Tolerance);
        Assert.Equal(0.8, Evaluate([truth], found).Summary["AP"], Tolerance);
        var labelled = truth.Keypoints.ToArray();
        for (var i = 2; i < 17; i++)
            labelled[(3 * i) + 2] = 0;
        Assert.Equal(0.6181889053513969, Oks(found, truth with { Keypoints = labelled, LabelledKeypoints = 2 }), Tolerance);
    }

    [Fact]
    public void An_annotation_without_labelled_keypoints_is_a_box_twice_as_large_and_counts_for_nobody()
    {
        var truth = Person(1, 10000, _ => (0, 0, 0)) with { Box = new BoundingBox(100, 100, 50, 80), LabelledKeypoints = 0 };
        var found = Found(i => (60 + (15 * i), 110 + (3 * i)), 0.5);
        Assert.Equal(0.6711301809007812, Oks(found, truth), Tolerance);
        Assert.All(Evaluate([truth], found).Summary.Values, figure => Assert.Equal(-1, figure));
    }

    [Fact]
    public void Intersections_over_unions()
    {
        BoundingBox[] found = [new(10, 10, 20, 20), new(15, 15, 20, 20), new(40, 40, 5, 5)];
        Assert.Equal([1, .391304347826087, 0], found.Select(f => f.Iou(new BoundingBox(10, 10, 20, 20))), (a, b) => Math.Abs(a - b) < Tolerance);
        Assert.Equal([.04, .04, .0025], found.Select(f => f.Iou(new BoundingBox(0, 0, 100, 100))), (a, b) => Math.Abs(a - b) < Tolerance);
        found = [new(10, 10, 20, 20), new(15, 15, 20, 20), new(90, 90, 20, 20)];
        Assert.Equal([1, 1, .25], found.Select(f => f.Iou(new BoundingBox(0, 0, 100, 100), otherIsCrowd: true)));
        Assert.Equal(0, default(BoundingBox).Iou(default));
    }

    [Fact]
    public void Two_of_three_boxes_found()
    {
        var s = Boxes([], (0, 10, .9), (150, 150, .8), (30, 10, .7));
        Assert.Equal(56 / 101.0, s["AP"], Tolerance);
        Assert.All((string[])["AP50", "AP75", "APs"], name => Assert.Equal(56 / 101.0, s[name], Tolerance));
        Assert.Equal([-1, -1], [s["APm"], s["APl"]]);
        Assert.Equal(1 / 3.0, s["AR1"], Tolerance);
        Assert.Equal(2 / 3.0, s["AR10"], Tolerance);
        Assert.Equal([s["AR10"], s["AR10"]], [s["AR100"], s["ARs"]]);
    }

    [Fact]
    public void Of_equal_scores_the_first_in_the_file_goes_first()
    {
        var s = Boxes([], (2, 10, .5), (0, 10, .5));
        Assert.Equal(0.33663366336633654, s["AP50"], Tolerance);
        Assert.Equal(0.2861386138613861, s["AP"], Tolerance);
        Assert.Equal(0.2333333333333333, s["AR1"], Tolerance);
    }

    [Fact]
    public void A_crowd_takes_any_number()
    {
        (double, double, double)[] found = [(0, 10, .9), .. Enumerable.Range(0, 4).Select(i => (100.0 + (5 * i), 100.0, .95 - (.01 * i)))];
        Assert.Equal(0.3366336633663366, Boxes([Box(9, 100, 100, 50) with { IsCrowd = true }], found)["AP"], Tolerance);
        Assert.Equal(0.06732673267326733, Boxes([], found)["AP"], Tolerance);
    }

    /// <summary>pycocotools takes an annotation of id 0 for none.</summary>
    [Fact]
    public void An_id_of_zero_is_an_id()
    {
        CocoAnnotation[] truth = [Box(0, 0, 10, 20), Box(1, 30, 10, 20)];
        var found = new[] { Found(0, 10, .9), Found(30, 10, .8) };
        Assert.Equal(1, Evaluate(truth, found).Summary["AP"], Tolerance);
    }

    [Fact]
    public void Nothing_found_is_zero_where_there_is_something_and_undefined_where_there_is_nothing()
    {
        var s = Boxes([]);
        Assert.Equal([0, 0, 0, 0, -1, -1, 0, 0, 0, 0, -1, -1], s.Values);
    }

    [Fact]
    public void All_categories_as_one()
    {
        CocoAnnotation[] truth = [Box(1, 0, 10, 20), Box(2, 30, 10, 20) with { CategoryId = 2 }];
        var found = new[] { Found(0, 10, .9) with { CategoryId = 2 }, Found(30, 10, .8) };
        Assert.Equal(0, Evaluate(truth, found).Summary["AP"], Tolerance);
        Assert.Equal(1, CocoEvaluator.Evaluate(Dataset(truth), found, CocoEvaluationOptions.Boxes with { ClassAgnostic = true }).Summary["AP"], Tolerance);
    }

    [Fact]
    public void What_does_not_fit_together_is_refused()
    {
        var truth = Dataset([Box(1, 0, 10, 20)]);
        var found = Found(0, 10, .9);
        Assert.Throws<ArgumentException>(() => CocoEvaluator.Evaluate(truth, [found with { ImageId = 7 }], CocoEvaluationOptions.Boxes));
        Assert.Throws<ArgumentException>(() => CocoEvaluator.Evaluate(truth, [found], CocoEvaluationOptions.Keypoints()));
        Assert.Throws<ArgumentException>(() => CocoEvaluator.Evaluate(truth, [found], CocoEvaluationOptions.Boxes with { Thresholds = [0.5, 0.5] }));
        Assert.Throws<ArgumentException>(() => Dataset([Box(1, 0, 10, 20), Box(1, 30, 10, 20)]));
        Assert.Throws<ArgumentException>(() => CocoBootstrap.Difference(
            CocoEvaluator.Match(truth, [found], CocoEvaluationOptions.Boxes),
            CocoEvaluator.Match(Dataset([Box(1, 0, 10, 20)]), [found], CocoEvaluationOptions.Boxes)));
    }

    private static IReadOnlyDictionary<string, double> Boxes(CocoAnnotation[] more, params (double X, double Y, double Score)[] found) => Evaluate(
        [Box(1, 0, 10, 20), Box(2, 30, 10, 20), Box(3, 60, 10, 20), .. more],
        [.. found.Select(f => Found(f.X, f.Y, f.Score)), Found(0, 10, .99) with { CategoryId = 2 }]).Summary;

    private static CocoEvaluation Evaluate(CocoAnnotation[] truth, params CocoDetection[] found) => CocoEvaluator.Evaluate(
        Dataset(truth), found, truth[0].Keypoints.IsEmpty ? CocoEvaluationOptions.Boxes : CocoEvaluationOptions.Keypoints());

    private static CocoDataset Dataset(CocoAnnotation[] truth) =>
        new([new CocoImage(1, 640, 480, null)], [new CocoCategory(1, "one"), new CocoCategory(2, "two")], truth);

    private static CocoAnnotation Box(long id, double x, double y, double side) =>
        new() { Id = id, ImageId = 1, CategoryId = 1, Box = new BoundingBox(x, y, side, side), Area = side * side };

    private static CocoDetection Found(double x, double y, double score) =>
        new() { ImageId = 1, CategoryId = 1, Score = score, Box = new BoundingBox(x, y, 20, 20), Area = 400 };

    private static CocoAnnotation Person(long id, double area, Func<int, (double, double, double)> point) => new()
    {
        Id = id, ImageId = 1, CategoryId = 1, Box = new BoundingBox(100, 200, 160, 80), Area = area, LabelledKeypoints = 17,
        Keypoints = Enumerable.Range(0, 17).Select(point).SelectMany(p => new[] { p.Item1, p.Item2, p.Item3 }).ToArray(),
    };

    private static CocoDetection Found(Func<int, (double, double)> point, double score) => new()
    {
        ImageId = 1, CategoryId = 1, Score = score, Area = 10000,
        Keypoints = Enumerable.Range(0, 17).Select(point).SelectMany(p => new[] { p.Item1, p.Item2 }).ToArray(),
    };

    private static double Oks(CocoDetection found, CocoAnnotation truth) => ObjectKeypointSimilarity.Of(found.Keypoints.Span, truth, Variances);
}
