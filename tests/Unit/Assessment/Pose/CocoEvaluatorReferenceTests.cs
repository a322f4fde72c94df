using System.Text.Json.Nodes;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Tests.Unit.Inference;

namespace Iml4e.Tests.Unit.Assessment.Pose;

/// <summary>Real ground truths and results against the numbers of pycocotools.</summary>
public sealed class CocoEvaluatorReferenceTests
{
    private const double Tolerance = 1e-12;

    [SharedDataTheory]
    [InlineData("coco100-bbox")]
    [InlineData("coco4-kp")]
    [InlineData("coco538-kp")]
    [InlineData("coco538-bbox")]
    [InlineData("coco1-crowd-kp")]
    [InlineData("coco1-crowd-bbox")]
    [InlineData("crowdpose4-kp")]
    [InlineData("litehrnet1000-kp")]
    [InlineData("coco79-clean-bbox")]
    [InlineData("coco79-adversarial-bbox")]
    public void Every_number_is_that_of_the_reference(string name)
    {
        var known = CocoCase.Of(name);
        var evaluation = CocoEvaluator.Evaluate(known.Truth, known.Detections, known.Options);
        var stats = known.Expected["stats"]!.AsObject();
        Assert.Equal(stats.Select(s => s.Key), evaluation.Summary.Keys);
        Assert.All(stats, s => Assert.Equal((double)s.Value!, evaluation.Summary[s.Key], Tolerance));
        Same(known.Expected["apPerThreshold"]!, known.Options.Thresholds.Select(t => evaluation.AveragePrecision(threshold: t)));
        Same(known.Expected["arPerThreshold"]!, known.Options.Thresholds.Select(t => evaluation.AverageRecall(threshold: t)));
        var categories = known.Expected["apPerCategory"]!.AsObject();
        Assert.Equal(evaluation.Categories.Count, categories.Count);
        Assert.All(categories, c => Assert.Equal((double)c.Value!, evaluation.AveragePrecision(category: long.Parse(c.Key)), Tolerance));
        Same(known.Expected["precision_first_category_t50"]!, evaluation.PrecisionCurve(0.5, evaluation.Categories[0].Id));
        var counts = known.Expected["counts"]!;
        Assert.Equal(((int)counts["images"]!, (long)counts["annotations"]!), (evaluation.Counts.Images, evaluation.Counts.Annotations));
        Assert.Equal((long)counts["crowd"]!, evaluation.Counts.Crowds);
        Assert.Equal((long)counts["detections"]!, evaluation.Counts.Detections + evaluation.Counts.DetectionsCut);
    }

    [SharedDataFact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        var known = CocoCase.Of("coco538-kp");
        var runs = new[] { 1, 2, 8 }.SelectMany(threads => Enumerable.Range(0, 10).Select(
            _ => CocoEvaluator.Evaluate(known.Truth, known.Detections, known.Options with { Threads = threads }))).ToList();
        Assert.All(runs, run =>
        {
            Assert.Equal(Bits(runs[0].Summary.Values), Bits(run.Summary.Values));
            Assert.Equal(Bits(runs[0].PrecisionCurve(0.95, 1)), Bits(run.PrecisionCurve(0.95, 1)));
            Assert.Equal(runs[0].Counts, run.Counts);
        });
    }

    [SharedDataFact]
    public void The_drop_under_attack_has_an_interval_that_is_the_same_with_the_same_seed()
    {
        var (clean, attacked) = (CocoCase.Of("coco79-clean-bbox"), CocoCase.Of("coco79-adversarial-bbox"));
        var before = CocoEvaluator.Match(clean.Truth, clean.Detections, clean.Options);
        var after = CocoEvaluator.Match(clean.Truth, attacked.Detections, clean.Options with { Threads = 1 });
        var drop = CocoBootstrap.Difference(before, after);
        Assert.Equal(0.06383665217099328 - 0.37198833635341505, drop.Estimate, Tolerance);
        Assert.InRange(drop.Low, -0.40, drop.Estimate);
        Assert.InRange(drop.High, drop.Estimate, -0.22);
        Assert.Equal(drop, CocoBootstrap.Difference(before, after));
        Assert.NotEqual(drop, CocoBootstrap.Difference(before, after, seed: 2));
        var alone = CocoBootstrap.AveragePrecision(before);
        Assert.True(alone.Holds(alone.Estimate));
        Assert.Equal(0.37198833635341505, alone.Estimate, Tolerance);
    }

    private static IEnumerable<long> Bits(IEnumerable<double> values) => values.Select(BitConverter.DoubleToInt64Bits);

    private static void Same(JsonNode expected, IEnumerable<double> actual) =>
        Assert.All(expected.AsArray().Select(n => (double)n!).Zip(actual), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
}
