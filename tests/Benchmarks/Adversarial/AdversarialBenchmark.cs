using System.Diagnostics;
using System.Globalization;
using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Scores;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;
using Iml4e.Learning.Networks;

namespace Iml4e.Benchmarks.Adversarial;

/// <summary>
/// The attacks on MNIST classifiers that are trained here, beside what the Adversarial Robustness Toolbox 1.20.1 reached on PyTorch's; figures depend on the
/// seed by about 0.05.
/// </summary>
internal sealed class AdversarialBenchmark(string data, TextWriter output, CancellationToken ct)
{
    private const int Train = 7_000;
    private const int Attacked = 500;
    private const int Threads = 2;
    private static readonly string[] Names = ["cnnA", "cnnB", "mlp", "cnnA-w8", "cnnA-w4", "cnnA-w3", "cnnA-qdq"];

    // Rows: accuracy of the columns' models on samples of the row's source, as the reference run had it (no qdq model there).
    private static readonly Dictionary<string, double[]> Reference = new(StringComparer.Ordinal)
    {
        ["clean"] = [.972, .962, .924, .972, .966, .884], ["fgsm cnnA"] = [.738, .862, .760, .738, .742, .606], ["pgd cnnA"] = [.610, .822, .750, .610, .628,
            .492],
        ["pgd cnnB"] = [.836, .576, .684, .836, .824, .686], ["pgd mlp"] = [.914, .908, .056, .914, .910, .794], ["pgd cnnA-w8"] = [.608, .822, .754, .610,
            .630, .492],
        ["pgd cnnA-w4"] = [.628, .814, .756, .628, .590, .528], ["pgd cnnA-w3"] = [.734, .866, .788, .734, .754, .334], ["mi cnnA"] = [.632, .818, .756, .634,
            .650, .506],
    };

    private readonly DigitSet _digits = new(data);
    private bool _met = true;

    /// <summary>Measures and writes the tables.</summary>
    /// <returns>Whether every bar is met.</returns>
    public bool Run()
    {
        var models = Models();
        var (batch, labels) = _digits.Batch(Train, Attacked);
        try
        {
            Transfer(models, batch, labels);
            Curve(models["cnnA"], batch, labels);
            Iterations(models, batch, labels);
            Minimal(models["cnnA"]);
            Queries(models["cnnA"]);
            Hardened(batch, labels);
            Throughput();
        }
        finally
        {
            foreach (var model in models.Values)
                model.Dispose();
        }

        return _met;
    }

    private static IterativeOptions Options(double radius, double step, int iterations, bool start = false) => new()
    {
        Ball = new PerturbationBall(PerturbationNorm.Linf, (float)radius), Step = (float)step, Iterations = iterations, RandomStarts = start ? 1 : 0,
    };

    private Dictionary<string, Classifier> Models()
    {
        var a = Trained(Architectures.Convolutional([1, 28, 28], [16, 32], 10, seed: 1), 1, 28, 28);
        var b = Trained(Architectures.Convolutional([1, 28, 28], [16, 32], 10, seed: 2), 1, 28, 28);
        var mlp = Trained(Architectures.Perceptron(784, [128, 64], 10, seed: 1), 784);
        var (sample, _) = _digits.Batch(0, 200);
        var calibration = Tensor.FromFloats(a.Graph.Input[0].Name, sample.Clean, 200, 1, 28, 28);
        ModelProto[] all = [a, b, mlp, Quantised.Rounded(a, 8), Quantised.Rounded(a, 4), Quantised.Rounded(a, 3), Quantised.Qdq(a, calibration)];
        return Names.Zip(all).ToDictionary(p => p.First, p => Load(p.Second));
    }

    private ModelProto Trained(ModelProto model, params long[] shape) => NetworkTraining.Run(
        model, _digits.Examples(0, Train, shape), null, new NetworkTrainingOptions { Epochs = 5, BatchSize = 32, LearningRate = 1e-3, Seed = 1 }, null,
            ct).Model;

