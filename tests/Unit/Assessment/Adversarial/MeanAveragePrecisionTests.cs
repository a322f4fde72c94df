using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Scores;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Tests.Unit.Assessment.Pose;
using Iml4e.Tests.Unit.Inference;

namespace Iml4e.Tests.Unit.Assessment.Adversarial;

public sealed class MeanAveragePrecisionTests
{
    private static readonly Box[] Places = [new(0, 0, 10, 10), new(20, 0, 30, 10), new(40, 0, 50, 10), new(60, 0, 70, 10)];

    [Theory]
    [InlineData(ApMethod.Coco, .628713)]
    [InlineData(ApMethod.Voc07, .613636)]
    [InlineData(ApMethod.Voc10, .625)]
    public void The_known_curve(ApMethod method, double expected)
    {
        var far = new Box(0, 50, 10, 60);
        DetectedObject[] found = [new(Places[0], 0, .9), new(far, 0, .8), new(Places[1], 0, .7), new(Places[2], 0, .6), new(far, 0, .5)];
        Assert.Equal(expected, Score([new JudgedImage(found, [.. Places.Select(p => new TrueObject(p, 0))])], method).Map!.Value, 1e-6);
    }

    [Fact]
    public void Exact_boxes_score_at_every_overlap()
    {
        var image = new JudgedImage([new(Places[0], 0, .9), new(Places[3], 0, .8), new(Places[1], 0, .7)], [new(Places[0], 0), new(Places[1], 0)]);
        var score = Score([image]);
        // Precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1: 51 recalls at 1, 50 at 2/3.
        Assert.Equal((51 + 50 * 2 / 3.0) / 101, score.Map!.Value, 1e-12);
        Assert.Equal(score.Map!.Value, score.Ap50!.Value, 1e-12);
        Assert.Equal(score.Map!.Value, score.Ap75!.Value, 1e-12);
    }

    [Fact]
    public void A_box_counts_up_to_its_overlap()
    {
        // 8 of 10 columns: IoU 0.8, right at 7 of the 10 overlaps (0.5 to 0.8).
        var score = Score([new JudgedImage([new(new Box(0, 0, 8, 10), 0, .9)], [new(Places[0], 0)])]);
        Assert.Equal(0.7, score.Map!.Value, 1e-12);
        Assert.Equal(1, score.Ap75!.Value, 1e-12);
        Assert.Null(Score([new JudgedImage([], [new(Places[0], 0)])], ApMethod.Voc07).Ap75);
    }

    [Fact]
    public void The_second_detection_of_an_object_is_wrong_in_a_crowd_it_is_passed_over()
    {
        JudgedImage Image(bool crowd) => new(
            [new(Places[0], 0, .9), new(Places[1], 0, .8), new(Places[1], 0, .7)], [new(Places[0], 0), new(Places[1], 0, crowd)]);
        Assert.Equal(1, Score([Image(crowd: true)], ApMethod.Voc10).Map!.Value, 1e-12);
        var doubled = new JudgedImage([new(Places[0], 0, .9), new(Places[0], 0, .8), new(Places[1], 0, .7)], [new(Places[0], 0), new(Places[1], 0)]);
        Assert.Equal(.5 + .5 * 2 / 3, Score([doubled], ApMethod.Voc10).Map!.Value, 1e-12);
    }

    [Fact]
    public void Classes_count_alike_and_only_those_with_objects()
    {
        var score = Score([new JudgedImage([new(Places[0], 0, .9), new(Places[1], 5, .8)], [new(Places[0], 0), new(Places[1], 1)])]);
        Assert.Equal(.5, score.Map!.Value, 1e-12);
        Assert.Equal([0, 1], score.PerClass.Keys);
        Assert.Null(Score([new JudgedImage([new(Places[0], 0, 1)], [])]).Map);
    }

    [Fact]
    public void Sizes_leave_out_what_is_larger_or_smaller()
    {
        var large = new Box(0, 100, 200, 300);
        var sizes = Score([new JudgedImage([new(Places[0], 0, .9), new(new Box(0, 100, 190, 300), 0, .8)], [new(Places[0], 0), new(large, 0)])]).PerSize;
        Assert.Equal(["small", "large"], sizes.Select(s => s.Size));
        Assert.Equal(1, sizes[0].Map, 1e-12);
        Assert.Equal(1, sizes[1].Map, 1e-12);
    }

