using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Gradients;

/// <summary>Where a rule has a quicker way for some shapes, that way is taken there, and gives what the general one does.</summary>
public sealed class ShortcutTests
{
    private const double Tolerance = 1e-5;

    /// <summary>How the weights' cotangent is computed.</summary>
    public enum Way
    {
        Cut,
        Shifted,
        Masked,
    }

    /// <summary>Windows: size, steps, distances, padding, rounding, and whether none of them overlap.</summary>
    public static TheoryData<long[], long[], long[], long[], int, bool> Windows => new()
    {
        { [2, 2], [2, 2], [1, 1], [0, 0, 0, 0], 0, true },
        { [3, 2], [3, 4], [1, 1], [1, 1, 2, 0], 0, true },
        { [2, 2], [4, 3], [3, 2], [1, 1, 1, 1], 0, true },
        { [1, 1], [1, 1], [1, 1], [0, 0, 0, 0], 0, true },
        { [3], [3], [1], [1, 1], 0, true },
        { [2, 2, 2], [2, 2, 3], [1, 1, 1], [0, 1, 0, 1, 0, 1], 0, true },
        { [3, 3], [2, 2], [1, 1], [1, 1, 1, 1], 0, false },
        { [2, 2], [2, 2], [2, 1], [0, 0, 0, 0], 0, false },
        { [2, 2], [2, 2], [1, 1], [0, 0, 0, 0], 1, false },
    };

