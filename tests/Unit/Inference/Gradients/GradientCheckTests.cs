using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Gradients.Checking;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Gradients;

public sealed class GradientCheckTests
{
    [Fact]
    public void A_smooth_network_passes_in_double_precision()
    {
        var report = GradientCheck.Run(Smooth(), new GradientRequest { Wrt = ["x", "w"] });
        Assert.True(report.Passed, string.Join('\n', report.Differences));
        Assert.Equal(GradPrecision.Float64, report.Precision);
        Assert.Equal(8, report.Differences.Count);
        Assert.True(report.AdjointError <= 1e-6, $"{report.AdjointError}");
        Assert.True(report.ZeroSeedIsZero);
    }

    [Fact]
    public void Convolutions_are_checked_in_single_precision()
    {
        var g = new GraphBuilder(opset: 18);
        var x = g.Input("x", TensorDatatype.FP32, "N", 2, 6, 6);
        var random = new Random(3);
        var conv = g.Node("Conv", [x, g.Initializer(Numeric.Distinct(random, "w", 3, 2, 3, 3))], [Attr.Ints("pads", 1, 1, 1, 1)]);
        g.Output("y", g.Node("Sigmoid", [conv]), TensorDatatype.FP32, "N", 3, 6, 6);
        var report = GradientCheck.Run(g.Build(), new GradientRequest { Wrt = ["x", "w"] });
        Assert.True(report.Passed, string.Join('\n', report.Differences));
        Assert.Equal(GradPrecision.Float32, report.Precision);
    }

    [Fact]
    public void A_gradient_that_passes_over_rounding_does_not_pass()
    {
        var g = new GraphBuilder(opset: 18);
        var x = g.Input("x", TensorDatatype.FP32, 4);
        var (scale, zero) = (g.Scalar("scale", 2f), g.Initializer(Tensor.FromUInt8s("zero", [4])));
        g.Output("y", g.Node("DequantizeLinear", [g.Node("QuantizeLinear", [x, scale, zero]), scale, zero]), TensorDatatype.FP32, 4);
        var report = GradientCheck.Run(g.Build(), new GradientRequest { Wrt = ["x"] });
        Assert.False(report.Passed);
        Assert.Contains(report.Differences, d => !d.Passed && d.RelativeError > 0.9);
    }

    [Fact]
    public void The_point_can_be_given()
    {
        var options = new GradientCheckOptions { Inputs = [Tensor.FromFloats("x", [3, 4, 5, 6, 7, 8], 2, 3)], Directions = 1 };
        var report = GradientCheck.Run(Smooth(), new GradientRequest { Wrt = ["x"] }, options);
        Assert.True(report.Passed, string.Join('\n', report.Differences));
        Assert.Equal(2, report.Differences.Count);
    }

    [SharedDataTheory]
    [InlineData("mnist.onnx")]
    [InlineData("FastestDet.onnx")]
    [InlineData("version-RFB-320.onnx")]
    [InlineData("yunet_n_320_320.onnx")]
    public void Public_models_pass(string file)
    {
        var forward = GraphSurgery.Parse(SharedData.Read("models", file));
        var stored = forward.Graph.Initializer.Select(i => i.Name).ToHashSet();
        var report = GradientCheck.Run(forward, new GradientRequest { Wrt = [forward.Graph.Input.First(i => !stored.Contains(i.Name)).Name] });
        Assert.True(report.Passed, string.Join('\n', report.Differences) + $"\nlinearity {report.LinearityError}, zero {report.ZeroSeedIsZero}");
    }

    /// <summary>y = softmax(tanh(x·w)); x [N,3].</summary>
    private static ModelProto Smooth()
    {
        var g = new GraphBuilder(opset: 18);
        var x = g.Input("x", TensorDatatype.FP32, "N", 3);
        var h = g.Node("Tanh", [g.Node("MatMul", [x, g.Initializer(Numeric.Distinct(new Random(2), "w", 3, 4))])]);
        g.Output("y", g.Node("Softmax", [h]), TensorDatatype.FP32, "N", 4);
        return g.Build();
    }
}
