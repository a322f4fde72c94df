using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Gradients;

/// <summary>Gradients that another framework's automatic differentiation gave.</summary>
public sealed class GradientVectorTests
{
    private static Dictionary<string, Tensor> Run(OpCase op, Tensor seed, bool training = false)
    {
        var model = GradientGraphBuilder.Build(op.Model(), new GradientRequest { Wrt = [.. op.Wrt], SeedTensors = ["y"], TrainingMode = training });
        var parameters = model.Parameters.Where(p => op.Fed.All(f => f.Name != p.Name));
        return Numeric.Run(model, op.Fed.Concat(parameters).Append(seed));
    }

    private static Tensor Sequence(string name, params long[] shape) =>
        Tensor.FromFloats(name, Numeric.Sequence((int)shape.Aggregate(1L, (a, b) => a * b)), shape);

    private static Tensor G(long[] shape, params float[] values) => Tensor.FromFloats("dY_y", values, shape);

    private static Tensor Ones(params long[] shape) => G(shape, [.. Enumerable.Repeat(1f, (int)shape.Aggregate(1L, (a, b) => a * b))]);

    private static void Expect(Dictionary<string, Tensor> results, string name, params double[] values) =>
        Numeric.Close(values, results[name], 2e-6 * Math.Max(1, values.Max(Math.Abs)));

    [Fact]
    public void V01_convolution()
    {
        var results = Run(new OpCase("Conv").In(Sequence("x", 1, 1, 3, 3)).Weight(Sequence("w", 1, 1, 2, 2)), G([1, 1, 2, 2], 1, 2, 3, 4));
        Expect(results, "y", 37, 47, 67, 77);
        Expect(results, "grad_x", 1, 4, 4, 6, 20, 16, 9, 24, 16);
        Expect(results, "grad_w", 37, 47, 67, 77);
    }

    [Fact]
    public void V02_convolution_strided_and_padded()
    {
        var results = Run(
            new OpCase("Conv").In(Sequence("x", 1, 1, 5, 5)).Weight(Numeric.Floats("w", [1, 1, 3, 3], 1, 0, -1, 2, 0, -2, 1, 0, -1))
                .With(Attr.Ints("strides", 2, 2), Attr.Ints("pads", 1, 1, 1, 1)),
            Ones(1, 1, 3, 3));
        Expect(results, "y", -11, -6, 17, -48, -8, 56, -61, -6, 67);
        Expect(results, "grad_x", new double[25]);
        Expect(results, "grad_w", 52, 78, 52, 78, 117, 78, 52, 78, 52);
    }

    [Fact]
    public void V03_convolution_strided_and_dilated()
    {
        var results = Run(
            new OpCase("Conv").In(Sequence("x", 1, 1, 4, 4)).Weight(Sequence("w", 1, 1, 2, 2)).With(Attr.Ints("strides", 2, 2), Attr.Ints("dilations", 2, 2)),
            Ones(1, 1, 1, 1));
        Expect(results, "y", 78);
        Expect(results, "grad_x", 1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0);
        Expect(results, "grad_w", 1, 3, 9, 11);
    }

    [Fact]
    public void V04_depthwise_convolution()
    {
        var results = Run(
            new OpCase("Conv").In(Sequence("x", 1, 2, 2, 2)).Weight(Sequence("w", 2, 1, 2, 2)).With(Attr.Int("group", 2)), G([1, 2, 1, 1], 1, 10));
        Expect(results, "y", 30, 174);
        Expect(results, "grad_x", 1, 2, 3, 4, 50, 60, 70, 80);
        Expect(results, "grad_w", 1, 2, 3, 4, 50, 60, 70, 80);
    }

    [Fact]
    public void V05_transposed_convolution()
    {
        var results = Run(new OpCase("ConvTranspose").In(Sequence("x", 1, 1, 2, 2)).Weight(Sequence("w", 1, 1, 2, 2)).With(Attr.Ints("strides", 2, 2)),
            Ones(1, 1, 4, 4));
        Assert.Equal([1, 2, 2, 4], results["y"].ToDoubles()[..4]);
        Expect(results, "grad_x", 10, 10, 10, 10);
        Expect(results, "grad_w", 10, 10, 10, 10);
    }