    [Fact]
    public void The_drop_and_its_interval()
    {
        var truth = Enumerable.Repeat<IReadOnlyList<TrueObject>>([new(Places[0], 0)], 40).ToList();
        var clean = Enumerable.Repeat<IReadOnlyList<DetectedObject>>([new(Places[0], 0, .9)], 40).ToList();
        List<IReadOnlyList<DetectedObject>> attacked = [.. clean.Select((c, i) => i % 2 == 0 ? [] : c)];
        var drop = new MapEvaluation(truth).Drop(clean, attacked, seed: 1);
        Assert.Equal(1, drop.Clean.Map!.Value, 1e-12);
        Assert.Equal(51 / 101.0, drop.Attacked.Map!.Value, 1e-12);
        Assert.InRange(drop.DropInterval!.Low, .2, drop.Relative!.Value);
        Assert.InRange(drop.DropInterval.High, drop.Relative.Value, .75);
        Assert.Equal(drop.DropInterval, new MapEvaluation(truth).Drop(clean, attacked, seed: 1).DropInterval);
        Assert.NotEqual(drop.DropInterval, new MapEvaluation(truth).Drop(clean, attacked, seed: 3).DropInterval);
    }

    [SharedDataTheory]
    [InlineData("coco79-clean-bbox")]
    [InlineData("coco79-adversarial-bbox")]
    [InlineData("coco100-bbox")]
    public void Real_detections_score_as_by_pycocotools(string name)
    {
        var known = CocoCase.Of(name);
        var detections = known.Detections.ToLookup(d => d.ImageId);
        var annotations = known.Truth.Annotations.ToLookup(a => a.ImageId);
        var score = new MapEvaluation([.. known.Truth.Images.Select(i => (IReadOnlyList<TrueObject>)
            [.. annotations[i.Id].Select(a => new TrueObject(Corners(a.Box), (int)a.CategoryId, a.IsCrowd) { Area = a.Area })])]).Score(
            [.. known.Truth.Images.Select(i => (IReadOnlyList<DetectedObject>)
                [.. detections[i.Id].Select(d => new DetectedObject(Corners(d.Box), (int)d.CategoryId, d.Score))])]);
        var expected = known.Expected["stats"]!;
        foreach (var (figure, value) in new[] { ("AP", score.Map), ("AP50", score.Ap50), ("AP75", score.Ap75) })
            Assert.Equal((double)expected[figure]!, value!.Value, 1e-9);
        foreach (var (size, value) in score.PerSize)
            Assert.Equal((double)expected["AP" + size[0]]!, value, 1e-9);
    }

    [Fact]
    public void Any_set_of_images_scores_as_by_the_fields_own_program()
    {
        for (var n = 0; n < 150; n++)
        {
            var random = new SampleRandom((ulong)n);
            var images = new JudgedImage[1 + random.Next(8)];
            for (var i = 0; i < images.Length; i++)
                images[i] = Draw(ref random);
            var score = Score(images);
            var sizes = score.PerSize.ToDictionary(s => s.Size, s => s.Map);
            foreach (var range in new[] { CocoAreaRange.Small, CocoAreaRange.Medium, CocoAreaRange.Large, CocoAreaRange.All })
            {
                double? actual = range == CocoAreaRange.All ? score.Map : sizes.TryGetValue(range.Name, out var size) ? size : null;
                var expected = CocoReference.Map(images, range);
                Assert.Equal(expected is null, actual is null);
                Assert.Equal(expected ?? 0, actual ?? 0, 1e-9);
            }
        }
    }

    private static MapScore Score(IReadOnlyList<JudgedImage> images, ApMethod method = ApMethod.Coco) =>
        new MapEvaluation([.. images.Select(i => i.Truth)], method).Score([.. images.Select(i => i.Found)]);

    private static Box Corners(BoundingBox box) => new(box.X, box.Y, box.X + box.Width, box.Y + box.Height);

    // Boxes on a coarse raster, so that overlaps and scores are often equal.
    private static JudgedImage Draw(ref SampleRandom random)
    {
        var (truth, found) = (new List<TrueObject>(), new List<DetectedObject>());
        for (var i = random.Next(6); i > 0; i--)
        {
            var crowd = random.Next(6) == 0;
            truth.Add(new TrueObject(Place(ref random), random.Next(3), crowd));
        }

        for (var i = random.Next(12); i > 0; i--)
        {
            var box = truth.Count > 0 && random.Next(3) > 0 ? truth[random.Next(truth.Count)].Box : Place(ref random);
            var shift = random.Next(4) * 2;
            found.Add(new DetectedObject(box with { X1 = box.X1 + shift, Y2 = box.Y2 + shift }, random.Next(3), random.Next(10) / 10.0));
        }

        return new JudgedImage(found, truth);
    }

    private static Box Place(ref SampleRandom random)
    {
        var (x, y, size) = (random.Next(10) * 10, random.Next(10) * 10, 10 + random.Next(15) * 10);
        return new Box(x, y, x + size, y + size);
    }
}
