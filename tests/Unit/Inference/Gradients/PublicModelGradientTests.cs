using System.Diagnostics;
using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;
using Xunit.Abstractions;

namespace Iml4e.Tests.Unit.Inference.Gradients;

/// <summary>Gradients of public models, against values that another implementation gave.</summary>
public sealed class PublicModelGradientTests(ITestOutputHelper log)
{
    [SharedDataTheory]
    [InlineData("mnist.onnx", 2.986552, 5.558675, 14.587413, 1.108149)]
    [InlineData("FastestDet.onnx", 1845.400879, 2530.564, -1032.569, 102.3285)]
    [InlineData("version-RFB-320.onnx", 4911.707, 25.80547, 2.76384, 0.616512)]
    [InlineData("yunet_n_320_320.onnx", 8707.9023, 60.3059, -17.8270, 1.32145)]
    public void V16_public_models(string file, double loss, double norm, double sum, double largest)
    {
        var forward = GraphSurgery.Parse(SharedData.Read("models", file));
        var clock = Stopwatch.StartNew();
        var initializers = forward.Graph.Initializer.Select(i => i.Name).ToHashSet();
        var input = forward.Graph.Input.First(i => !initializers.Contains(i.Name));
        var model = GradientGraphBuilder.Build(forward, new GradientRequest { Wrt = [input.Name] });
        var built = clock.Elapsed;
        var x = Pattern(input);

        using var session = ModelSession.Load(model.Model);
        var shapes = session.Metadata.Inputs.Where(i => i.Name != input.Name).ToList();
        var zeros = shapes.Select(s => new Tensor(s.Name, s.Datatype, s.Shape, new byte[s.Shape.Aggregate(1L, (a, b) => a * b) * s.Datatype.ElementSize()]));
        var outputs = session.Run([x, .. zeros], [.. model.SeedInputs.Select(s => s[3..])]);
        var seeds = outputs.Select(o => o.WithName("dY_" + o.Name)).ToList();
        var gradient = session.Run([x, .. seeds], model.GradOutputs)[0].ToDoubles();
        log.WriteLine($"{file}: built in {built.TotalMilliseconds:0} ms, {model.Report.ForwardNodes} → {model.Model.Graph.Node.Count} nodes");
        var value = outputs.Sum(o => o.ToDoubles().Sum(v => v * v)) / 2;
        log.WriteLine($"L {value:R} norm {Numeric.Norm(gradient):R} sum {gradient.Sum():R} max {gradient.Max(Math.Abs):R}");

        Assert.Equal(1, value / loss, 1e-3);
        Assert.Equal(1, Numeric.Norm(gradient) / norm, 1e-3);
        Assert.Equal(0, (gradient.Sum() - sum) / norm, 1e-3);
        Assert.Equal(1, gradient.Max(Math.Abs) / largest, 1e-3);
        Assert.DoesNotContain(model.Model.Graph.Node, n => n.Domain.Length > 0);
        Assert.Equal(GraphSurgery.Serialize(model.Model),
            GraphSurgery.Serialize(GradientGraphBuilder.Build(forward, new GradientRequest { Wrt = [input.Name] }).Model));
    }

    [SharedDataTheory]
    [InlineData("mnist.onnx", 8)]
    [InlineData("FastestDet.onnx", 11)]
    [InlineData("version-RFB-320.onnx", 9)]
    [InlineData("yunet_n_320_320.onnx", 11)]
    public void Public_models_give_the_same_after_the_uplift(string file, int opset)
    {
        var forward = GraphSurgery.Parse(SharedData.Read("models", file));
        Assert.Equal(opset, OpsetNormalization.VersionOf(forward));
        var uplifted = OpsetNormalization.Uplift(forward);
        Assert.Equal(18, OpsetNormalization.VersionOf(uplifted));
        var stored = forward.Graph.Initializer.Select(i => i.Name).ToHashSet();
        var x = Pattern(forward.Graph.Input.First(i => !stored.Contains(i.Name)));
        using var before = ModelSession.Load(forward);
        using var after = ModelSession.Load(uplifted);
        foreach (var (expected, actual) in before.Run([x]).Zip(after.Run([x])))
        {
            var (a, b) = (expected.ToDoubles(), actual.ToDoubles());
            var error = a.Zip(b, (p, q) => Math.Abs(p - q)).Max() / Math.Max(1, a.Max(Math.Abs));
            log.WriteLine($"{file}, {expected.Name}: {error:G3}");
            Assert.True(error <= 1e-5, $"{expected.Name}: {error:G3}");
        }
    }

    private static Tensor Pattern(ValueInfoProto input)
    {
        var shape = input.Type.TensorType.Shape.Dim.Select(d => d.HasDimValue ? d.DimValue : 1).ToArray();
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
            values[i] = (7 * (i / (shape[2] * shape[3])) % 256 + 3 * (i / shape[3] % shape[2]) + 5 * (i % shape[3])) % 256 / 255f;
        return Tensor.FromFloats(input.Name, values, shape);
    }
}
