using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Adversarial.Scores;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Inference.Images;
using Iml4e.Tests.Unit.Inference;

namespace Iml4e.Tests.Unit.Assessment.Adversarial;

/// <summary>Published detectors on real photos.</summary>
public sealed class DetectorTests(SharedDetector shared) : IClassFixture<SharedDetector>
{
    private static readonly string[] Photos = ["000000000785", "000000040083", "000000196141", "000000197388"];
    private static readonly DetectionLimits Shown = new() { Confidence = 0.4 };

    [SharedDataFact]
    public void FastestDet_finds_the_people()
    {
        var detector = shared.FastestDet;
        Assert.Equal((4, 484, 80), (detector.Rows, detector.Points, detector.Classes));
        var found = detector.Detect(Read(detector.Shape, Photos), Shown);
        Assert.All(found, f => Assert.Contains(f, d => d.Class == 0 && d.Score > 0.6));
        // A skier in the middle of the picture, of 640 x 425 pixels: x 280 to 500, y 44 to 386.
        var skier = found[0].First(d => d.Class == 0).Box;
        Assert.True(skier.Overlap(new Box(280 * .55, 44 * 352 / 425.0, 500 * .55, 386 * 352 / 425.0)) > .6, skier.ToString());
    }

    [SharedDataTheory]
    [InlineData("version-RFB-320.onnx", "ultraface", 1, 127, 128)]
    [InlineData("yunet_n_320_320.onnx", "yunet", 1, 0, 1)]
    public void Face_detectors_find_faces(string model, string family, double scale, double mean, double std)
    {
        var preprocessing = new Preprocessing { Scale = scale, Mean = [mean], Std = [std], Color = family == "yunet" ? ColorOrder.Bgr : ColorOrder.Rgb };
        using var detector = Detector.Load(SharedData.Read("models", model), new DetectorOptions { Family = family, Preprocessing = preprocessing, Rows = 2 });
        using var codec = new ImageCodec();
        var images = new[] { "faces_1", "faces_2" }.SelectMany(p => Fit(codec, detector.Shape, SharedData.Read("photos", p + ".jpg"))).ToArray();
        var found = detector.Detect(images, new DetectionLimits { Confidence = 0.6, Overlap = 0.45 });
        Assert.All(found, f => Assert.NotEmpty(f));
        Assert.All(found.SelectMany(f => f), d => Assert.True(d.Box.Area > 50 && d.Box.X1 > -50 && d.Box.X2 < detector.Shape.Width + 50, d.ToString()));
    }

    [SharedDataTheory]
    [InlineData(DetectorLoss.DetectorTotal)]
    [InlineData(DetectorLoss.TogVanishing)]
    [InlineData(DetectorLoss.TogMislabelLl)]
    public void Gradients_are_those_of_the_loss(DetectorLoss loss)
    {
        var detector = shared.FastestDet;
        var image = Read(detector.Shape, Photos[0]);
        using var objective = new DetectorSubject(detector, image, null, loss, DetectorWeights.For("fastestdet"), CancellationToken.None).Raise();
        var (value, gradient) = (new float[1], new float[image.Length]);
        objective.Evaluate(image, [0], value, gradient, new bool[1], CancellationToken.None);
        var slope = Math.Sqrt(gradient.Sum(g => (double)g * g));
        Assert.True(slope > 0);
        var (above, below) = (Moved(1e-3), Moved(-1e-3));
        Assert.Equal(slope, (above - below) / 2e-3, slope * 0.05);

        double Moved(double step)
        {
            var moved = image.Select((v, j) => (float)(v + step * gradient[j] / slope)).ToArray();
            var result = new float[1];
            objective.Evaluate(moved, [0], result, new float[image.Length], new bool[1], CancellationToken.None);
            return result[0];
        }
    }

    [SharedDataFact]
    public void Small_changes_hide_people_noise_does_not()
    {
        var detector = shared.FastestDet;
        var (batch, truth) = Batch(detector);
        var ball = new PerturbationBall(PerturbationNorm.Linf, 8 / 255f);
        var subject = new DetectorSubject(detector, batch.Clean, truth, DetectorLoss.DetectorTotal, DetectorWeights.For("fastestdet"), CancellationToken.None);
        var pgd = new IterativeAttack(new IterativeOptions { Ball = ball, Step = 2 / 255f, Iterations = 10, RandomStarts = 1 }).Run(subject, batch,
            CancellationToken.None);
        var noise = batch.Clean.ToArray();
        for (var i = 0; i < batch.Count; i++)
        {
            var random = new SampleRandom(batch.Keys[i]);
            for (var j = 0; j < batch.Size; j++)
                noise[i * batch.Size + j] = Math.Clamp(noise[i * batch.Size + j] + ball.Radius * random.NextSign(), 0, 1);
        }

        double Map(float[] images) => new MapEvaluation(truth).Score(detector.Detect(images, new DetectionLimits())).Ap50!.Value;
        var (clean, attacked, noisy) = (Map(batch.Clean), Map(pgd.Images), Map(noise));
        Assert.True(attacked < 0.6 * clean, $"clean {clean}, attacked {attacked}");
        Assert.True(noisy > 0.7 * clean, $"clean {clean}, noisy {noisy}");
    }