    [Theory]
    [MemberData(nameof(Windows))]
    public void Maxima_go_back_to_where_they_came_from(long[] kernel, long[] strides, long[] dilations, long[] pads, int ceil, bool apart)
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var random = new Random(seed);
            // Half of the numbers are no more than zero, so that there are windows of zeros alone after a rectifier, and ties in others.
            var x = Numeric.Distinct(random, "x", [2, 3, .. kernel.Select((k, i) => (k - 1) * dilations[i] + 4 + random.Next(4))]);
            foreach (var rectified in new[] { false, true })
            {
                AttributeProto[] attributes =
                [
                    Attr.Ints("kernel_shape", kernel), Attr.Ints("strides", strides), Attr.Ints("dilations", dilations), Attr.Ints("pads", pads),
                    Attr.Int("ceil_mode", ceil),
                ];
                var single = Pooled(x, rectified, attributes);
                Assert.Equal(apart, single.Model.Graph.Node.Any(n => n.OpType == "MaxUnpool"));
                var twice = Pooled(Double(x), rectified, attributes);
                Assert.DoesNotContain(twice.Model.Graph.Node, n => n.OpType == "MaxUnpool");

                using var session = ModelSession.Load(single.Model);
                var shape = single.Model.Graph.Input.Single(i => i.Name == "dY_y").Type.TensorType.Shape.Dim.Select(d => d.DimValue);
                var g = Numeric.Distinct(random, "dY_y", [.. shape]);
                var expected = Numeric.Run(twice, Double(x), Double(g));
                var actual = session.Run([x, g]).ToDictionary(t => t.Name, StringComparer.Ordinal);
                Assert.Equal(expected["y"].ToDoubles(), actual["y"].ToDoubles().Select(v => (double)(float)v));
                Numeric.Close(expected["grad_x"].ToDoubles(), actual["grad_x"], Tolerance);
            }
        }
    }

    [Fact]
    public void What_is_no_number_has_no_place_and_stops_nothing()
    {
        var x = Numeric.Floats("x", [1, 1, 2, 4], float.NaN, float.NaN, 1, 2, float.NaN, float.NaN, 3, 4);
        var model = Pooled(x, false, [Attr.Ints("kernel_shape", 2, 2), Attr.Ints("strides", 2, 2)]);
        Assert.Contains(model.Model.Graph.Node, n => n.OpType == "MaxUnpool");
        var gradient = Numeric.Run(model, x, Numeric.Floats("dY_y", [1, 1, 1, 2], 5, 7))["grad_x"].ToDoubles();
        Assert.Equal(7, gradient[7]);
        Assert.Equal([0.0, 0, 0], [gradient[2], gradient[3], gradient[6]]);
    }

    // A value that something else reads as well gets what that gives, also where the pooling gives nothing.
    [Fact]
    public void A_rectifier_that_is_read_elsewhere_masks_for_itself()
    {
        var g = new GraphBuilder(opset: 18);
        var x = g.Input("x", TensorDatatype.FP32, 1, 1, 2, 2);
        var r = g.Node("Relu", [x]);
        var pooled = g.Node("MaxPool", [r], [Attr.Ints("kernel_shape", 2, 2), Attr.Ints("strides", 2, 2)]);
        var y = g.Node("Add", [pooled, g.Node("Mul", [r, g.Scalar("two", 2f)])], output: "y");
        g.Output(y, TensorDatatype.FP32, 1, 1, 2, 2);
        var model = GradientGraphBuilder.Build(g.Build(), new GradientRequest { Wrt = ["x"] });
        var results = Numeric.Run(model, Numeric.Floats("x", [1, 1, 2, 2], -1, 3, 2, -4), Numeric.Floats("dY_y", [1, 1, 2, 2], 1, 10, 100, 1000));
        Assert.Equal([0.0, 1111 + 20, 200, 0], results["grad_x"].ToDoubles());
    }

    [Theory]
    [InlineData(16, 8, new[] { 28, 28 }, new[] { 5, 5 }, 1, 2, Way.Masked)]
    [InlineData(6, 8, new[] { 28, 28 }, new[] { 3, 3 }, 1, 1, Way.Shifted)]
    [InlineData(1, 8, new[] { 28, 28 }, new[] { 3, 3 }, 1, 1, Way.Cut)]
    [InlineData(4, 6, new[] { 9, 9 }, new[] { 3, 3 }, 2, 0, Way.Shifted)]
    [InlineData(3, 512, new[] { 6, 6 }, new[] { 5, 5 }, 1, 2, Way.Cut)]
    [InlineData(16, 32, new[] { 14, 14 }, new[] { 3, 3 }, 1, 1, Way.Masked)]
    [InlineData(32, 16, new[] { 14, 11 }, new[] { 3, 5 }, 2, 4, Way.Masked)]
    [InlineData(24, 6, new[] { 30, 12 }, new[] { 5, 3 }, 1, 1, Way.Masked)]
    [InlineData(24, 6, new[] { 5, 30 }, new[] { 2, 3 }, 1, 1, Way.Shifted)]
    public void Places_see_the_image_from_a_later_number_on(int channels, int filters, int[] size, int[] kernel, int dilation, int pad, Way way)
    {
        var random = new Random(3);
        var x = Numeric.Between(random, -1, 1, "x", 2, channels, size[0], size[1]);
        var w = Numeric.Between(random, -1, 1, "w", filters, channels, kernel[0], kernel[1]);
        var model = Weighted(x, w, dilation, pad);
        Assert.Equal(way, WayOf(model));
        int[] seen = [.. size.Zip(kernel, (s, k) => s + 2 * pad - (k - 1) * dilation)];
        var g = Numeric.Between(random, -1, 1, "dY_y", 2, filters, seen[0], seen[1]);
        var expected = Correlated(x.ToDoubles(), g.ToDoubles(), filters, channels, size, seen, kernel, dilation, pad);
        Numeric.Close(expected, Numeric.Run(model, x, g)["grad_w"], Tolerance * seen[0] * seen[1] / 10);
    }

    // ⟨conv(x, w), g⟩ = ⟨w, grad⟩ for every w.
    [Theory]
    [InlineData(new long[] { 6, 9, 10 }, new long[] { 3, 3, 3 }, new long[] { 1, 1, 1 }, new long[] { 1, 1, 1, 1, 1, 1 })]
    [InlineData(new long[] { 6, 9, 14 }, new long[] { 2, 3, 5 }, new long[] { 1, 1, 1 }, new long[] { 0, 2, 1, 1, 0, 3 })]
    [InlineData(new long[] { 12, 11 }, new long[] { 3, 4 }, new long[] { 2, 1 }, new long[] { 1, 3, 0, 0 })]
    [InlineData(new long[] { 20, 13 }, new long[] { 7, 3 }, new long[] { 1, 3 }, new long[] { 6, 0, 0, 6 })]
    public void Masks_are_right_in_windows_of_every_kind(long[] size, long[] kernel, long[] dilations, long[] pads)
    {
        var random = new Random(4);
        var x = Numeric.Between(random, -1, 1, "x", [3, 24, .. size]);
        Tensor Weights() => Numeric.Between(random, -1, 1, "w", [12, 24, .. kernel]);
        GradientModel Model(Tensor w) => GradientGraphBuilder.Build(
            new OpCase("Conv").Feed(x, 0).Weight(w).With(Attr.Ints("dilations", dilations), Attr.Ints("pads", pads)).Model(), new GradientRequest { Wrt = ["w"] });
        Assert.Equal(Way.Masked, WayOf(Model(Weights())));
        long[] seen = [.. size.Select((s, i) => s + pads[i] + pads[i + size.Length] - (kernel[i] - 1) * dilations[i])];
        var g = Numeric.Between(random, -1, 1, "dY_y", [3, 12, .. seen]);
        double[]? gradient = null;
        for (var i = 0; i < 4; i++)
        {
            var w = Weights();
            var results = Numeric.Run(Model(w), x, g);
            gradient ??= results["grad_w"].ToDoubles();
            Assert.Equal(gradient, results["grad_w"].ToDoubles());
            var (y, weights) = (results["y"].ToDoubles(), w.ToDoubles());
            Assert.Equal(0, (Numeric.Dot(y, g.ToDoubles()) - Numeric.Dot(weights, gradient)) / (Numeric.Norm(weights) * Numeric.Norm(gradient)), Tolerance);
        }
    }

    private static Tensor Double(Tensor t) => Tensor.FromDoubles(t.Name, t.ToDoubles(), [.. t.Shape]);

    // The cotangent is padded at its end, or before as well, or not at all.
    private static Way WayOf(GradientModel model)
    {
        foreach (var node in model.Model.Graph.Node.Where(n => n.OpType == "Pad"))
        {
            var pads = TensorProtos.Read(model.Model.Graph.Initializer.Single(i => i.Name == node.Input[1])).ToDoubles();
            var (before, after) = (pads[..(pads.Length / 2)], pads[(pads.Length / 2)..]);
            if (!before.SequenceEqual(after))
                return before.Any(p => p > 0) ? Way.Masked : Way.Shifted;
        }

        // Where the image is padded on one axis alone, so is the cotangent.
        return model.Model.Graph.Node.Any(n => n.OpType == "Mul") ? Way.Masked : Way.Cut;
    }

    // dL/dw[f, c, i, j] = sum over n, a, b of g[n, f, a, b] * x[n, c, a + i d - p, b + j d - p].
    private static double[] Correlated(double[] x, double[] g, int filters, int channels, int[] size, int[] seen, int[] kernel, int dilation, int pad)
    {
        var places = kernel[0] * kernel[1];
        var result = new double[filters * channels * places];
        for (var at = 0; at < result.Length; at++)
        {
            var (j, i, c, f) = (at % kernel[1], at / kernel[1] % kernel[0], at / places % channels, at / (places * channels));
            for (var n = 0; n < 2; n++)
            {
                for (var a = 0; a < seen[0]; a++)
                {
                    for (var b = 0; b < seen[1]; b++)
                    {
                        var (row, column) = (a + i * dilation - pad, b + j * dilation - pad);
                        if (row >= 0 && row < size[0] && column >= 0 && column < size[1])
                            result[at] += g[((n * filters + f) * seen[0] + a) * seen[1] + b] * x[((n * channels + c) * size[0] + row) * size[1] + column];
                    }
                }
            }
        }

        return result;
    }

    private static GradientModel Weighted(Tensor x, Tensor w, int dilation, int pad) => GradientGraphBuilder.Build(
        new OpCase("Conv").Feed(x, 0).Weight(w).With(Attr.Ints("dilations", dilation, dilation), Attr.Ints("pads", pad, pad, pad, pad)).Model(),
        new GradientRequest { Wrt = ["w"] });

    private static GradientModel Pooled(Tensor x, bool rectified, AttributeProto[] attributes)
    {
        var g = new GraphBuilder(opset: 18);
        var input = g.Input("x", x.Datatype, [.. x.Shape.Select(d => (Dim)d)]);
        var y = g.Node("MaxPool", [rectified ? g.Node("Relu", [input]) : input], attributes, output: "y");
        g.Output(y, x.Datatype);
        return GradientGraphBuilder.Build(g.Build(), new GradientRequest { Wrt = ["x"] });
    }
}
