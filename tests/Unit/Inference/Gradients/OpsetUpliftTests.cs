using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Gradients;

/// <summary>Models of older operator sets give the same after they are rewritten for the one that gradients are written in.</summary>
public sealed class OpsetUpliftTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<int, string> Cases
    {
        get
        {
            var data = new TheoryData<int, string>();
            foreach (var opset in (int[])[7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21])
            {
                foreach (var name in Makers.Keys)
                    data.Add(opset, name);
            }

            return data;
        }
    }

    private static readonly SortedDictionary<string, Func<int, OpCase>> Makers = new(StringComparer.Ordinal)
    {
        ["squeeze"] = v => Axes(v, 13, new OpCase("Squeeze", v).In(X(2, 1, 3, 1)), 1, 3),
        ["unsqueeze"] = v => Axes(v, 13, new OpCase("Unsqueeze", v).In(X(2, 3)), 0, 2),
        ["sum"] = v => Axes(v, 13, new OpCase("ReduceSum", v).In(X(2, 3, 4)), 1),
        ["mean"] = v => Axes(v, 18, new OpCase("ReduceMean", v).In(X(2, 3, 4)), 1, 2),
        ["norm"] = v => Axes(v, 18, new OpCase("ReduceL2", v).In(X(2, 3, 4)), 2),
        ["largest"] = v => Axes(v, 18, new OpCase("ReduceMax", v).In(X(2, 3, 4)), 0),
        ["split"] = v => v < 13
            ? new OpCase("Split", v).In(X(2, 5)).With(Attr.Ints("split", 2, 3), Attr.Int("axis", 1)).Giving(2)
            : new OpCase("Split", v).In(X(2, 5)).Ints("split", 2, 3).With(Attr.Int("axis", 1)).Giving(2),
        ["split evenly"] = v => v < 18
            ? new OpCase("Split", v).In(X(2, 6)).With(Attr.Int("axis", 1)).Giving(3)
            : new OpCase("Split", v).In(X(2, 6)).With(Attr.Int("axis", 1), Attr.Int("num_outputs", 3)).Giving(3),
        ["slice"] = v => v < 10
            ? new OpCase("Slice", v).In(X(3, 5)).With(Attr.Ints("starts", 1, -3), Attr.Ints("ends", 3, 9), Attr.Ints("axes", 0, 1))
            : new OpCase("Slice", v).In(X(3, 5)).Ints("starts", 1, -3).Ints("ends", 3, 9).Ints("axes", 0, 1),
        ["clip"] = v => v < 11
            ? new OpCase("Clip", v).In(X(3, 5)).With(Attr.Float("min", -0.5f), Attr.Float("max", 0.75f))
            : new OpCase("Clip", v).In(X(3, 5)).Stored(Tensor.FromFloats("min", [-0.5f])).Stored(Tensor.FromFloats("max", [0.75f])),
        ["pad"] = v => v < 11
            ? new OpCase("Pad", v).In(X(2, 3)).With(Attr.Ints("pads", 1, 0, 0, 2), Attr.Float("value", 1.5f))
            : new OpCase("Pad", v).In(X(2, 3)).Ints("pads", 1, 0, 0, 2).Stored(Tensor.FromFloats("value", [1.5f])),
        ["softmax over all that follows"] = v => new OpCase("Softmax", v).In(X(2, 3, 4)).With(Attr.Int("axis", 1)),
        ["softmax over the last"] = v => new OpCase("LogSoftmax", v).In(X(2, 3)).With(Attr.Int("axis", 1)),
        ["dropout"] = v => v < 12 ? new OpCase("Dropout", v).In(X(2, 3)).With(Attr.Float("ratio", 0.3f))
            : new OpCase("Dropout", v).In(X(2, 3)).Stored(Tensor.FromFloats("ratio", [0.3f])),
        ["batch normalisation"] = v => new OpCase("BatchNormalization",
            v).In(X(2, 3, 2)).Weight(X("s", 3)).Weight(X("b", 3)).Stored(X("m", 3)).Stored(Tensor.FromFloats("v", [1, 2, 3], 3)),
        ["enlargement"] = v => Enlargement(v),
        ["general matrix product"] = v => new OpCase("Gemm", v).In(X(2, 3)).Weight(X("w", 3, 2)).Weight(X("c", 2)),
        ["padding of the same size"] = v =>
            new OpCase("Conv", v).In(X(1, 2, 6, 5)).Weight(X("w", 3, 2, 3, 3)).With(Attr.Text("auto_pad", "SAME_UPPER"), Attr.Ints("strides", 2, 2)),
        ["lower padding of the same size"] = v => new OpCase("Conv", v).In(X(1, 2, 6, 5)).Weight(X("w", 3, 2, 2, 2)).With(Attr.Text("auto_pad", "SAME_LOWER")),
        ["pooling of the same size"] = v =>
            new OpCase("MaxPool", v).In(X(1, 2, 6, 5)).With(Attr.Text("auto_pad", "SAME_UPPER"), Attr.Ints("kernel_shape", 3, 2), Attr.Ints("strides", 2, 2)),
        ["transposed convolution of the same size"] = v =>
            new OpCase("ConvTranspose", v).In(X(1, 2, 3, 4)).Weight(X("w", 2, 1, 3, 3)).With(Attr.Text("auto_pad", "SAME_UPPER"), Attr.Ints("strides", 2, 2)),
        ["transposed convolution to a shape"] = v =>
            new OpCase("ConvTranspose", v).In(X(1, 2, 3, 4)).Weight(X("w", 2, 1, 3, 3)).With(Attr.Ints("output_shape", 6, 8), Attr.Ints("strides", 2, 2)),
        ["average pooling of the same size"] = v =>
            new OpCase("AveragePool", v).In(X(1, 2, 6, 5)).With(Attr.Text("auto_pad", "SAME_LOWER"), Attr.Ints("kernel_shape", 3, 2), Attr.Ints("strides", 2, 2)),
        ["nearest enlargement"] = v => Enlargement(v, "nearest"),
        ["softmax over everything"] = v => new OpCase("LogSoftmax", v).In(X(2, 3, 2)).With(Attr.Int("axis", 0)),
        ["other reductions"] = v => Axes(v, 18, new OpCase("ReduceLogSumExp", v).In(X(2, 3, 4)).With(Attr.Int("keepdims", 0)), 0, 2),
        ["best"] = v => v < 10 ? new OpCase("TopK", v).In(X(2, 5)).With(Attr.Int("k", 2)).Giving(2) : new OpCase("TopK", v).In(X(2, 5)).Ints("k", 2).Giving(2),
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Outputs_stay_what_they_were(int opset, string name)
    {
        var given = Makers[name](opset);
        var forward = given.Model();
        using var before = ModelSession.Load(forward, Numeric.Plain);
        var expected = before.Run(given.Fed);
        var model = GradientGraphBuilder.Build(forward, new GradientRequest { Wrt = [.. given.Wrt], SeedTensors = ["y"] });
        using var after = ModelSession.Load(model.Model, Numeric.Plain);
        var actual = after.Run([.. given.Fed, Tensor.FromFloats("dY_y", new float[expected[0].ElementCount], expected[0].Shape)]);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].Shape, actual[i].Shape);
            Numeric.Close(expected[i].ToDoubles(), actual[i], Tolerance);
        }

        Assert.Equal(Math.Max(18, opset), model.Model.OpsetImport.Single().Version);
    }

    private static OpCase Enlargement(int v, string mode = "linear")
    {
        var scales = Tensor.FromFloats("scales", [1, 1, 2, 3], 4);
        var op = v switch
        {
            < 9 => new OpCase("Upsample", v).In(X(1, 2, 2, 3)).With(Attr.Floats("scales", 1, 1, 2, 3)),
            < 10 => new OpCase("Upsample", v).In(X(1, 2, 2, 3)).Stored(scales),
            < 11 => new OpCase("Resize", v).In(X(1, 2, 2, 3)).Stored(scales),
            _ => new OpCase("Resize", v).In(X(1, 2, 2, 3)).Stored(Tensor.FromFloats("roi", [], 0)).Stored(scales)
                .With(Attr.Text("coordinate_transformation_mode", "asymmetric")),
        };
        if (v >= 11 && mode == "nearest")
            op = op.With(Attr.Text("nearest_mode", "floor"));
        return op.With(Attr.Text("mode", mode));
    }

    private static OpCase Axes(int opset, int since, OpCase op, params long[] axes) => opset < since ? op.With(Attr.Ints("axes", axes)) : op.Ints("axes", axes);

    private static Tensor X(params long[] shape) => X("x", shape);

    private static Tensor X(string name, params long[] shape) => Numeric.Distinct(new Random(5), name, shape);
}
