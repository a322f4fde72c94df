using FsCheck;
using FsCheck.Fluent;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Skeletons;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>What holds for any poses.</summary>
public sealed class PosePropertyTests
{
    private const int Points = 4;

    private static readonly SkeletonDefinition Skeleton = new("four", ["a", "b", "c", "d"], [.05, .08, .08, .1], [(1, 2)]);
    private static readonly double[] Variances = ObjectKeypointSimilarity.Variances(Skeleton.Sigmas);

    private static readonly PoseDiagnosisOptions Options = new() { Skeleton = Skeleton, Threads = 1, Sensitivity = false };

    [Fact]
    public void A_perfect_model_has_an_average_precision_of_one() => Check(1000, scene =>
    {
        var counted = scene.Truth.Where(a => a is { IsCrowd: false, LabelledKeypoints: > 0 }).ToList();
        var ap = Summary(scene.Truth, [.. counted.Select((a, i) => Found(a, i))])["AP"];
        return counted.Count == 0 ? ap == -1 : Math.Abs(ap - 1) < 1e-12;
    });

    [Fact]
    public void No_order_and_no_names_matter() => Check(1000, scene =>
    {
        // One without labels is as similar to all that lies within it, and of equals the last one goes first.
        CocoAnnotation[] truth = [.. scene.Truth.Where(a => a.LabelledKeypoints > 0)];
        var before = Summary(truth, scene.Found);
        var turned = Summary([.. truth.Reverse()], [.. scene.Found.Reverse()]);
        var named = Summary(
            [.. truth.Select(a => a with { Id = a.Id - 1, ImageId = a.ImageId + 40 })], [.. scene.Found.Select(d => d with { ImageId = d.ImageId + 40 })]);
        return before.All(s => turned[s.Key] == s.Value && named[s.Key] == s.Value && s.Value is -1 or (>= 0 and <= 1));
    });

    [Fact]
    public void What_hits_nothing_hurts_only_where_it_is_sure() => Check(1000, scene =>
    {
        var before = Summary(scene.Truth, scene.Found);
        var away = new CocoDetection
        {
            ImageId = 1, CategoryId = 1, Area = 2000, Score = -1, Keypoints = Enumerable.Repeat(1e6, 2 * Points).ToArray(),
        };
        return Summary(scene.Truth, [.. scene.Found, away]).All(s => s.Value == before[s.Key])
            && Summary(scene.Truth, [.. scene.Found, away with { Score = 2 }])["AP"] <= before["AP"] + 1e-15;
    });

    [Fact]
    public void Only_the_size_of_errors_relative_to_the_object_matters() => Check(1000, scene =>
        scene.Truth.Zip(scene.Found).All(pair => Math.Abs(
            ObjectKeypointSimilarity.Of(pair.Second.Keypoints.Span, pair.First, Variances)
            - ObjectKeypointSimilarity.Of(Times(pair.Second.Keypoints, 2, 3), Larger(pair.First, 3), Variances)) < 1e-12));

    [Fact]
    public void Every_labelled_keypoint_of_a_found_object_has_one_label() => Check(1000, scene =>
    {
        var set = new PoseSet(Dataset(scene.Truth), scene.Found, Skeleton);
        var labelled = new KeypointLabeller(set).Label(set.Original, new PoseMatcher(set, PoseDiagnosisOptions.All, 1));
        return labelled.All(pose => pose.Labels.Count(l => l != KeypointLabel.None) == Flags(scene.Truth[pose.Annotation]))
            && new KeypointTaxonomy(set, labelled).LabelledKeypoints == labelled.Sum(pose => (long)Flags(scene.Truth[pose.Annotation]));
    });

    /// <summary>A figure of the diagnosis is a share or undefined; without what is overlooked everything is found.</summary>
    [Fact]
    public void Whatever_is_made_good_is_a_share() => Check(100, scene =>
    {
        var diagnosis = PoseErrorAnalyzer.Analyze(Dataset(scene.Truth), scene.Found, Options);
        return diagnosis.Independent.Concat(diagnosis.Progressive).All(table =>
            table.Steps.SelectMany(s => s.Figure.PerThreshold).Concat(table.Baseline.PerThreshold).All(v => v is -1 or (>= 0 and <= 1 + 1e-12))
            && table[PoseError.FalseNegative].Figure.PerThreshold.All(v => v == -1 || Math.Abs(v - 1) < 1e-12)
            && table[PoseError.BackgroundFalsePositive].Figure.Ap >= (table == diagnosis.Independent[0] ? table.Baseline.Ap - 1e-12 : -1));
    });

    /// <summary>No true difference: the interval of 95 % holds none nearly always.</summary>
    [Fact]
    public void The_interval_of_a_difference_holds_what_it_promises()
    {
        var random = new Random(11);
        var held = 0;
        for (var run = 0; run < 200; run++)
        {
            CocoAnnotation[] truth = [.. Enumerable.Range(1, 60).Select(i => Person(i, i, 100, 100))];
            var set = new CocoDataset(truth.Select(t => new CocoImage(t.ImageId, 640, 480, null)), [new CocoCategory(1, "person")], truth);
            var (first, second) = (Model(truth, random), Model(truth, random));
            var options = CocoEvaluationOptions.Keypoints(Skeleton.Sigmas);
            held += CocoBootstrap.Difference(
                CocoEvaluator.Match(set, first, options), CocoEvaluator.Match(set, second, options), samples: 200, seed: run).Holds(0) ? 1 : 0;
        }

        Assert.InRange(held / 200.0, .9, .99);
    }

