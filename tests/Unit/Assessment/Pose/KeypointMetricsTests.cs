using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Keypoints;
using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>Small cases with known answers.</summary>
public sealed class KeypointMetricsTests
{
    private const double Tolerance = 1e-12;

    [Fact]
    public void Correct_keypoints_are_strictly_below_the_threshold()
    {
        var pairs = Two(50, 20);
        Assert.Equal([.5, .5, 0, 0], KeypointMetrics.Pck(pairs, .05).PerKeypoint.Select(s => s!.Value));
        Assert.Equal(.25, KeypointMetrics.Pck(pairs, .05).Mean);
        Assert.Equal(.625, KeypointMetrics.Pck(pairs, .1).Mean);
        Assert.Equal(.875, KeypointMetrics.Pck(pairs, .2).Mean);
        var head = KeypointMetrics.Pck(Two(10, 4), .5);
        Assert.Equal(.625, head.Mean);
        Assert.Equal((head.PerKeypoint[1] * 2 + head.PerKeypoint[2] * 2 + head.PerKeypoint[3]) / 5, head.Weighted([0]));
        Assert.Equal(2.8921664938883427, KeypointMetrics.EndPointError(pairs)!.Value, Tolerance);
        var relative = new[] { 0, .04, .06, .14, .05, Math.Sqrt(2) / 20, Math.Sqrt(34) / 20 }.Average();
        Assert.Equal(relative, KeypointMetrics.NormalisedMeanError(pairs)!.Value, Tolerance);
        var expected = Enumerable.Range(0, 20).Average(i => KeypointMetrics.Pck(pairs, i / 20.0).Mean);
        Assert.Equal(expected, KeypointMetrics.AreaUnderCurve(pairs));
    }

    [Fact]
    public void A_pose_that_was_overlooked_is_wrong_and_one_without_a_norm_does_not_count()
    {
        var pairs = Two(50, 20);
        Assert.Equal(.5 * KeypointMetrics.Pck([pairs[0]], .1).Mean, KeypointMetrics.Pck([pairs[0], pairs[0] with { Found = default }], .1).Mean);
        Assert.Equal(KeypointMetrics.Pck([pairs[0]], .1).Mean, KeypointMetrics.Pck([pairs[0], pairs[1] with { Norm = 0 }], .1).Mean);
        Assert.Null(KeypointMetrics.Pck([pairs[0] with { Norm = 0 }], .1).Mean);
        Assert.Null(KeypointMetrics.Pck([], .1).Mean);
        Assert.Null(KeypointMetrics.AreaUnderCurve([]));
        Assert.Null(KeypointMetrics.EndPointError([pairs[0] with { Found = default }]));
    }