    [Fact]
    public void V06_max_pooling_gives_ties_to_the_first()
    {
        var x = Numeric.Floats("x", [1, 1, 4, 4], 0, 0, 1, 2, 0, 0, 2, 2, 3, 1, 0, 0, 1, 3, 0, -1);
        var results = Run(new OpCase("MaxPool").In(x).With(Attr.Ints("kernel_shape", 2, 2), Attr.Ints("strides", 2, 2)), G([1, 1, 2, 2], 1, 2, 3, 4));
        Expect(results, "grad_x", 1, 0, 0, 2, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0);
    }

    [Theory]
    [InlineData(0, new[] { 1, 2.5, 5.5, 7 }, new[] { 1, 1, 1, 1.5, 1, 1, 1.5, 1, 1 })]
    [InlineData(1, new[] { .25, 1.25, 2.75, 7 }, new[] { .25, .5, .5, .75, 1, 1, .75, 1, 1 })]
    public void V07_average_pooling(int countPadding, double[] y, double[] dx)
    {
        var results = Run(
            new OpCase("AveragePool").In(Sequence("x", 1, 1, 3, 3))
                .With(Attr.Ints("kernel_shape", 2, 2), Attr.Ints("strides", 2, 2), Attr.Ints("pads", 1, 1, 1, 1), Attr.Int("count_include_pad", countPadding)),
            G([1, 1, 2, 2], 1, 2, 3, 4));
        Expect(results, "y", y);
        Expect(results, "grad_x", dx);
    }

    [Theory]
    [InlineData("Softmax", new[] { 0.081925, -0.022033, -0.059892 })]
    [InlineData("LogSoftmax", new[] { 0.909969, -0.244728, -0.665241 })]
    public void V08_softmax(string op, double[] dx) => Expect(Run(new OpCase(op).In(Numeric.Floats("x", [1, 3], 1, 2, 3)), G([1, 3], 1, 0, 0)), "grad_x", dx);

    [Fact]
    public void V09_layer_normalisation()
    {
        var results = Run(
            new OpCase("LayerNormalization").In(Numeric.Floats("x", [1, 4], 1, 2, 4, 9)).Weight(Numeric.Floats("gamma", [4], 1, 2, 1, 1))
                .Weight(Numeric.Floats("beta", [4], 0, 0, 0, 0)),
            G([1, 4], 1, 0, 0, 0));
        Expect(results, "y", -0.973328, -1.297771, 0, 1.622213);
        Expect(results, "grad_x", 0.16649, -0.132338, -0.081111, 0.046959);
        Expect(results, "grad_gamma", -0.973328, 0, 0, 0);
        Expect(results, "grad_beta", 1, 0, 0, 0);
    }

    [Fact]
    public void V10_batch_normalisation_in_training_and_its_running_statistics()
    {
        var op = new OpCase("BatchNormalization").In(Numeric.Floats("x", [4, 1], 1, 2, 3, 6)).Weight(Numeric.Floats("gamma", [1], 2))
            .Weight(Numeric.Floats("beta", [1], .5f))
            .Stored(Numeric.Floats("mean", [1], 0)).Stored(Numeric.Floats("var", [1], 1));
        var results = Run(op, G([4, 1], 1, 0, 0, 0), training: true);
        Expect(results, "y", -1.638087, -0.569043, .5, 3.70713);
        Expect(results, "grad_x", 0.496342, -0.419981, -0.267261, 0.190899);
        Expect(results, "grad_gamma", -1.069043);
        Expect(results, "grad_beta", 1);
        Expect(results, "op/running_mean", 0.3);
        Expect(results, "op/running_var", 1.25);
    }