    private static Classifier Load(ModelProto model) =>
        Classifier.Load(GraphSurgery.Serialize(model), new ClassifierOptions { Rows = 50, Threads = Threads, Input = [1, 28, 28] });

    private double Accuracy(Classifier model, float[] images, int[] labels) =>
        model.Classify(images, ct).Zip(labels).Count(p => p.First == p.Second) / (double)labels.Length;

    private float[] Attack(Classifier model, IAttack attack, AttackBatch batch, int[] labels) => attack.Run(new ClassifierSubject(model, labels), batch,
        ct).Images;

    private void Transfer(Dictionary<string, Classifier> models, AttackBatch batch, int[] labels)
    {
        output.WriteLine("MNIST, 7,000 digits learnt, 500 attacked: accuracy; rows = made on, columns = measured on; below, what ART reached");
        output.WriteLine("                        " + string.Concat(Names.Select(n => n.PadLeft(9))));
        Row("clean", batch.Clean);
        var once = Row("fgsm cnnA", Attack(models["cnnA"], new IterativeAttack(Options(.1, .1, 1)), batch, labels))[0];
        var own = new Dictionary<(string, string), double>();
        foreach (var source in Names)
        {
            var row = Row("pgd " + source, Attack(models[source], new IterativeAttack(Options(.1, .01, 40)), batch, labels));
            for (var t = 0; t < Names.Length; t++)
                own[(source, Names[t])] = row[t];
        }

        Row("mi cnnA", Attack(models["cnnA"], new IterativeAttack(Options(.1, .01, 20) with { Momentum = 1 }), batch, labels));
        var combined = Options(.1, .01, 20) with { Momentum = 1, Diversity = new DiverseInput(), Kernel = new GaussianKernel(7) };
        Row("di+ti+mi cnnA", Attack(models["cnnA"], new IterativeAttack(combined), batch, labels));
        var clean = Names.ToDictionary(n => n, n => Accuracy(models[n], batch.Clean, labels));
        Bar("clean accuracy of cnnA >= 0.95", clean["cnnA"], clean["cnnA"] >= .95);
        Bar("PGD on cnnA <= 0.70", own[("cnnA", "cnnA")], own[("cnnA", "cnnA")] <= .70);
        Bar("PGD on cnnA at least 0.05 below FGSM", once - own[("cnnA", "cnnA")], own[("cnnA", "cnnA")] <= once - .05);
        Bar("PGD on mlp <= 0.15", own[("mlp", "mlp")], own[("mlp", "mlp")] <= .15);
        foreach (var target in Names)
        {
            bool Family(string n) => n == target || (n.StartsWith("cnnA", StringComparison.Ordinal) && target.StartsWith("cnnA", StringComparison.Ordinal));
            var (kin, others) = (Names.Where(Family).Min(n => own[(n, target)]), Names.Where(n => !Family(n)).Min(n => own[(n, target)]));
            Bar($"strongest source for {target} is itself or its kin (within 0.01)", kin - others, kin <= others + .01);
        }

        double[] Row(string name, float[] images)
        {
            var row = Names.Select(n => Accuracy(models[n], images, labels)).ToArray();
            output.WriteLine(name.PadRight(24) + string.Concat(row.Select(r => Text(r).PadLeft(9))));
            if (Reference.TryGetValue(name, out var reference))
                output.WriteLine("  ART".PadRight(24) + string.Concat(reference.Select(r => Text(r).PadLeft(9))));
            return row;
        }
    }