    [Fact]
    public void Positions_in_space()
    {
        double[] found = [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        // Twice as large, a quarter turn about z, and elsewhere.
        double[] truth = [1, 2, 3, 1, 4, 3, -3, 2, 3, 1, 2, 9];
        Assert.Equal(4.846855577831518, Error(found, truth, JointAlignment.None), Tolerance);
        Assert.Equal(0, Error(found, truth, JointAlignment.Similarity), Tolerance);
        truth[9] += .5;
        Assert.Equal(4.871074518473306, Error(found, truth, JointAlignment.None), Tolerance);
        Assert.Equal(4.289521269935921, Error(found, truth, JointAlignment.Scale), Tolerance);
        Assert.Equal(0.10949250475047513, Error(found, truth, JointAlignment.Similarity), Tolerance);
        Assert.Null(JointPosition.Error([Pair(new double[12], truth, 3)], JointAlignment.Similarity));
        Assert.Null(JointPosition.Error([Pair(new double[12], truth, 3)], JointAlignment.Scale));
        Assert.Equal(0, JointPosition.Error([Pair([.. truth.Select(v => v + 7)], truth, 3)], root: 2)!.Value, Tolerance);
        Assert.Null(JointPosition.Error([Pair(found, truth, 3) with { Found = default }]));
    }

    /// <summary>A mirrored pose is not the same pose.</summary>
    [Fact]
    public void A_reflection_is_no_rotation()
    {
        double[] found = [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        double[] mirrored = [.. found.Select((v, i) => i % 3 == 2 ? -v : v)];
        Assert.True(Error(found, mirrored, JointAlignment.Similarity) > .3);
        double[] flat = [0, 0, 4, 0, 0, 2];
        double[] turned = [5, 5, 5, 9, 3, 5];
        Assert.Equal(0, JointPosition.Error([Pair(flat, turned, 2)], JointAlignment.Similarity)!.Value, Tolerance);
    }

    [Fact]
    public void Angles_at_their_vertex()
    {
        var angle = new SkeletonAngle("a", 0, 1, 2);
        Assert.Equal(90, SkeletonAngles.Measure([1, 0, 0, 0, 0, 5], 2, angle)!.Value, Tolerance);
        Assert.Equal(180, SkeletonAngles.Measure([-1, -1, -1, 0, 0, 0, 2, 2, 2], 3, angle)!.Value, Tolerance);
        Assert.Equal(1e-7, SkeletonAngles.Measure([1, 0, 0, 0, 1, Math.PI / 180 * 1e-7], 2, angle)!.Value, 1e-15);
        Assert.Null(SkeletonAngles.Measure([0, 0, 0, 0, 1, 1], 2, angle));
        var skeleton = new SkeletonDefinition("three", ["a", "b", "c"], [.1, .1, .1]) { Angles = [angle] };
        var pairs = Enumerable.Range(0, 21).Select(i => Pair([1, 0, 0, 0, Math.Cos(Rad(90 + i)), Math.Sin(Rad(90 + i))], [1, 0, 0, 0, 0, 1], 2)).ToList();
        var error = Assert.Single(SkeletonAngles.Errors([.. pairs, pairs[0] with { Valid = [true, false, true] }], skeleton));
        Assert.Equal(("a", 21), (error.Name, error.Poses));
        Assert.Equal((10, 19), (Math.Round(error.Mean!.Value, 9), Math.Round(error.Percentile95!.Value, 9)));
    }

    [Fact]
    public void Detections_are_paired_with_what_the_evaluation_gives_them()
    {
        var skeleton = new SkeletonDefinition("four", ["head", "neck", "left_hip", "right_hip"], [.1, .1, .1, .1], [(2, 3)])
        {
            HeadPair = (0, 1), TorsoPair = (1, 2),
        };
        CocoAnnotation[] truth = [Person(1, 10), Person(2, 300), Person(3, 500) with { IsCrowd = true }, Person(4, 200) with { LabelledKeypoints = 0 }];
        var found = Found(10, .9) with { Keypoints = new double[] { 12, 10, 10, 30, 10, 70, 30, 70 } };
        var accuracy = KeypointAccuracy.Of(Dataset(truth), [found], new KeypointAccuracyOptions { Skeleton = skeleton });
        Assert.Equal((1, 1, 0), (accuracy.Matched, accuracy.Overlooked, accuracy.WithoutNorm));
        Assert.Equal((1.0, .5), (accuracy.OfMatched.Pck[0].Mean, accuracy.OfAll.Pck[0].Mean));
        Assert.Equal((.5, .5), (accuracy.EndPointError, accuracy.Mpjpe));
        Assert.Equal(.5 / 100, accuracy.NormalisedMeanError);
        Assert.Equal((1.0, .5), (accuracy.OfMatched.Pckh!.Mean, accuracy.OfAll.PckhWeighted));
        var torso = KeypointAccuracy.Of(
            Dataset([.. truth.Select(t => t with { HeadSize = 3 })]), [found],
            new KeypointAccuracyOptions { Skeleton = skeleton, Norm = KeypointNorm.Torso, Thresholds = [.049, .051] });
        Assert.Equal([.75, 1], torso.OfMatched.Pck.Select(p => p.Mean!.Value));
        // Two pixels are more than half of a head of three.
        Assert.Equal(.75, torso.OfMatched.Pckh!.Mean);
        Assert.Throws<ArgumentException>(() => KeypointAccuracy.Of(
            Dataset(truth), [found], new KeypointAccuracyOptions { Skeleton = skeleton with { TorsoPair = null }, Norm = KeypointNorm.Torso }));
        Assert.Throws<ArgumentException>(() => KeypointAccuracy.Of(
            Dataset(truth), [found], new KeypointAccuracyOptions { Skeleton = skeleton with { HeadPair = null }, Norm = KeypointNorm.Head }));
    }

    private static double Rad(double degrees) => degrees * Math.PI / 180;

    private static double Error(double[] found, double[] truth, JointAlignment alignment) => JointPosition.Error([Pair(found, truth, 3)], alignment)!.Value;

    private static PosePair Pair(double[] found, double[] truth, int dimensions) =>
        new(found, truth, [.. Enumerable.Repeat(true, truth.Length / dimensions)], 1);

    private static List<PosePair> Two(double first, double second) =>
    [
        new(new double[] { 10, 10, 20, 22, 33, 30, 40, 47 }, new double[] { 10, 10, 20, 20, 30, 30, 40, 40 }, [true, true, true, true], first),
        new(new double[] { 5, 5, 9, 9, 20, 12, 0, 0 }, new double[] { 5, 6, 10, 10, 15, 15, 20, 20 }, [true, true, true, false], second),
    ];

    private static CocoDataset Dataset(CocoAnnotation[] truth) => new([new CocoImage(1, 640, 480, null)], [new CocoCategory(1, "person")], truth);

    private static CocoAnnotation Person(long id, double left) => new()
    {
        Id = id, ImageId = 1, CategoryId = 1, Box = new BoundingBox(left, 10, 50, 100), Area = 2500, LabelledKeypoints = 4,
        Keypoints = new[] { left, 10, 2, left, 30, 1, left, 70, 2, left + 20, 70, 2 },
    };

    private static CocoDetection Found(double left, double score) => new()
    {
        ImageId = 1, CategoryId = 1, Score = score, Area = 1200, Keypoints = new[] { left, 10, left, 30, left, 70, left + 20, 70 },
    };
}