    [SharedDataFact]
    public void Tog_losses_do_what_they_are_called_after()
    {
        var detector = shared.FastestDet;
        var (batch, _) = Batch(detector);
        var clean = detector.Detect(batch.Clean, Shown);
        DetectionChange[] Attack(DetectorLoss loss)
        {
            var subject = new DetectorSubject(detector, batch.Clean, null, loss, DetectorWeights.For("fastestdet"), CancellationToken.None);
            var options = new IterativeOptions { Ball = new PerturbationBall(PerturbationNorm.Linf, 8 / 255f), Step = 2 / 255f, Iterations = 10 };
            var images = new IterativeAttack(options).Run(subject, batch, CancellationToken.None).Images;
            return [.. detector.Detect(images, Shown).Select((after, i) => DetectionChange.Of(clean[i], after))];
        }

        var before = clean.Sum(c => c.Count);
        Assert.True(Attack(DetectorLoss.TogVanishing).Sum(c => c.Vanished) > 0.8 * before);
        Assert.True(Attack(DetectorLoss.TogFabrication).Sum(c => c.Fabricated) > 2 * before);
        Assert.True(Attack(DetectorLoss.TogMislabelMl).Sum(c => c.Mislabelled + c.Vanished) > 0.5 * before);
    }

    [SharedDataFact]
    public void Queries_alone_lower_the_scores_of_what_was_found()
    {
        var detector = shared.FastestDet;
        var (batch, truth) = Batch(detector);
        var subject = new DetectorSubject(detector, batch.Clean, truth, DetectorLoss.DetectorTotal, DetectorWeights.For("fastestdet"), CancellationToken.None);
        var attack = new SquareAttack(new SquareOptions { Ball = new PerturbationBall(PerturbationNorm.Linf, 16 / 255f), Iterations = 15 });
        var (gradients, queries) = (detector.Counters.Gradients, detector.Counters.Queries);
        var outcome = attack.Run(subject, batch, CancellationToken.None);
        Assert.Equal(gradients, detector.Counters.Gradients);
        Assert.Equal(outcome.Queries.Sum(), detector.Counters.Queries - queries);
        Assert.True(outcome.LossAfter.Sum() > outcome.LossBefore.Sum());
        Assert.Throws<AttackUnsupportedException>(() => new CarliniWagnerAttack(new CarliniWagnerOptions()).Run(subject, batch, CancellationToken.None));
    }

    [SharedDataFact]
    public void A_patch_misleads_more_than_grey_of_its_size()
    {
        var detector = shared.FastestDet;
        var images = Read(detector.Shape, Photos[..2]);
        var options = new PatchOptions { Height = 60, Width = 60, Iterations = 12, Step = 0.1f };
        var subject = new DetectorSubject(detector, images, null, DetectorLoss.TogUntargeted, DetectorWeights.For(null), CancellationToken.None);
        double Loss(float[] covered)
        {
            using var objective = subject.Raise();
            var losses = new float[2];
            objective.Evaluate(covered, [0, 1], losses, new float[covered.Length], new bool[2], CancellationToken.None);
            return losses.Sum();
        }

        var result = new PatchAttack(options).Run(detector, images, 3, CancellationToken.None);
        var grey = new float[result.Patch.Length];
        Array.Fill(grey, 0.5f);
        Assert.Equal(3600.0 / (352 * 352), result.Share, 1e-12);
        Assert.True(Loss(result.Images) > Loss(PatchAttack.Cover(images, detector.Shape, result, options, grey)));
        Assert.Equal(result.Patch, new PatchAttack(options).Run(detector, images, 3, CancellationToken.None).Patch);

        var robust = options with { Location = (100, 120), Crop = (8, 8), Brightness = (0.8f, 1.2f), Rotations = [0.7, 0.1, 0.1, 0.1], Iterations = 4,
            Draws = 2 };
        Assert.All(new PatchAttack(robust).Run(detector, images, 3, CancellationToken.None).Patch, v => Assert.InRange(v, 0, 1));
        Assert.Throws<ArgumentException>(() => new PatchAttack(robust with { Location = (0, 0) }).Run(detector, images, 3, CancellationToken.None));
    }

    private static (AttackBatch Batch, IReadOnlyList<TrueObject>[] Truth) Batch(Detector detector)
    {
        var images = Read(detector.Shape, Photos);
        var truth = detector.Detect(images, Shown).Select(f => (IReadOnlyList<TrueObject>)[.. f.Select(d => new TrueObject(d.Box, d.Class))]).ToArray();
        return (new AttackBatch(detector.Shape, images, [.. Photos.Select(p => SampleRandom.Key(1, p))]), truth);
    }

    private static float[] Read(ImageShape shape, params string[] names)
    {
        using var codec = new ImageCodec();
        return [.. names.SelectMany(n => Fit(codec, shape, SharedData.Read("photos", "coco", n + ".jpg")))];
    }

    private static float[] Fit(ImageCodec codec, ImageShape shape, byte[] jpeg)
    {
        var image = codec.Decode(jpeg);
        return ImageFitting.For((int)image.Shape[0], (int)image.Shape[1], shape, ResizeMode.Stretch).Apply(image, shape, 114);
    }
}