    private void Curve(Classifier model, AttackBatch batch, int[] labels)
    {
        (double Radius, double Art)[] grid = [(.02, .950), (.05, .876), (.1, .610), (.15, .164), (.2, .008), (.3, 0)];
        var curve = new EpsilonCurve();
        curve.Add(0, [.. model.Classify(batch.Clean, ct).Zip(labels, (a, b) => a == b)]);
        output.WriteLine("PGD on cnnA, 40 steps of ε/10: accuracy (ART)");
        foreach (var (radius, art) in grid)
        {
            var images = Attack(model, new IterativeAttack(Options(radius, radius / 10, 40)), batch, labels);
            curve.Add(radius, [.. model.Classify(images, ct).Zip(labels, (a, b) => a == b)]);
            var accuracy = Accuracy(model, images, labels);
            output.WriteLine($"  ε {Text(radius),-6} {Text(accuracy)} ({Text(art)})");
            if (radius == .2)
                Bar("PGD ε 0.2 <= 0.05", accuracy, accuracy <= .05);
            if (radius == .3)
                Bar("PGD ε 0.3 <= 0.02", accuracy, accuracy <= .02);
        }

        var points = curve.Points();
        Bar("the curve never rises", points[^1].RobustAccuracy, points.Zip(points.Skip(1)).All(p => p.Second.RobustAccuracy <= p.First.RobustAccuracy));
    }

    private void Iterations(Dictionary<string, Classifier> models, AttackBatch batch, int[] labels)
    {
        output.WriteLine(
            "20 steps at ε 0.1: accuracy under FGSM, PGD, APGD-CE, APGD-DLR; of the first 100 digits under APGD-CE and auto (all of these, 5 targets, 200 queries)");
        var (few, fewLabels) = _digits.Batch(Train, 100);
        foreach (var name in Names)
        {
            var model = models[name];
            var ball = new PerturbationBall(PerturbationNorm.Linf, .1f);
            var fgsm = Accuracy(model, Attack(model, new IterativeAttack(Options(.1, .1, 1)), batch, labels), labels);
            var pgd = Accuracy(model, Attack(model, new IterativeAttack(Options(.1, .01, 20, start: true)), batch, labels), labels);
            var strong = Attack(model, new ApgdAttack(new ApgdOptions { Ball = ball, Iterations = 20 }), batch, labels);
            var (apgd, apgdFew) = (Accuracy(model, strong, labels), Accuracy(model, strong[..few.Clean.Length], fewLabels));
            var dlr = Accuracy(model, Attack(model, new ApgdAttack(new ApgdOptions { Ball = ball, Iterations = 20, Loss = AttackLoss.Dlr }), batch, labels),
                labels);
            var auto = Accuracy(model, Attack(model, new AutoAttack(new AutoOptions { Ball = ball, Iterations = 20, Targets = 5, Queries = 200 }), few,
                fewLabels), fewLabels);
            output.WriteLine($"  {name,-10} {Text(fgsm)} {Text(pgd)} {Text(apgd)} {Text(dlr)}; {Text(apgdFew)} {Text(auto)}");
            Bar($"auto as strong as APGD ({name})", auto - apgdFew, auto <= apgdFew);
            Bar($"FGSM never beats PGD ({name})", fgsm - pgd, fgsm >= pgd);
            Bar($"APGD as strong as PGD ({name})", apgd - pgd, apgd <= pgd);
            if (name == "cnnA")
                Bar("PGD at least 0.05 below FGSM (cnnA)", fgsm - pgd, fgsm - pgd >= .05);
        }
    }

    private void Minimal(Classifier model)
    {
        var (few, fewLabels) = _digits.Batch(Train, 100);
        var subject = new ClassifierSubject(model, fewLabels);
        var deep = new DeepFoolAttack(new DeepFoolOptions { Iterations = 50 }).Run(subject, few, ct);
        var fast = new MinimalGradientAttack(new PerturbationBall(PerturbationNorm.Linf, 1), .005f).Run(subject, few, ct);
        var both = Enumerable.Range(0, few.Count).Where(i => deep.Fooled[i] && fast.Fooled[i]).ToList();
        double Median(AttackOutcome o) => both.Select(i => PerturbationBall.Measure(PerturbationNorm.L2, few.Image(i),
            o.Image(i))).Order().ElementAt(both.Count / 2);
        var (accuracy, median, fgsm) = (Accuracy(model, deep.Images, fewLabels), Median(deep), Median(fast));
        Bar("DeepFool leaves <= 0.03 (ART 0.01)", accuracy, accuracy <= .03);
        Bar("its median L2 is within 30 % of ART's 1.837", median, Math.Abs(median / 1.837 - 1) <= .3);
        Bar("and <= half of FGSM's", median / fgsm, median <= fgsm / 2);
        var (first, firstLabels) = _digits.Batch(Train, 20);
        var cw = new CarliniWagnerAttack(new CarliniWagnerOptions()).Run(new ClassifierSubject(model, firstLabels), first, ct);
        var sizes = Enumerable.Range(0, 20).Select(i => PerturbationBall.Measure(PerturbationNorm.L2, first.Image(i), cw.Image(i))).Order().ToList();
        output.WriteLine($"  C&W on 20 digits: {cw.Fooled.Count(f => f)} fooled, median L2 {Text(sizes[10])}");
        Bar("C&W fools all of 20", cw.Fooled.Count(f => f), cw.Fooled.All(f => f));
    }