    private static CocoDetection[] Model(CocoAnnotation[] truth, Random random) =>
    [
        .. truth.Select(t => Found(t, random.NextDouble()) with
        {
            Keypoints = Times(Found(t, 0).Keypoints, 2, 1).Select(v => v + (random.NextDouble() * random.NextDouble() * 40)).ToArray(),
        }),
    ];

    private static void Check(int times, Func<Scene, bool> holds) =>
        Prop.ForAll(Scenes.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(times));

    // People of several sizes, some of them crowds or without labels, and poses near them or anywhere, with scores that are all different.
    private static Gen<Scene> Scenes =>
        from people in Gen.Choose(0, 12)
        from truth in (from image in Gen.Choose(1, 3)
                       from x in Gen.Choose(0, 400)
                       from side in Gen.Elements(40, 70, 130)
                       from labels in Gen.Choose(0, 15)
                       from crowd in Gen.Choose(0, 9)
                       select (image, x, side, labels, crowd == 0)).ListOf(people)
        // Fewer than an image may have.
        from poses in Gen.Choose(0, 18)
        from found in (from image in Gen.Choose(1, 3)
                       from place in Gen.Choose(0, 400)
                       from moved in Gen.Choose(-30, 30).ListOf(2 * Points)
                       from near in Gen.Choose(0, 100)
                       select (image, place, moved, near)).ListOf(poses)
        from scores in Gen.Shuffle(Enumerable.Range(1, found.Count).ToArray())
        select Made(
            [
                // No two in the same place: one could be given away to the other.
                .. truth.Select((t, i) => Labelled(Person(i + 1, t.image, t.x + (.37 * i), t.side) with { IsCrowd = t.Item5 }, t.labels)),
            ],
            [.. found.Select((f, i) => (f.image, f.place, f.moved, f.near, scores[i] / 1000.0))]);

    private static Scene Made(CocoAnnotation[] truth, (int Image, int Place, IReadOnlyList<int> Moved, int Near, double Score)[] found) => new(
        truth,
        [
            .. found.Select(f =>
            {
                var of = truth.Length > 0 && f.Near > 30 ? truth[f.Near % truth.Length] : Person(0, f.Image, f.Place, 70);
                // Small errors more often than large ones.
                var points = Times(Found(of, 0).Keypoints, 2, 1).Select((v, i) => v + (f.Moved[i] * Math.Abs(f.Moved[i]) / 20.0)).ToArray();
                return Found(of, f.Score) with { Keypoints = points };
            }),
        ]);

    private static CocoAnnotation Person(long id, long image, double left, double side) => new()
    {
        Id = id, ImageId = image, CategoryId = 1, Box = new BoundingBox(left, left / 2, side, side), Area = side * side, LabelledKeypoints = Points,
        Keypoints = new[] { left, left / 2, 2, left + side, left / 2, 2, left, (left / 2) + side, 2, left + side, (left / 2) + side, 2 },
    };

    private static CocoAnnotation Labelled(CocoAnnotation annotation, int labels)
    {
        var points = annotation.Keypoints.ToArray();
        for (var i = 0; i < Points; i++)
            points[(3 * i) + 2] = (labels >> i) & 1;
        return annotation with { Keypoints = points, LabelledKeypoints = int.PopCount(labels) };
    }

    private static CocoAnnotation Larger(CocoAnnotation annotation, double times) => annotation with
    {
        Area = annotation.Area * times * times,
        Box = new BoundingBox(annotation.Box.X * times, annotation.Box.Y * times, annotation.Box.Width * times, annotation.Box.Height * times),
        Keypoints = annotation.Keypoints.ToArray().Select((v, i) => i % 3 == 2 ? v : v * times).ToArray(),
    };

    private static int Flags(CocoAnnotation annotation) => annotation.Keypoints.ToArray().Where((v, i) => i % 3 == 2 && v > 0).Count();

    private static double[] Times(ReadOnlyMemory<double> points, int size, double times) => [.. points.ToArray().Select(v => v * times).Take(size * Points)];

    private static CocoDetection Found(CocoAnnotation of, double score)
    {
        var points = of.Keypoints.ToArray();
        return new CocoDetection
        {
            ImageId = of.ImageId, CategoryId = 1, Score = score, Box = of.Box, Area = of.Box.Area, Keypoints = points.Where((_, i) => i % 3 != 2).ToArray(),
        };
    }

    private static IReadOnlyDictionary<string, double> Summary(CocoAnnotation[] truth, CocoDetection[] found) =>
        CocoEvaluator.Evaluate(Dataset(truth), found, CocoEvaluationOptions.Keypoints(Skeleton.Sigmas) with { Threads = 1 }).Summary;

    private static CocoDataset Dataset(CocoAnnotation[] truth) =>
        new(Enumerable.Range(1, 43).Select(i => new CocoImage(i, 640, 640, null)), [new CocoCategory(1, "person")], truth);

    private sealed record Scene(CocoAnnotation[] Truth, CocoDetection[] Found);
}
