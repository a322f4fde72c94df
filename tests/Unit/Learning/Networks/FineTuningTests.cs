using Iml4e.Inference;
using Iml4e.Inference.Onnx;
using Iml4e.Learning;
using Iml4e.Learning.Networks;
using Xunit.Abstractions;

namespace Iml4e.Tests.Unit.Learning.Networks;

public sealed class FineTuningTests(ITestOutputHelper log)
{
    private const int Pixels = 64;

    [Theory]
    [InlineData(NormalizationTreatment.Train)]
    [InlineData(NormalizationTreatment.Freeze)]
    [InlineData(NormalizationTreatment.Fold)]
    public void A_given_network_learns_with_its_last_layer_alone(NormalizationTreatment treatment)
    {
        // It knows stripes; that dark ones are asked for now is for the last layer to learn.
        var given = Pretrained();
        var trained = Train(given, new FineTuning { Model = GraphSurgery.Serialize(given), Trainable = ["output.*"], Normalization = treatment });
        log.WriteLine($"{treatment}: validation loss {trained.ValidationLoss}, {trained.Details["notes"]!.ToJsonString()}");
        Assert.InRange(trained.ValidationLoss!.Value, 0, 0.5);
        Assert.True(trained.Parity.Ok);

        var network = GraphSurgery.Parse(trained.Network);
        var (before, after) = (Weights(given), Weights(network));
        var folded = treatment == NormalizationTreatment.Fold;
        Assert.Equal(folded, network.Graph.Node.All(n => n.OpType != "BatchNormalization"));
        foreach (var (name, values) in before.Where(w => after.ContainsKey(w.Key)))
        {
            var changes = name.StartsWith("output.", StringComparison.Ordinal)
                || (name.Contains("running", StringComparison.Ordinal) && treatment == NormalizationTreatment.Train)
                || (folded && (name.Contains("conv", StringComparison.Ordinal) || name.Contains("downsample.0", StringComparison.Ordinal)));
            Assert.True(changes != values.SequenceEqual(after[name]), $"{name}, {treatment}");
        }

        Assert.Equal(given.OpsetImport, network.OpsetImport);
        Assert.Equal(given.Graph.Input, network.Graph.Input);
        using var session = ModelSession.Load(trained.Onnx);
        Assert.Equal(["label", "probabilities"], session.Metadata.Outputs.Select(o => o.Name));
        Assert.Equal(Pixels, session.Metadata.Inputs.Count);
    }

