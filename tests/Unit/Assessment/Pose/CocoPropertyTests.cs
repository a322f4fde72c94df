using FsCheck;
using FsCheck.Fluent;
using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>What holds for any ground truth and any detections.</summary>
public sealed class CocoPropertyTests
{
    private static readonly Config Thousand = Config.QuickThrowOnFailure.WithMaxTest(1000);

    [Fact]
    public void A_perfect_model_has_an_average_precision_of_one() => Check(set =>
    {
        var counted = set.Truth.Where(a => !a.IsCrowd).ToList();
        var found = counted.Select((a, i) => new CocoDetection
        {
            ImageId = a.ImageId, CategoryId = a.CategoryId, Box = a.Box, Area = a.Area, Score = i,
        }).ToArray();
        // One that lies in another's place may be given away to it.
        var ap = Summary(set.Truth, found)["AP"];
        return counted.Count == 0 ? ap == -1 : Math.Abs(ap - 1) < 1e-12;
    });

    [Fact]
    public void What_hits_nothing_hurts_only_where_it_is_sure() => Check(set =>
    {
        var before = Summary(set.Truth, set.Found);
        var away = new CocoDetection { ImageId = 1, CategoryId = 1, Box = new BoundingBox(5000, 5000, 30, 30), Area = 900, Score = -1 };
        var last = Summary(set.Truth, [.. set.Found, away]);
        var first = Summary(set.Truth, [.. set.Found, away with { Score = 2 }]);
        return before.All(s => last[s.Key] == s.Value) && first["AP"] <= before["AP"] + 1e-15;
    });

    [Fact]
    public void No_order_and_no_names_matter() => Check(set =>
    {
        var before = Summary(set.Truth, set.Found);
        // Of equally similar objects the last in the file is taken.
        var turned = HasTies(set) ? before : Summary([.. set.Truth.Reverse()], [.. set.Found.Reverse()]);
        var named = Summary(
            [.. set.Truth.Select(a => a with { Id = a.Id - 1, ImageId = a.ImageId + 40, CategoryId = a.CategoryId * 7 })],
            [.. set.Found.Select(d => d with { ImageId = d.ImageId + 40, CategoryId = d.CategoryId * 7 })]);
        return before.All(s => Math.Abs(turned[s.Key] - s.Value) < 1e-12 && named[s.Key] == s.Value && s.Value is -1 or (>= 0 and <= 1));
    });

    [Fact]
    public void Scores_matter_by_their_order_alone() => Check(set =>
    {
        var before = Summary(set.Truth, set.Found);
        var after = Summary(set.Truth, [.. set.Found.Select(d => d with { Score = (d.Score * 8) - 3 })]);
        return before.All(s => after[s.Key] == s.Value);
    });

    [Fact]
    public void An_image_drawn_twice_is_as_two_equal_images() => Check(set =>
    {
        var twice = CocoEvaluator.Evaluate(
            Dataset([.. set.Truth, .. set.Truth.Select(a => a with { Id = a.Id + 1000, ImageId = a.ImageId + 10 })]),
            [.. set.Found, .. set.Found.Select(d => d with { ImageId = d.ImageId + 10 })], CocoEvaluationOptions.Boxes);
        var matches = CocoEvaluator.Match(Dataset(set.Truth), set.Found, CocoEvaluationOptions.Boxes);
        foreach (var (category, cells) in matches.ByCategory().Index())
        {
            var curve = new CocoCurve(new CocoRanking(cells, 100), 0);
            var times = Enumerable.Repeat(2, matches.Truth.Images.Count).ToArray();
            var expected = twice.PrecisionCurve(0.5, matches.Categories[category].Id);
            if (curve.At(0, matches.Options.RecallPoints, times) is not var (precision, _) ? expected.Any(p => p != -1) : !precision.SequenceEqual(expected))
                return false;
        }

        return true;
    });

    private static void Check(Func<Scene, bool> holds) => Prop.ForAll(Scenes.ToArbitrary(), holds).Check(Thousand);

    // Boxes of several sizes, and detections near them or anywhere, with scores that are all different.
    private static Gen<Scene> Scenes =>
        from truth in Objects.ListOf()
        from found in (from o in Objects from dx in Gen.Choose(-6, 6) from dw in Gen.Choose(-6, 6) select (o, dx, dw)).ListOf()
        from near in Gen.Choose(0, 100).ListOf(found.Count)
        from scores in Gen.Shuffle(Enumerable.Range(1, found.Count).ToArray())
        select new Scene(
            [.. truth.Select((o, i) => new CocoAnnotation
            {
                Id = i + 1, ImageId = o.Image, CategoryId = o.Category, Box = o.Box, Area = o.Box.Area, IsCrowd = o.Crowd,
            })],
            [.. found.Select((f, i) =>
            {
                var at = truth.Count > 0 && near[i] > 30 ? truth[near[i] % truth.Count] : f.o;
                var box = new BoundingBox(at.Box.X + f.dx, at.Box.Y, Math.Max(1, at.Box.Width + f.dw), at.Box.Height);
                return new CocoDetection { ImageId = at.Image, CategoryId = at.Category, Box = box, Area = box.Area, Score = scores[i] / 1000.0 };
            })]);

    private static Gen<(int Image, int Category, BoundingBox Box, bool Crowd)> Objects =>
        from image in Gen.Choose(1, 3)
        from category in Gen.Choose(1, 2)
        from x in Gen.Choose(0, 400)
        from y in Gen.Choose(0, 400)
        from side in Gen.Elements(12, 40, 70, 130)
        from crowd in Gen.Choose(0, 9)
        select (image, category, new BoundingBox(x, y, side, side), crowd == 0);

    private static bool HasTies(Scene set) => set.Found.Any(d => set.Truth
        .Where(a => a.ImageId == d.ImageId && a.CategoryId == d.CategoryId)
        .Select(a => d.Box.Iou(a.Box, a.IsCrowd)).Where(s => s >= 0.5).GroupBy(s => s).Any(g => g.Count() > 1));

    private static IReadOnlyDictionary<string, double> Summary(CocoAnnotation[] truth, CocoDetection[] found) =>
        CocoEvaluator.Evaluate(Dataset(truth), found, CocoEvaluationOptions.Boxes with { Threads = 1 }).Summary;

    private static CocoDataset Dataset(CocoAnnotation[] truth) => new(
        Enumerable.Range(1, 43).Select(i => new CocoImage(i, 640, 640, null)), new[] { 1, 2, 7, 14 }.Select(i => new CocoCategory(i, $"{i}")), truth);

    private sealed record Scene(CocoAnnotation[] Truth, CocoDetection[] Found);
}
