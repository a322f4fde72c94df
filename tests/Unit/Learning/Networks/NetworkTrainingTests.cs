using Iml4e.Inference;
using Iml4e.Inference.Gradients.Optimizers;
using Iml4e.Inference.Onnx;
using Iml4e.Learning;
using Iml4e.Learning.Networks;
using Iml4e.Tests.Unit.Inference;
using Xunit.Abstractions;

namespace Iml4e.Tests.Unit.Learning.Networks;

public sealed class NetworkTrainingTests(ITestOutputHelper log)
{
    private const int Folds = 5;
    private static readonly NetworkTrainingOptions Options = new() { Epochs = 6, BatchSize = 16, LearningRate = 0.01, Seed = 3, Threads = 1 };

    [SharedDataFact]
    public void V17_a_small_convolutional_network_learns_digits()
    {
        var network = Architectures.Convolutional([1, 28, 28], [16, 32], 10, seed: 1);
        var (train, test) = (Mnist.Part(0, 7_000), Mnist.Part(7_000, 3_000));
        var trained = NetworkTraining.Run(network, train, test, new NetworkTrainingOptions { Epochs = 3, Seed = 1, Threads = 2 }, Log);
        Assert.True(trained.Epochs[^1].Metric >= 0.955, $"accuracy {trained.Epochs[^1].Metric}");
        Assert.Equal(3 * 219, trained.Steps);
        Assert.Equal(0, trained.Skipped);
    }

