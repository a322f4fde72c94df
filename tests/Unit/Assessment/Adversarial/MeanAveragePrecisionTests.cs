using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Scores;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Tests.Unit.Assessment.Adversarial;

public sealed class MeanAveragePrecisionTests
{
    private static readonly Box[] Places = [new(0, 0, 10, 10), new(20, 0, 30, 10), new(40, 0, 50, 10), new(60, 0, 70, 10)];

    [Theory]
    [InlineData(ApMethod.Coco, .628713)]
    [InlineData(ApMethod.Voc07, .613636)]
    [InlineData(ApMethod.Voc10, .625)]
    public void The_known_curve(ApMethod method, double expected) =>
        Assert.Equal(expected, AveragePrecision.Of([true, false, true, true, false], 4, method), 1e-6);

    [Fact]
    public void Exact_boxes_score_at_every_overlap()
    {
        var image = new JudgedImage([new(Places[0], 0, .9), new(Places[3], 0, .8), new(Places[1], 0, .7)], [new(Places[0], 0), new(Places[1], 0)]);
        var score = new MapEvaluation([image]).Score();
        // Precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1: 51 recalls at 1, 50 at 2/3.
        Assert.Equal((51 + 50 * 2 / 3.0) / 101, score.Map!.Value, 1e-12);
        Assert.Equal(score.Map!.Value, score.Ap50!.Value, 1e-12);
        Assert.Equal(score.Map!.Value, score.Ap75!.Value, 1e-12);
    }

    [Fact]
    public void A_box_counts_up_to_its_overlap()
    {
        // 8 of 10 columns: IoU 0.8, right at 7 of the 10 overlaps (0.5 to 0.8).
        var image = new JudgedImage([new(new Box(0, 0, 8, 10), 0, .9)], [new(Places[0], 0)]);
        var score = new MapEvaluation([image]).Score();
        Assert.Equal(0.7, score.Map!.Value, 1e-12);
        Assert.Equal(1, score.Ap75!.Value, 1e-12);
    }

    [Fact]
    public void The_second_detection_of_an_object_is_wrong_in_a_crowd_it_is_passed_over()
    {
        JudgedImage Image(bool crowd) => new([new(Places[0], 0, .9), new(Places[1], 0, .8), new(Places[1], 0, .7)], [new(Places[0], 0), new(Places[1], 0, crowd, crowd)]);
        Assert.Equal(1, new MapEvaluation([Image(crowd: true)], ApMethod.Voc10).Score().Map!.Value, 1e-12);
        var doubled = new JudgedImage([new(Places[0], 0, .9), new(Places[0], 0, .8), new(Places[1], 0, .7)], [new(Places[0], 0), new(Places[1], 0)]);
        Assert.Equal(.5 + .5 * 2 / 3, new MapEvaluation([doubled], ApMethod.Voc10).Score().Map!.Value, 1e-12);
    }

    [Fact]
    public void Classes_count_alike_and_only_those_with_objects()
    {
        var image = new JudgedImage([new(Places[0], 0, .9), new(Places[1], 5, .8)], [new(Places[0], 0), new(Places[1], 1)]);
        var score = new MapEvaluation([image]).Score();
        Assert.Equal(.5, score.Map!.Value, 1e-12);
        Assert.Equal([0, 1], score.PerClass.Keys);
        Assert.Null(new MapEvaluation([new JudgedImage([new(Places[0], 0, 1)], [])]).Score().Map);
    }

    [Fact]
    public void Sizes_leave_out_what_is_larger_or_smaller()
    {
        var large = new Box(0, 100, 200, 300);
        var image = new JudgedImage([new(Places[0], 0, .9), new(new Box(0, 100, 190, 300), 0, .8)], [new(Places[0], 0), new(large, 0)]);
        Assert.Equal(1, new MapEvaluation([image], ApMethod.Coco, SizeRange.Coco[0]).Score().Map!.Value, 1e-12);
        Assert.Equal(.95, new MapEvaluation([image], ApMethod.Coco, SizeRange.Coco[2]).Score().Ap50!.Value, .06);
        Assert.Null(new MapEvaluation([image], ApMethod.Coco, SizeRange.Coco[1]).Score().Map);
    }

    [Fact]
    public void The_drop_and_its_interval()
    {
        JudgedImage[] clean = [.. Enumerable.Range(0, 40).Select(_ => new JudgedImage([new(Places[0], 0, .9)], [new(Places[0], 0)]))];
        JudgedImage[] attacked = [.. clean.Select((c, i) => i % 2 == 0 ? c with { Found = [] } : c)];
        var drop = MapDrop.Of(new MapEvaluation(clean), new MapEvaluation(attacked), 40, seed: 1);
        Assert.Equal(1, drop.Clean.Map);
        Assert.Equal(51 / 101.0, drop.Attacked.Map!.Value, 1e-12);
        Assert.InRange(drop.DropInterval!.Low, .2, drop.Relative!.Value);
        Assert.InRange(drop.DropInterval.High, drop.Relative.Value, .75);
        Assert.Equal(drop, MapDrop.Of(new MapEvaluation(clean), new MapEvaluation(attacked), 40, seed: 1), (a, b) => a.DropInterval == b.DropInterval && a.Absolute == b.Absolute);
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
            foreach (var range in SizeRange.Coco.Append(SizeRange.All))
            {
                var (expected, actual) = (CocoReference.Map(images, range, most: 5), new MapEvaluation(images, ApMethod.Coco, range, most: 5).Score().Map);
                Assert.Equal(expected is null, actual is null);
                Assert.Equal(expected ?? 0, actual ?? 0, 1e-9);
            }
        }
    }

    // Boxes on a coarse raster, so that overlaps and scores are often equal.
    private static JudgedImage Draw(ref SampleRandom random)
    {
        var (truth, found) = (new List<TrueObject>(), new List<DetectedObject>());
        for (var i = random.Next(6); i > 0; i--)
        {
            var crowd = random.Next(6) == 0;
            truth.Add(new TrueObject(Place(ref random), random.Next(3), random.Next(8) == 0 || crowd, crowd));
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