    private void Queries(Classifier model)
    {
        var (few, fewLabels) = _digits.Batch(Train, 100);
        var before = model.Counters.Gradients;
        foreach (var steps in new[] { 300, 1_000, 2_000 })
        {
            var outcome = new SquareAttack(new SquareOptions { Ball = new PerturbationBall(PerturbationNorm.Linf, .1f), Iterations = steps })
                .Run(new ClassifierSubject(model, fewLabels), few, ct);
            var won = Enumerable.Range(0, few.Count).Where(i => outcome.Fooled[i]).Select(i => outcome.Queries[i]).Order().ToList();
            var accuracy = Accuracy(model, outcome.Images, fewLabels);
            var (art, median) = (steps == 300 ? " (ART 0.81)" : "", won.Count == 0 ? 0 : won[won.Count / 2]);
            output.WriteLine($"  Square, {steps} queries: accuracy {Text(accuracy)}{art}, median {median} queries of those fooled");
            if (steps == 300)
                Bar("Square with 300 queries cuts accuracy", accuracy, accuracy < Accuracy(model, few.Clean, fewLabels));
        }

        Bar("without a gradient", model.Counters.Gradients - before, model.Counters.Gradients == before);
    }

    private void Hardened(AttackBatch batch, int[] labels)
    {
        var options = new NetworkTrainingOptions
        {
            Epochs = 5, BatchSize = 32, LearningRate = 1e-3, Seed = 1, Adversarial = new AdversarialTraining { Epsilon = .1, Steps = 7, Low = 0, High = 1 },
        };
        var model = NetworkTraining.Run(Architectures.Convolutional([1, 28, 28], [16, 32], 10, seed: 1), _digits.Examples(0, Train, 1, 28, 28), null, options,
            null, ct).Model;
        using var hardened = Load(model);
        var accuracy = Accuracy(hardened, Attack(hardened, new IterativeAttack(Options(.1, .01, 40, start: true)), batch, labels), labels);
        output.WriteLine($"  trained against PGD-7: clean {Text(Accuracy(hardened, batch.Clean, labels))}");
        Bar("a network trained against PGD keeps >= 0.85 under PGD-40", accuracy, accuracy >= .85);
    }

    private void Throughput()
    {
        var (many, manyLabels) = _digits.Batch(8_000, 1_000);
        using var model = Classifier.Load(File.ReadAllBytes(Path.Combine(data, "models", "mnist.onnx")), new ClassifierOptions { Rows = 50,
            Threads = Threads });
        Attack(model, new IterativeAttack(Options(.1, .01, 1)), many, manyLabels);
        var watch = Stopwatch.StartNew();
        var images = Attack(model, new IterativeAttack(Options(.1, .01, 40, start: true)), many, manyLabels);
        Bar("1,000 digits x PGD-40 on mnist.onnx <= 40 s", watch.Elapsed.TotalSeconds, watch.Elapsed.TotalSeconds <= 40);
        output.WriteLine($"  mnist.onnx: clean {Text(Accuracy(model, many.Clean, manyLabels))}, PGD-40 ε 0.1 {Text(Accuracy(model, images, manyLabels))}");
    }

    private void Bar(string name, double value, bool met)
    {
        _met &= met;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(met ? "met   " : "MISSED")} {name}: {value:0.####}"));
    }

    private static string Text(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