    [Theory]
    [InlineData("linear", "half_pixel", new[] { 12.5, 19.5, 40.5, 47.5 })]
    [InlineData("nearest", "asymmetric", new[] { 10.0, 18, 42, 50 })]
    public void V11_resize(string mode, string coordinates, double[] dx)
    {
        var op = new OpCase("Resize").In(Sequence("x", 1, 1, 2, 2)).Missing().Stored(Numeric.Floats("scales", [4], 1, 1, 2, 2))
            .With(Attr.Text("mode", mode), Attr.Text("coordinate_transformation_mode", coordinates), Attr.Text("nearest_mode", "floor"));
        Expect(Run(op, G([1, 1, 4, 4], Numeric.Sequence(16, 0))), "grad_x", dx);
        if (mode == "linear")
            Expect(Run(op, Ones(1, 1, 4, 4)), "grad_x", 4, 4, 4, 4);
    }

    [Fact]
    public void V12_cross_entropy()
    {
        var scores = Numeric.Floats("x", [3, 3], 2, 1, .5f, 0, 1, 3, 1, 1, 1);
        var network = new OpCase("Identity").In(scores).Model();
        var weighted = GradientGraphBuilder.Build(network, new GradientRequest
        {
            Wrt = ["x"], Seed = SeedMode.Loss, Loss = new LossSpec { Kind = LossKind.SoftmaxCrossEntropy, ClassWeights = [1, 2, .5f] },
        });
        var results = Numeric.Run(weighted, scores, Tensor.FromInt64s("labels", [0, 1, 2], 3));
        Expect(results, "loss", 1.529533);
        Expect(results, "grad_x", -0.106134, 0.066064, 0.04007, 0.024006, -0.506174, 0.482168, 0.047619, 0.047619, -0.095238);

        var ignoring = GradientGraphBuilder.Build(network, new GradientRequest
        {
            Wrt = ["x"], Seed = SeedMode.Loss, Loss = new LossSpec { Kind = LossKind.SoftmaxCrossEntropy, IgnoreIndex = -1 },
        });
        results = Numeric.Run(ignoring, scores, Tensor.FromInt64s("labels", [0, -1, 2], 3));
        Expect(results, "loss", 0.781491);
        Expect(results, "grad_x", -0.185734, 0.115612, 0.070122, 0, 0, 0, 0.166667, 0.166667, -0.333333);
    }

    [Fact]
    public void V13_gather_adds_up_repeated_rows()
    {
        var op = new OpCase("Gather").Weight(Sequence("table", 3, 2)).Ints("rows", 0, 2, 0);
        Expect(Run(op, G([3, 2], 1, 2, 3, 4, 5, 6)), "grad_table", 6, 8, 0, 0, 3, 4);
    }

    [Theory]
    [InlineData("HardSwish", "", new[] { 0, -.166667, .333333, .5, .666667, 1.166667, 1 })]
    [InlineData("Gelu", "none", new[] { -.000504, -.085232, .132505, .5, .867495, 1.085232, 1.000504 })]
    [InlineData("Gelu", "tanh", new[] { -.000335, -.086099, .13263, .5, .86737, 1.086099, 1.000335 })]
    [InlineData("Mish", "", new[] { -.053773, -.108355, .289511, .6, .886424, 1.069318, 1.004433 })]
    public void V14_activations(string op, string approximate, double[] dx)
    {
        var model = new OpCase(op, op == "Gelu" ? 20 : 18).In(Numeric.Floats("x", [7], -4, -2, -.5f, 0, .5f, 2, 4));
        if (approximate.Length > 0)
            model.With(Attr.Text("approximate", approximate));
        Expect(Run(model, Ones(7)), "grad_x", dx);
    }

    [Fact]
    public void V14_silu_as_exporters_write_it()
    {
        var g = new GraphBuilder(opset: 18);
        var x = g.Input("x", TensorDatatype.FP32, 7);
        g.Output("y", g.Node("Mul", [x, g.Node("Sigmoid", [x])]), TensorDatatype.FP32, 7);
        var model = GradientGraphBuilder.Build(g.Build(), new GradientRequest { Wrt = ["x"] });
        var results = Numeric.Run(model, Numeric.Floats("x", [7], -4, -2, -.5f, 0, .5f, 2, 4), Ones(7));
        Expect(results, "grad_x", -.052665, -.090784, .260039, .5, .739961, 1.090784, 1.052665);
    }
}
