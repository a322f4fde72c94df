using Iml4e.Inference;
using Iml4e.Inference.Onnx;
using Iml4e.Learning.Networks;

namespace Iml4e.Tests.Unit.Inference.Onnx;

public sealed class BatchNormalizationFoldingTests
{
    private const double Tolerance = 1e-5;
    private readonly Random _random = new(4);

    [Theory]
    [InlineData("Conv", 1, true)]
    [InlineData("Conv", 1, false)]
    [InlineData("Conv", 2, true)]
    [InlineData("Conv", 4, false)]
    [InlineData("ConvTranspose", 1, true)]
    [InlineData("ConvTranspose", 2, false)]
    public void Convolutions_take_their_normalisation_in(string op, int group, bool bias)
    {
        var g = new GraphBuilder();
        var x = g.Input("x", TensorDatatype.FP32, "N", 4, 5, 5);
        // Six channels come out, or with four groups four.
        var channels = group == 4 ? 4 : 6;
        long[] shape = op == "Conv" ? [channels, 4 / group, 3, 3] : [4, channels / group, 3, 3];
        List<string> inputs = [x, Draw(g, "w", shape)];
        if (bias)
            inputs.Add(Draw(g, "b", channels));
        var y = Normalized(g, g.Node(op, inputs.ToArray(), [Attr.Int("group", group)], output: "layer"), channels);
        g.Output(g.Node("Relu", [y], output: "y"), TensorDatatype.FP32, "N", channels, "H", "W");
        var (model, folded) = Check(g.Build(), 2, 4, 5, 5);
        Assert.Equal([op, "Relu"], folded.Graph.Node.Select(n => n.OpType));
        Assert.Equal(["w", bias ? "b" : "layer.bias"], folded.Graph.Initializer.Select(i => i.Name));
        Assert.Equal(4 + (bias ? 2 : 1), model.Graph.Initializer.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Products_of_matrices_take_their_normalisation_in(int transposed)
    {
        var g = new GraphBuilder();
        var x = g.Input("x", TensorDatatype.FP32, "N", 3);
        var product = g.Node("Gemm", [x, Draw(g, "w", transposed == 1 ? [5, 3] : [3, 5])], [Attr.Int("transB", transposed)]);
        g.Output("y", Normalized(g, product, 5), TensorDatatype.FP32, "N", 5);
        var (_, folded) = Check(g.Build(), 7, 3);
        Assert.DoesNotContain(folded.Graph.Node, n => n.OpType == "BatchNormalization");
    }

    [Fact]
    public void Weights_that_others_read_stay_as_they_are_for_them()
    {
        var g = new GraphBuilder();
        var x = g.Input("x", TensorDatatype.FP32, "N", 3, 4, 4);
        var w = Draw(g, "w", 3, 3, 1, 1);
        var one = Normalized(g, g.Node("Conv", [x, w], output: "one"), 3);
        g.Output("y", g.Node("Conv", [one, w], output: "two"), TensorDatatype.FP32, "N", 3, 4, 4);
        var (_, folded) = Check(g.Build(), 2, 3, 4, 4);
        Assert.Equal(["one.bias", "w", "w#one"], folded.Graph.Initializer.Select(i => i.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_cannot_be_folded_stays()
    {
        var g = new GraphBuilder();
        var x = g.Input("x", TensorDatatype.FP32, "N", 3, 4, 4);
        // After an activation; after a convolution that another node reads as well.
        var first = Normalized(g, g.Node("Relu", [x]), 3);
        var conv = g.Node("Conv", [first, Draw(g, "w", 3, 3, 3, 3)], [Attr.Ints("pads", 1, 1, 1, 1)]);
        g.Output("y", g.Node("Add", [Normalized(g, conv, 3), conv]), TensorDatatype.FP32, "N", 3, 4, 4);
        var (model, folded) = Check(g.Build(), 2, 3, 4, 4);
        Assert.Equal(model.Graph.Node.Select(n => n.OpType), folded.Graph.Node.Select(n => n.OpType));
    }

    [Fact]
    public void Whole_networks_compute_the_same()
    {
        foreach (var network in new[] { Architectures.ResNet18(32, 5), Architectures.MobileNetV2(32, 5) })
        {
            // Statistics as learnt: not all means 0 and all variances 1.
            foreach (var tensor in network.Graph.Initializer.Where(i => i.Name.Contains("running", StringComparison.Ordinal)).ToList())
            {
                var least = tensor.Name.EndsWith("var", StringComparison.Ordinal) ? 0.8f : -0.2f;
                var values = Array.ConvertAll(Numbers((int)tensor.Dims[0]), v => v * v * 0.4f + least);
                var place = network.Graph.Initializer.IndexOf(tensor);
                network.Graph.Initializer[place] = TensorProtos.Write(Tensor.FromFloats(tensor.Name, values, tensor.Dims[0]));
            }

            var (_, folded) = Check(network, 2, 3, 32, 32);
            Assert.DoesNotContain(folded.Graph.Node, n => n.OpType == "BatchNormalization");
        }
    }

    private (ModelProto Model, ModelProto Folded) Check(ModelProto model, params long[] shape)
    {
        var before = model.Clone();
        var folded = BatchNormalizationFolding.Fold(model);
        Assert.Equal(before, model);
        using var plain = ModelSession.Load(model);
        using var other = ModelSession.Load(folded);
        var x = Tensor.FromFloats(model.Graph.Input[0].Name, Numbers((int)shape.Aggregate((a, b) => a * b)), shape);
        var (expected, actual) = (plain.Run([x])[0].ToDoubles(), other.Run([x])[0].ToDoubles());
        var scale = expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual), p => Assert.Equal(p.First, p.Second, Tolerance * scale));
        return (model, folded);
    }

    private string Normalized(GraphBuilder g, string value, int channels)
    {
        var variance = g.Initializer("var", Array.ConvertAll(Numbers(channels), v => v + 1.5f));
        string[] inputs = [value, Draw(g, "scale", channels), Draw(g, "shift", channels), Draw(g, "mean", channels), variance];
        return g.Node("BatchNormalization", inputs, [Attr.Float("epsilon", 1e-3f)]);
    }

    private string Draw(GraphBuilder g, string name, params long[] shape) => g.Initializer(name, Numbers((int)shape.Aggregate((a, b) => a * b)), shape);

    private float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(_random.NextDouble() * 2 - 1))];
}
