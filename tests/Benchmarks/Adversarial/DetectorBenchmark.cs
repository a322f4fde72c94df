using System.Diagnostics;
using System.Globalization;
using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Adversarial.Scores;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Benchmarks.Adversarial;

/// <summary>
/// FastestDet on the photos beside the repository: mean average precision clean, under noise and under PGD, on itself and on copies. The photos are few: crops
/// and mirror images of them make up the number. Clean detections serve as truth, so that any box that moves counts, under noise too.
/// </summary>
internal sealed class DetectorBenchmark(string data, TextWriter output, CancellationToken ct)
{
    private const int Count = 50;
    private const int Threads = 2;
    private const float Radius = 8 / 255f;
    private const double Sure = 0.4;

    /// <summary>Measures and writes the table.</summary>
    /// <returns>Whether every bar is met.</returns>
    public bool Run()
    {
        var onnx = File.ReadAllBytes(Path.Combine(data, "models", "FastestDet.onnx"));
        using var detector = Load(onnx);
        var photos = Photos(detector.Shape);
        var images = photos.SelectMany(p => p).ToArray();
        var batch = new AttackBatch(detector.Shape, images, [.. Enumerable.Range(0, photos.Count).Select(i => SampleRandom.Key(1,
            i.ToString(CultureInfo.InvariantCulture)))]);
        var subject = new DetectorSubject(detector, images, null, DetectorLoss.DetectorTotal, DetectorWeights.For("fastestdet"), ct);
        var options = new IterativeOptions { Ball = new PerturbationBall(PerturbationNorm.Linf, Radius), Step = 2 / 255f, Iterations = 10, RandomStarts = 1 };
        new IterativeAttack(options with { Iterations = 1 }).Run(subject, batch with { Clean = photos[0], Keys = [batch.Keys[0]] }, ct);
        var watch = Stopwatch.StartNew();
        var attacked = new IterativeAttack(options).Run(subject, batch, ct).Images;
        var seconds = watch.Elapsed.TotalSeconds;
        float[] Noise(bool edges)
        {
            var noisy = images.ToArray();
            for (var i = 0; i < batch.Count; i++)
            {
                var random = new SampleRandom(batch.Keys[i], 9);
                for (var j = 0; j < batch.Size; j++)
                    noisy[i * batch.Size + j] = Math.Clamp(noisy[i * batch.Size + j] + (edges ? Radius * random.NextSign() : random.NextFloat(-Radius,
                        Radius)), 0, 1);
            }

            return noisy;
        }

        var first = GraphSurgery.Parse(onnx);
        var sample = Sample(PhotoSet.Pictures(data, 1).First(), first.Graph.Input[0].Name, detector.Shape.Height, detector.Shape.Width);
        using var rounded = Load(GraphSurgery.Serialize(Quantised.Rounded(first, 8)));
        using var qdq = Load(GraphSurgery.Serialize(Quantised.Qdq(first, sample)));
        output.WriteLine(
            $"FastestDet, {photos.Count} pictures (crops and mirror images of the photos), the clean detections from score {Sure} as truth: "
            + "mAP, AP50, relative drop of mAP and AP50");
        var met = true;
        foreach (var (name, model) in new[] { ("itself", detector), ("weights in 8 bits", rounded), ("QDQ int8", qdq) })
        {
            var truth = model.Detect(images, new DetectionLimits { Confidence = Sure }, ct)
                .Select(f => (IReadOnlyList<TrueObject>)[.. f.Select(d => new TrueObject(d.Box, d.Class))]).ToArray();
            var evaluation = new MapEvaluation(truth);
            var clean = model.Detect(images, new DetectionLimits(), ct);
            foreach (var (kind, x) in new[] { ("uniform noise", Noise(edges: false)), ("noise of ±ε", Noise(edges: true)), ("PGD-10", attacked) })
            {
                var drop = evaluation.Drop(clean, model.Detect(x, new DetectionLimits(), ct), 1);
                var ap50 = 1 - drop.Attacked.Ap50!.Value / drop.Clean.Ap50!.Value;
                var interval = string.Create(CultureInfo.InvariantCulture, $"[{drop.DropInterval?.Low:P1}, {drop.DropInterval?.High:P1}]");
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {name,-18} {kind,-14} mAP {drop.Attacked.Map:0.000} AP50 {drop.Attacked.Ap50:0.000} drop {drop.Relative:P1} {interval}, of AP50 {ap50:P1}"));
                if (name == "itself" && kind == "PGD-10")
                    met &= Bar("PGD lowers mAP by >= 40 %", drop.Relative!.Value, drop.Relative >= .4);
            }
        }

        met &= Bar("50 pictures x PGD-10 <= 90 s", seconds * Count / photos.Count, seconds * Count / photos.Count <= 90);
        return met;
    }

    private static Detector Load(byte[] onnx) => Detector.Load(
        onnx, new DetectorOptions { Family = "fastestdet", Preprocessing = new Preprocessing { Color = ColorOrder.Bgr }, Rows = 2, Threads = Threads });

    private List<float[]> Photos(ImageShape shape) => [.. PhotoSet.Pictures(data, Count).Select(p => Fitted(p, shape))];

    private static float[] Fitted(Tensor picture, ImageShape shape) =>
        ImageFitting.For((int)picture.Shape[0], (int)picture.Shape[1], shape, ResizeMode.Stretch).Apply(picture, shape, 114);

    /// <summary>A picture as FastestDet's input.</summary>
    internal static Tensor Sample(Tensor picture, string name, int height, int width)
    {
        var shape = new ImageShape(3, height, width);
        var image = Fitted(picture, shape);
        return Tensor.FromFloats(name, [.. image[(2 * shape.Plane)..], .. image[shape.Plane..(2 * shape.Plane)], .. image[..shape.Plane]], 1, 3, height, width);
    }

    private bool Bar(string name, double value, bool met)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(met ? "met   " : "MISSED")} {name}: {value:0.####}"));
        return met;
    }
}