    [SharedDataFact]
    public void A_perceptron_learns_the_digits_table()
    {
        var rows = System.Text.Encoding.UTF8.GetString(SharedData.Gunzip("tabular", "digits.csv.gz")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => Array.ConvertAll(l.Split(','), double.Parse)).ToArray();
        var values = rows.SelectMany(r => r.Take(64).Select(v => (float)(v / 16))).ToArray();
        var all = Examples.OfClasses(values, [64], [.. rows.Select(r => (long)r[64])], 10);
        var order = Enumerable.Range(0, all.Count).ToArray();
        new Random(1).Shuffle(order);
        // A fifth at a time chooses nothing and judges; of the others a tenth of all chooses the epoch.
        var (part, chooses, hits) = (all.Count / Folds, all.Count / 10, 0.0);
        for (var fold = 0; fold < Folds; fold++)
        {
            int[] turned = [.. order[(fold * part)..], .. order[..(fold * part)]];
            var judges = fold == Folds - 1 ? all.Count - fold * part : part;
            var test = all.Take(turned.AsSpan(0, judges));
            var (learnt, chosen) = (all.Take(turned.AsSpan(judges + chooses)), all.Take(turned.AsSpan(judges, chooses)));
            var trained = NetworkTraining.Run(Architectures.Perceptron(64, [128, 64], 10, dropout: 0.2, seed: 2), learnt, chosen, new NetworkTrainingOptions
            {
                Epochs = 40, LearningRate = 3e-3, Schedule = new() { Kind = ScheduleKind.OneCycle }, Seed = 1, Threads = 1, Augmentation = new() { Noise = 0.1 },
                Optimizer = new() { Kind = OptimizerKind.AdamW },
            });
            var accuracy = NetworkEvaluation.Of(trained.Model, test).Metric;
            log.WriteLine($"fold {fold}: epoch {trained.BestEpoch} of {trained.Epochs.Count}, accuracy {accuracy}");
            hits += accuracy * test.Count;
        }

        log.WriteLine($"accuracy on rows that chose nothing {hits / all.Count}");
        Assert.True(hits / all.Count >= 0.97, $"accuracy {hits / all.Count}");
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    public void The_same_options_give_the_same_bits(bool host, int accumulate)
    {
        var options = Options with { HostUpdate = host, Accumulate = accumulate, Optimizer = new() { Kind = OptimizerKind.AdamW, ClipNorm = 1, AverageDecay = 0.9 } };
        var once = NetworkTraining.Run(Network(), Spirals(), Spirals(), options);
        var again = NetworkTraining.Run(Network(), Spirals(), Spirals(), options);
        Assert.Equal(GraphSurgery.Serialize(once.Model), GraphSurgery.Serialize(again.Model));
        Assert.Equal(options.Epochs * ((7L + accumulate - 1) / accumulate), once.Steps);
    }

    [Fact]
    public void Steps_in_the_graph_and_in_memory_are_the_same()
    {
        var graph = NetworkTraining.Run(Network(), Spirals(), null, Options with { Epochs = 2, HostUpdate = false });
        var host = NetworkTraining.Run(Network(), Spirals(), null, Options with { Epochs = 2, HostUpdate = true });
        foreach (var (one, other) in graph.Model.Graph.Initializer.Zip(host.Model.Graph.Initializer))
        {
            var (a, b) = (TensorProtos.Read(one).ToDoubles(), TensorProtos.Read(other).ToDoubles());
            for (var i = 0; i < a.Length; i++)
                Assert.Equal(a[i], b[i], 2e-5);
        }
    }

    [Theory]
    [InlineData(BlockKind.Plain)]
    [InlineData(BlockKind.Residual)]
    [InlineData(BlockKind.Depthwise)]
    public void Convolutional_networks_of_every_kind_learn(BlockKind block)
    {
        var trained = NetworkTraining.Run(
            Architectures.Convolutional([1, 8, 8], [8, 16], 2, block, dropout: 0.1, seed: 1), Stripes(160, 1), Stripes(60, 2), Options with { Epochs = 8 }, Log);
        Assert.True(trained.Epochs[trained.BestEpoch - 1].Metric >= 0.95, $"accuracy {trained.Epochs[trained.BestEpoch - 1].Metric}");
    }

    [Fact]
    public void Training_ends_when_validation_gets_no_better_and_the_best_weights_are_kept()
    {
        var noise = Random(60, 5);
        var trained = NetworkTraining.Run(Network(), noise, Random(60, 6), Options with { Epochs = 60, Patience = 3, LearningRate = 0.05 });
        Assert.True(trained.StoppedEarly);
        Assert.Equal(trained.BestEpoch + 3, trained.Epochs.Count);
        var best = NetworkEvaluation.Of(trained.Model, Random(60, 6));
        Assert.Equal(trained.Epochs[trained.BestEpoch - 1].ValidationLoss!.Value, best.Loss, 1e-9);
    }

    [Fact]
    public void Numbers_are_learnt_and_examples_count_by_their_weights()
    {
        // y = 2·x0 - x1, with outliers that count nothing.
        var random = new Random(4);
        var x = Enumerable.Range(0, 400).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
        var y = Enumerable.Range(0, 200).Select(i => i % 4 == 0 ? 100 : 2 * x[2 * i] - x[2 * i + 1]).ToArray();
        var weights = Enumerable.Range(0, 200).Select(i => i % 4 == 0 ? 0f : 1).ToArray();
        var trained = NetworkTraining.Run(
            Architectures.Perceptron(2, [], 1), Examples.OfNumbers(x, [2], y, 1, weights), null,
            Options with { Epochs = 60, Optimizer = new() { Kind = OptimizerKind.Sgd, Momentum = 0.9 }, LearningRate = 0.05 });
        var weight = TensorProtos.Read(trained.Model.Graph.Initializer.First(i => i.Name == "output.weight")).ToDoubles();
        Assert.Equal(2, weight[0], 0.02);
        Assert.Equal(-1, weight[1], 0.02);
    }

    [Fact]
    public void Losses_that_are_no_numbers_are_passed_over_and_then_end_the_training()
    {
        var bad = Examples.OfClasses([.. Enumerable.Range(0, 64).Select(i => i < 32 ? float.NaN : i)], [2], [.. Enumerable.Range(0, 32).Select(i => (long)(i % 2))], 2);
        var some = NetworkTraining.Run(Network(), bad, null, Options with { BatchSize = 1, Epochs = 1, Seed = 1, LearningRate = 1e-4 });
        Assert.Equal(16, some.Skipped);
        Assert.All(some.Model.Graph.Initializer, i => Assert.All(TensorProtos.Read(i).ToDoubles(), v => Assert.True(double.IsFinite(v))));
        var all = Examples.OfClasses([.. Enumerable.Repeat(float.NaN, 64)], [2], [.. Enumerable.Repeat(0L, 32)], 2);
        Assert.Equal("training.diverged", Assert.Throws<TrainingException>(() => NetworkTraining.Run(Network(), all, null, Options with { BatchSize = 2 })).Code);
    }

    [Fact]
    public void Batch_normalisation_learns_statistics_or_keeps_them()
    {
        var network = Architectures.Convolutional([1, 8, 8], [4], 2, BlockKind.Depthwise, seed: 1);
        Tensor Mean(TrainedNetwork trained) => TensorProtos.Read(trained.Model.Graph.Initializer.First(i => i.Name == "stage0.bn1.running_mean"));
        var learnt = NetworkTraining.Run(network, Stripes(64, 1), null, Options with { Epochs = 1 });
        Assert.Contains(Mean(learnt).ToDoubles(), m => m != 0);
        Assert.Contains("biased variance", learnt.Notes[0], StringComparison.Ordinal);
        var frozen = NetworkTraining.Run(network, Stripes(64, 1), null, Options with { Epochs = 1, FrozenStatistics = true });
        Assert.All(Mean(frozen).ToDoubles(), m => Assert.Equal(0, m));
    }

    [Fact]
    public void Chosen_weights_of_a_given_model_are_trained_and_all_else_stays()
    {
        var g = new GraphBuilder("given", opset: 11);
        var x = g.Input("x", TensorDatatype.FP32, "N", 2);
        // Two layers that share a bias, as exporters make of equal ones.
        var (first, bias) = (g.Initializer("first", [0.5f, -0.25f, 1, 0.75f], 2, 2), g.Initializer("bias", [0f, 0f]));
        var h = g.Node("Relu", [g.Node("Gemm", [x, first, bias], output: "h")]);
        g.Output("y", g.Node("Gemm", [h, g.Initializer("second", [1f, -1, -1, 1], 2, 2), bias], output: "scores"), TensorDatatype.FP32, "N", 2);
        g.Metadata("author", "somebody");
        var given = g.Build();
        var trained = NetworkTraining.Run(given, Spirals(), null, Options with { Trainable = ["second", "bias"] });
        var stored = trained.Model.Graph.Initializer.ToDictionary(i => i.Name, TensorProtos.Read);
        Assert.Equal([0.5, -0.25, 1, 0.75], stored["first"].ToDoubles());
        Assert.NotEqual([1, -1, -1, 1], stored["second"].ToDoubles());
        // Each layer has a bias of its own now.
        Assert.Equal(["bias#h", "bias#scores"], stored.Keys.Where(k => k.StartsWith("bias#", StringComparison.Ordinal)));
        Assert.Equal(given.OpsetImport, trained.Model.OpsetImport);
        Assert.Equal(given.MetadataProps, trained.Model.MetadataProps);
        Assert.Equal(given.Graph.Node.Select(n => (n.OpType, n.Name)), trained.Model.Graph.Node.Select(n => (n.OpType, n.Name)));
        ModelSession.Load(trained.Model).Dispose();
    }

    [Fact]
    public void Adversarial_training_makes_a_network_robust()
    {
        var (train, test) = (Stripes(200, 1), Stripes(100, 2));
        var network = Architectures.Convolutional([1, 8, 8], [8], 2, seed: 1);
        var plain = NetworkTraining.Run(network, train, null, Options with { Epochs = 6 });
        var robust = NetworkTraining.Run(
            network, train, null, Options with { Epochs = 6, Adversarial = new AdversarialTraining { Epsilon = 0.25, Steps = 5, Low = 0, High = 1 } });
        var (weak, strong) = (AttackedAccuracy(plain.Model, test, 0.25f), AttackedAccuracy(robust.Model, test, 0.25f));
        log.WriteLine($"under attack: plain {weak}, robust {strong}");
        Assert.True(strong >= weak + 0.1 || strong == 1, $"plain {weak}, robust {strong}");
    }

    [Fact]
    public void Options_and_data_that_do_not_fit_are_refused()
    {
        string Path(Func<object> run) => Assert.Throws<TrainingDataException>(run).Path;
        Assert.Equal("train.parameters.epochs", Path(() => NetworkTraining.Run(Network(), Spirals(), null, Options with { Epochs = 0 })));
        Assert.Equal("train.parameters.learning_rate", Path(() => NetworkTraining.Run(Network(), Spirals(), null, Options with { LearningRate = double.NaN })));
        Assert.Equal("data", Path(() => NetworkTraining.Run(Network(), Spirals().Take([]), null, Options)));
        Assert.Throws<ArgumentException>(() => NetworkTraining.Run(Network(), Spirals(), null, Options with { Augmentation = new() { Flip = true } }));
        Assert.Throws<ArgumentException>(() => Examples.OfClasses([1, 2], [2], [2], 2));
    }

    private static double AttackedAccuracy(ModelProto model, Examples examples, float epsilon)
    {
        var gradients = Iml4e.Inference.Gradients.GradientGraphBuilder.Build(model, new()
        {
            Wrt = ["input"], Seed = Iml4e.Inference.Gradients.SeedMode.Loss, KeepForwardOutputs = false,
            Loss = new() { Kind = Iml4e.Inference.Gradients.LossKind.SoftmaxCrossEntropy, Reduction = Iml4e.Inference.Gradients.LossReduction.Sum },
        });
        using var session = ModelSession.Load(gradients.Model);
        var clean = Enumerable.Range(0, examples.Count).SelectMany(i => examples.Values(i).ToArray()).ToArray();
        var labels = Enumerable.Range(0, examples.Count).Select(examples.Class).ToArray();
        var x = clean.ToArray();
        for (var step = 0; step < 20; step++)
        {
            var slope = session.Run(
                [Tensor.FromFloats("input", x, [examples.Count, .. examples.Shape]), Tensor.FromInt64s("labels", labels, labels.Length)], ["grad_input"])[0].ToDoubles();
            for (var i = 0; i < x.Length; i++)
                x[i] = Math.Clamp(Math.Clamp(x[i] + epsilon / 8 * Math.Sign(slope[i]), clean[i] - epsilon, clean[i] + epsilon), 0, 1);
        }

        return NetworkEvaluation.Of(model, Examples.OfClasses(x, [.. examples.Shape], labels, examples.Outputs)).Metric;
    }

    private void Log(EpochReport epoch) => log.WriteLine(epoch.ToString());

    private static ModelProto Network() => Architectures.Perceptron(2, [12], 2, Activation.Tanh, seed: 7);

    // 100 points of two classes.
    private static Examples Spirals()
    {
        var values = new float[200];
        for (var i = 0; i < 100; i++)
        {
            var angle = i / 2 * 0.08 + i % 2 * Math.PI;
            (values[2 * i], values[2 * i + 1]) = ((float)(Math.Cos(angle) * (i / 2 + 5) / 50), (float)(Math.Sin(angle) * (i / 2 + 5) / 50));
        }

        return Examples.OfClasses(values, [2], [.. Enumerable.Range(0, 100).Select(i => (long)(i % 2))], 2);
    }

    private static Examples Random(int count, int seed)
    {
        var random = new Random(seed);
        return Examples.OfClasses(
            [.. Enumerable.Range(0, 2 * count).Select(_ => (float)random.NextDouble())], [2], [.. Enumerable.Range(0, count).Select(_ => (long)random.Next(2))], 2);
    }

    // Images with a row or a column that is bright.
    private static Examples Stripes(int count, int seed)
    {
        var random = new Random(seed);
        var values = new float[count * 64];
        for (var i = 0; i < count; i++)
        {
            var at = random.Next(8);
            for (var k = 0; k < 64; k++)
                values[i * 64 + k] = (float)(random.NextDouble() * 0.4 + ((i % 2 == 0 ? k / 8 : k % 8) == at ? 0.6 : 0));
        }

        return Examples.OfClasses(values, [1, 8, 8], [.. Enumerable.Range(0, count).Select(i => (long)(i % 2))], 2);
    }
}