    [Fact]
    public void A_network_of_an_old_opset_that_ends_in_probabilities_keeps_its_form()
    {
        var g = new GraphBuilder("given", opset: 9);
        var x = g.Input("pixels", TensorDatatype.FP32, "N", 1, 8, 8);
        var random = new Random(1);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5) / 4)];
        var conv = g.Node("Relu", [g.Node("Conv", [x, g.Initializer("stem", Draw(72), 8, 1, 3, 3)])]);
        // Means of rows and of columns, their axes as attributes: an operator that was written otherwise then.
        var rows = g.Node("ReduceMax", [conv], [Attr.Ints("axes", 2), Attr.Int("keepdims", 0)]);
        var columns = g.Node("ReduceMax", [conv], [Attr.Ints("axes", 3), Attr.Int("keepdims", 0)]);
        var flat = g.Node("Flatten", [g.Node("Concat", [rows, columns], [Attr.Int("axis", 1)])]);
        var head = g.Node("Gemm", [flat, g.Initializer("head", Draw(192), 96, 2), g.Initializer("bias", [0f, 0f])]);
        g.Output("probabilities", g.Node("Softmax", [head], output: "soft"), TensorDatatype.FP32, "N", 2);
        g.Metadata("author", "somebody");
        var given = g.Build();
        var trained = Train(given, new FineTuning { Model = GraphSurgery.Serialize(given), Trainable = ["h?ad", "bias"] });
        Assert.InRange(trained.ValidationLoss!.Value, 0, 0.6);
        var network = GraphSurgery.Parse(trained.Network);
        Assert.Equal(given.Graph.Node, network.Graph.Node);
        Assert.Equal((given.OpsetImport, given.MetadataProps), (network.OpsetImport, network.MetadataProps));
        Assert.Equal(Weights(given)["stem"], Weights(network)["stem"]);
        Assert.NotEqual(Weights(given)["head"], Weights(network)["head"]);

        // What is served says of a row what the network says of its pixels.
        var frame = Stripes(40, 9);
        using var served = ModelSession.Load(trained.Onnx);
        using var alone = ModelSession.Load(network);
        var scored = FrameScorer.Score(served, frame, "kind", new ScoringOptions { Rows = [.. Enumerable.Range(0, 40)] }, default).Probabilities!;
        var pixels = PixelsOf(frame);
        var expected = alone.Run([Tensor.FromFloats("pixels", pixels, 40, 1, 8, 8)])[0].ToDoubles();
        for (var i = 0; i < 80; i++)
            Assert.Equal(expected[i], scored[i / 2, i % 2], 1e-5);
    }

    [Fact]
    public void A_number_is_learnt_in_its_own_units()
    {
        var g = new GraphBuilder("given");
        var x = g.Input("x", TensorDatatype.FP32, "N", 2);
        g.Output("y", g.Node("Gemm", [x, g.Initializer("w", [1f, 1f], 2, 1), g.Initializer("b", [0f])]), TensorDatatype.FP32, "N", 1);
        var random = new Random(3);
        var (a, b) = (Draw(), Draw());
        var frame = new DataFrame([new NumberColumn("a", a), new NumberColumn("b", b), new NumberColumn("y", [.. a.Zip(b, (p, q) => 2 * p - q + 1)])]);
        var trained = Trainer.Train(frame, new TrainingOptions
        {
            Task = LearningTask.Regression, Label = "y", Trainer = "network", FineTuning = new FineTuning { Model = GraphSurgery.Serialize(g.Build()) },
            Parameters = Frames.Parameters("""{"epochs":60,"learning_rate":0.05}"""),
        });
        var weights = Weights(GraphSurgery.Parse(trained.Network));
        Assert.Equal(2, weights["w"][0], 0.05);
        Assert.Equal(-1, weights["w"][1], 0.05);
        Assert.Equal(1, weights["b"][0], 0.05);

        double[] Draw() => [.. Enumerable.Range(0, 400).Select(_ => random.NextDouble() * 2 - 1)];
    }

    [Fact]
    public void Networks_and_patterns_that_do_not_fit_are_refused_with_their_path()
    {
        var given = Pretrained();
        Assert.Equal("train.fineTune.trainable[1]", Refused(given, tuning: t => t with { Trainable = ["output.*", "layer9.*"] }).Path);
        Assert.Contains("stage0.conv1.weight", Refused(given, tuning: t => t with { Trainable = ["ghost"] }).Detail, StringComparison.Ordinal);
        Assert.Contains("numbers [1, 4, 4]", Wrong(Architectures.Convolutional([1, 4, 4], [2], 2)), StringComparison.Ordinal);
        Assert.Contains("3 classes", Wrong(Architectures.Convolutional([1, 8, 8], [2], 3)), StringComparison.Ordinal);
        Assert.Contains("free first dimension", Wrong(Graph(1, "Relu")), StringComparison.Ordinal);
        Assert.Contains("Det", Wrong(Graph("N", "Det")), StringComparison.Ordinal);
        Assert.Contains("no layers", Wrong(Graph("N", "Relu")), StringComparison.Ordinal);
        Assert.Equal("train.fineTune.model", Refused(given, tuning: t => t with { Model = "no model"u8.ToArray() }).Path);
        Assert.Equal("train.fineTune", Trainer.CheckParameters("linear", LearningTask.Classification, null, fineTuned: true)!.Path);
        var hidden = Trainer.CheckParameters("network", LearningTask.Regression, Frames.Parameters("""{"hidden":[8]}"""), fineTuned: true);
        Assert.Equal("train.parameters.hidden", hidden!.Path);
        Assert.Null(Trainer.CheckParameters("network", LearningTask.Regression, Frames.Parameters("""{"epochs":8,"shift":1}"""), fineTuned: true));

        string Wrong(ModelProto model)
        {
            var error = Refused(model);
            Assert.Equal("train.fineTune.model", error.Path);
            return error.Detail;
        }
    }

    private static ModelProto Graph(Dim batch, string op)
    {
        var g = new GraphBuilder("given");
        var x = g.Input("x", TensorDatatype.FP32, batch, 1, 8, 8);
        var value = g.Node("Flatten", [x]);
        value = op == "Det" ? g.Node("Gemm", [value, g.Initializer("w", new float[Pixels * 2], Pixels, 2)]) : g.Node(op, [value]);
        if (op == "Det")
        {
            var squares = g.Node("Reshape", [x, g.Initializer("square", [-1L, 8, 8])]);
            value = g.Node("Add", [value, g.Node("Reshape", [g.Node("Det", [squares]), g.Initializer("column", [-1L, 1])])]);
        }

        g.Output("y", value, TensorDatatype.FP32, batch, op == "Det" ? 2 : Pixels);
        return g.Build();
    }

    private static TrainingDataException Refused(ModelProto model, Func<FineTuning, FineTuning>? tuning = null)
    {
        var fine = new FineTuning { Model = GraphSurgery.Serialize(model) };
        return Assert.Throws<TrainingDataException>(() => Train(model, tuning?.Invoke(fine) ?? fine));
    }

    private static TrainedModel Train(ModelProto given, FineTuning tuning) => Trainer.Train(Stripes(400, 5), new TrainingOptions
    {
        Task = LearningTask.Classification, Label = "kind", Trainer = "network", Seed = 2, FineTuning = tuning,
        Parameters = Frames.Parameters("""{"epochs":25,"patience":0,"learning_rate":0.01}"""),
    });

    // Learnt on bright stripes: images with a row or a column that is brighter than the others.
    private static ModelProto Pretrained()
    {
        var frame = Stripes(300, 1, dark: false);
        var values = PixelsOf(frame);
        var kinds = ((CategoryColumn)frame["kind"]).Values;
        var examples = Examples.OfClasses(values, [1, 8, 8], [.. Enumerable.Range(0, 300).Select(r => kinds[r] == "row" ? 1L : 0)], 2);
        var network = Architectures.Convolutional([1, 8, 8], [8, 16], 2, BlockKind.Residual, seed: 1);
        return NetworkTraining.Run(network, examples, null, new NetworkTrainingOptions { Epochs = 4, Seed = 1, Threads = 1 }).Model;
    }

    private static DataFrame Stripes(int count, int seed, bool dark = true)
    {
        var random = new Random(seed);
        var (pixels, kinds) = (Enumerable.Range(0, Pixels).Select(_ => new double[count]).ToArray(), new string?[count]);
        for (var i = 0; i < count; i++)
        {
            var (at, row) = (random.Next(8), random.Next(2) == 1);
            kinds[i] = row ? "row" : "column";
            for (var k = 0; k < Pixels; k++)
                pixels[k][i] = random.NextDouble() * 0.4 + ((row ? k / 8 : k % 8) == at ^ dark ? 0.6 : 0);
        }

        return new DataFrame([.. pixels.Select((p, k) => new NumberColumn("p" + k, p)), new CategoryColumn("kind", kinds)]);
    }

    private static float[] PixelsOf(DataFrame frame) =>
    [
        .. Enumerable.Range(0, frame.RowCount).SelectMany(r => Enumerable.Range(0, Pixels).Select(c => (float)((NumberColumn)frame["p" + c]).Values[r])),
    ];

    private static Dictionary<string, double[]> Weights(ModelProto model) =>
        model.Graph.Initializer.Select(TensorProtos.Read).Where(t => t.Datatype == TensorDatatype.FP32).ToDictionary(t => t.Name, t => t.ToDoubles());
}
