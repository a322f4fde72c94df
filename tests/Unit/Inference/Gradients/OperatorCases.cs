using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Gradients;

/// <summary>Cases of every operator: shapes, attributes and values drawn at random, all within what the operator allows and away from its kinks.</summary>
internal static class OperatorCases
{
    private static readonly long[] Empty = [];

    /// <summary>Operators and what makes a case of them.</summary>
    internal static readonly SortedDictionary<string, Func<Random, OpCase>> All = new(StringComparer.Ordinal)
    {
        ["Relu"] = Activation("Relu"),
        ["LeakyRelu"] = Activation("LeakyRelu", r => Attr.Float("alpha", Real(r, 0.05, 0.5))),
        ["Elu"] = Activation("Elu", r => Attr.Float("alpha", Real(r, 0.5, 1.5))),
        ["Selu"] = Activation("Selu"),
        ["Celu"] = Activation("Celu", r => Attr.Float("alpha", Real(r, 0.5, 1.5))),
        ["ThresholdedRelu"] = r => new OpCase("ThresholdedRelu").In(Numeric.Between(r, 1.1, 3, "x", Shape(r))).With(Attr.Float("alpha", 1)),
        ["PRelu"] = PRelu,
        ["Sigmoid"] = Activation("Sigmoid"),
        ["HardSigmoid"] = r => new OpCase("HardSigmoid").In(Numeric.Between(r, -1.9, 1.9, "x", Shape(r)))
            .With(Attr.Float("alpha", 0.25f), Attr.Float("beta", 0.5f)),
        ["HardSwish"] = r => new OpCase("HardSwish").In(Numeric.Between(r, -2.8, 2.8, "x", Shape(r))),
        ["Tanh"] = Activation("Tanh"),
        ["Softplus"] = Activation("Softplus"),
        ["Softsign"] = Activation("Softsign"),
        ["Mish"] = Activation("Mish"),
        ["Gelu"] = r => new OpCase("Gelu", 20).In(Numeric.Distinct(r, "x", Shape(r))).With(Attr.Text("approximate", r.Next(2) == 0 ? "none" : "tanh")),
        ["com.microsoft.FastGelu"] = r => new OpCase("FastGelu", 18, "com.microsoft").In(Numeric.Distinct(r, "x", 3, 4)).Weight(Numeric.Distinct(r, "b", 4)),
        ["com.microsoft.QuickGelu"] = r => new OpCase("QuickGelu", 18, "com.microsoft").In(Numeric.Distinct(r, "x", 3, 4)),
        ["com.microsoft.Gelu"] = r => new OpCase("Gelu", 18, "com.microsoft").In(Numeric.Distinct(r, "x", 3, 4)),
        ["Identity"] = Activation("Identity"),
        ["Dropout"] = Activation("Dropout"),
        ["Cast"] = r => new OpCase("Cast").In(Numeric.Distinct(r, "x", Shape(r))).With(Attr.Int("to", (long)TensorProto.Types.DataType.Double)),
        ["Erf"] = Activation("Erf"),
        ["Exp"] = Activation("Exp"),
        ["Log"] = Positive("Log"),
        ["Sqrt"] = Positive("Sqrt"),
        ["Reciprocal"] = Positive("Reciprocal"),
        ["Neg"] = Activation("Neg"),
        ["Abs"] = Activation("Abs"),
        ["Sin"] = Activation("Sin"),
        ["Cos"] = Activation("Cos"),
        ["Tan"] = Bounded("Tan"),
        ["Sinh"] = Activation("Sinh"),
        ["Cosh"] = Activation("Cosh"),
        ["Asin"] = Bounded("Asin"),
        ["Acos"] = Bounded("Acos"),
        ["Atan"] = Activation("Atan"),
        ["Asinh"] = Activation("Asinh"),
        ["Acosh"] = r => new OpCase("Acosh").In(Numeric.Between(r, 1.5, 3, "x", Shape(r))),
        ["Atanh"] = Bounded("Atanh"),
        ["Add"] = Binary("Add"),
        ["Sub"] = Binary("Sub"),
        ["Mul"] = Binary("Mul"),
        ["Div"] = r => Two(r, "Div", Numeric.Between(r, 0.5, 2, "b", Broadcast(r))),
        ["Pow"] = Pow,
        ["Sum"] = Variadic("Sum"),
        ["Mean"] = Variadic("Mean"),
        ["Min"] = Variadic("Min"),
        ["Max"] = Variadic("Max"),
        ["Clip"] = Clip,
        ["Where"] = Where,
        ["ReduceSum"] = Reduction("ReduceSum"),
        ["ReduceMean"] = Reduction("ReduceMean"),
        ["ReduceMax"] = Reduction("ReduceMax"),
        ["ReduceMin"] = Reduction("ReduceMin"),
        ["ReduceL1"] = Reduction("ReduceL1"),
        ["ReduceL2"] = Reduction("ReduceL2"),
        ["ReduceSumSquare"] = Reduction("ReduceSumSquare"),
        ["ReduceLogSum"] = Reduction("ReduceLogSum", 0.5, 2),
        ["ReduceLogSumExp"] = Reduction("ReduceLogSumExp"),
        ["ReduceProd"] = Reduction("ReduceProd", 0.7, 1.4),
        ["CumSum"] = r => new OpCase("CumSum").In(Numeric.Distinct(r, "x", 2, 3, 4)).Stored(Tensor.FromInt64s("axis", [r.Next(-3, 3)]))
            .With(Attr.Int("exclusive", r.Next(2)), Attr.Int("reverse", r.Next(2))),
        ["Softmax"] = r => new OpCase("Softmax").In(Numeric.Distinct(r, "x", 2, 3, 4), Free(r)).With(Attr.Int("axis", r.Next(-3, 3))),
        ["LogSoftmax"] = r => new OpCase("LogSoftmax").In(Numeric.Distinct(r, "x", 2, 3, 4), Free(r)).With(Attr.Int("axis", r.Next(-3, 3))),
        ["MatMul"] = MatMul,
        ["Gemm"] = Gemm,
        ["Einsum"] = Einsum,
        ["Conv"] = Conv,
        ["ConvTranspose"] = ConvTranspose,
        ["MaxPool"] = r => Pool(r, "MaxPool"),
        ["AveragePool"] = r => Pool(r, "AveragePool").With(Attr.Int("count_include_pad", r.Next(2))),
        ["GlobalAveragePool"] = r => new OpCase("GlobalAveragePool").In(Numeric.Distinct(r, "x", 2, 3, 4, 5), Spatial(r)),
        ["GlobalMaxPool"] = r => new OpCase("GlobalMaxPool").In(Numeric.Distinct(r, "x", 2, 3, 4, 5), Spatial(r)),
        ["Resize"] = Resize,
        ["Reshape"] = r => new OpCase("Reshape").In(Numeric.Distinct(r, "x", 2, 3, 4), Free(r)).Ints("shape", r.Next(2) == 0 ? [0, 12] : [-1, 4, 3]),
        ["Flatten"] = r => new OpCase("Flatten").In(Numeric.Distinct(r, "x", 2, 3, 4), Free(r)).With(Attr.Int("axis", r.Next(0, 4))),
        ["Squeeze"] = r => new OpCase("Squeeze").In(Numeric.Distinct(r, "x", 2, 1, 3, 1), Free(r)).Ints("axes", r.Next(2) == 0 ? [1] : [-1, 1]),
        ["Unsqueeze"] = r => new OpCase("Unsqueeze").In(Numeric.Distinct(r, "x", 2, 3), Free(r)).Ints("axes", r.Next(2) == 0 ? [1] : [0, -1]),
        ["Transpose"] = r => new OpCase("Transpose").In(Numeric.Distinct(r, "x", 2, 3, 4), Free(r)).With(Attr.Ints("perm", Permutation(r, 3))),
        ["Expand"] = r => new OpCase("Expand").In(Numeric.Distinct(r, "x", 3, 1)).Ints("shape", r.Next(2) == 0 ? [2, 3, 4] : [3, 4]),
        ["Concat"] = r => new OpCase("Concat").In(Numeric.Distinct(r, "a", 2, r.Next(1, 4), 2)).In(Numeric.Distinct(r, "b", 2, r.Next(1, 4), 2))
            .In(Numeric.Distinct(r, "c", 2, 1, 2))
            .With(Attr.Int("axis", r.Next(2) == 0 ? 1 : -2)),
        ["Split"] = r => new OpCase("Split").In(Numeric.Distinct(r, "x", 2, 5), Free(r)).Ints("split", r.Next(2) == 0 ? [2, 3] : [4, 1])
            .With(Attr.Int("axis", 1)).Giving(2),
        ["DepthToSpace"] = r => new OpCase("DepthToSpace").In(Numeric.Distinct(r, "x", 2, 8, 2, 3), Spatial(r))
            .With(Attr.Int("blocksize", 2), Attr.Text("mode", r.Next(2) == 0 ? "DCR" : "CRD")),
        ["SpaceToDepth"] = r => new OpCase("SpaceToDepth").In(Numeric.Distinct(r, "x", 2, 2, 4, 6), Spatial(r)).With(Attr.Int("blocksize", 2)),
        ["Trilu"] = r => new OpCase("Trilu").In(Numeric.Distinct(r, "x", 2, 4, 3)).Stored(Tensor.FromInt64s("k", [r.Next(-2, 3)]))
            .With(Attr.Int("upper", r.Next(2))),
        ["Slice"] = Slice,
        ["Tile"] = r => new OpCase("Tile").In(Numeric.Distinct(r, "x", 2, 3), Free(r)).Ints("repeats", r.Next(1, 4), r.Next(1, 4)),
        ["Gather"] = Gather,
        ["GatherElements"] = r => new OpCase("GatherElements").In(Numeric.Distinct(r, "x", 3, 4))
            .Stored(Tensor.FromInt64s("at", [.. Enumerable.Range(0, 8).Select(_ => (long)r.Next(-3, 3))], 2, 4)),
        ["GatherND"] = r => new OpCase("GatherND").In(Numeric.Distinct(r, "x", 3, 4, 2))
            .Stored(Tensor.FromInt64s("at", [0, r.Next(4), 2, r.Next(4), 0, 1], 3, 2)),
        ["Pad"] = Pad,
        ["ReverseSequence"] = r => new OpCase("ReverseSequence").In(Numeric.Distinct(r, "x", 4, 3, 2))
            .Stored(Tensor.FromInt64s("lengths", [r.Next(1, 5), r.Next(1, 5), 4], 3)),
        ["Compress"] = r => new OpCase("Compress").In(Numeric.Distinct(r, "x", 3, 4)).Stored(Tensor.FromBools("which", [true, r.Next(2) == 0, true], 3))
            .With(Attr.Int("axis", 0)),
        ["ScatterND"] = r => new OpCase("ScatterND").In(Numeric.Distinct(r, "x", 4, 3)).Stored(Tensor.FromInt64s("at", [r.Next(0, 2), r.Next(2, 4)], 2, 1))
            .In(Numeric.Distinct(r, "u", 2, 3))
            .With(Attr.Text("reduction", r.Next(2) == 0 ? "none" : "add")),
        ["ScatterElements"] = r => new OpCase("ScatterElements").In(Numeric.Distinct(r, "x", 4, 3)).Stored(Tensor.FromInt64s("at", [0, r.Next(4), 2], 1, 3))
            .In(Numeric.Distinct(r, "u", 1, 3)),
        ["TopK"] = r => new OpCase("TopK").In(Numeric.Distinct(r, "x", 3, 5), Free(r)).Ints("k", r.Next(1, 5))
            .With(Attr.Int("axis", 1), Attr.Int("largest", r.Next(2))).Giving(2),
        ["BatchNormalization"] = r => new OpCase("BatchNormalization").In(Numeric.Distinct(r, "x", 2, 3, 4), Free(r)).Weight(Numeric.Distinct(r, "s", 3))
            .Weight(Numeric.Distinct(r, "b", 3))
            .Stored(Numeric.Distinct(r, "m", 3)).Stored(Numeric.Between(r, 0.5, 2, "v", 3)),
        ["LayerNormalization"] = r => r.Next(2) == 0
            ? new OpCase("LayerNormalization").In(Numeric.Distinct(r, "x", 2, 3, 4),
                Free(r)).Weight(Numeric.Distinct(r, "s", 4)).Weight(Numeric.Distinct(r, "b", 4))
            : new OpCase("LayerNormalization").In(Numeric.Distinct(r, "x", 2, 3, 4),
                Free(r)).Weight(Numeric.Distinct(r, "s", 3, 4)).Weight(Numeric.Distinct(r, "b", 3, 4)).With(Attr.Int("axis", 1)),
        ["InstanceNormalization"] = r => new OpCase("InstanceNormalization").In(Numeric.Distinct(r, "x", 2, 3, 4, 3), Spatial(r))
            .Weight(Numeric.Distinct(r, "s", 3)).Weight(Numeric.Distinct(r, "b", 3)),
        ["SimplifiedLayerNormalization"] = r =>
            new OpCase("SimplifiedLayerNormalization").In(Numeric.Distinct(r, "x", 2, 3, 4), Free(r)).Weight(Numeric.Distinct(r, "s", 4)),
        ["GroupNormalization"] = r => r.Next(2) == 0
            ? new OpCase("GroupNormalization", 21).In(Numeric.Distinct(r, "x", 2, 4, 3, 2),
                Free(r)).Weight(Numeric.Distinct(r, "s", 4)).Weight(Numeric.Distinct(r, "b", 4)).With(Attr.Int("num_groups", 2))
            : new OpCase("GroupNormalization").In(Numeric.Distinct(r, "x", 2, 4, 3, 2),
                Free(r)).Weight(Numeric.Distinct(r, "s", 2)).Weight(Numeric.Distinct(r, "b", 2)).With(Attr.Int("num_groups", 2)),
        ["LpNormalization"] = r => new OpCase("LpNormalization").In(Numeric.Distinct(r, "x", 3, 4), Free(r))
            .With(Attr.Int("p", r.Next(1, 3)), Attr.Int("axis", -1)),
        ["MeanVarianceNormalization"] = r => new OpCase("MeanVarianceNormalization").In(Numeric.Distinct(r, "x", 2, 3, 4, 2)),
    };

    /// <summary>Operators that are linear in what these cases differentiate.</summary>
    internal static readonly string[] Linear =
    [
        "Identity", "Neg", "Add", "Sub", "Sum", "Mean", "Where", "ReduceSum", "ReduceMean", "CumSum", "Conv", "ConvTranspose", "AveragePool",
        "GlobalAveragePool", "Resize",
        "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Expand", "Concat", "Split", "DepthToSpace", "SpaceToDepth", "Trilu", "Slice", "Tile",
        "Gather",
        "GatherElements", "GatherND", "Pad", "ReverseSequence", "Compress", "ScatterND", "ScatterElements",
    ];

    internal static OpCase Conv(Random r) => Conv(r, weight: true);

    /// <summary>A convolution of one to three dimensions; with <paramref name="weight"/> its weights and bias are differentiated too.</summary>
    internal static OpCase Conv(Random r, bool weight)
    {
        var dims = r.Next(4) switch { 0 => 1, 3 => 3, _ => 2 };
        var group = r.Next(1, 4);
        var (perGroup, outputs) = (r.Next(1, 3), r.Next(1, 3));
        var kernel = Sizes(r, dims, 1, dims == 3 ? 3 : dims == 1 ? 8 : 5);
        var (strides, dilations) = (Sizes(r, dims, 1, 4), Sizes(r, dims, 1, 3));
        var pads = Sizes(r, 2 * dims, 0, 3);
        var x = new long[dims];
        for (var i = 0; i < dims; i++)
            x[i] = Math.Max(1, (kernel[i] - 1) * dilations[i] + 1 - pads[i] - pads[dims + i] + r.Next(0, 5));
        var op = new OpCase("Conv").In(Numeric.Distinct(r, "x", [2, perGroup * group, .. x]), Spatial(r, dims));
        var weights = Numeric.Distinct(r, "w", [outputs * group, perGroup, .. kernel]);
        op = weight ? op.Weight(weights).Weight(Numeric.Distinct(r, "b", outputs * group)) : op.Stored(weights);
        return op.With(Attr.Ints("strides", strides), Attr.Ints("dilations", dilations), Attr.Ints("pads", pads), Attr.Int("group", group));
    }

    internal static OpCase ConvTranspose(Random r) => ConvTranspose(r, weight: true);

    internal static OpCase ConvTranspose(Random r, bool weight)
    {
        var dims = r.Next(4) == 0 ? 1 : 2;
        var group = r.Next(1, 3);
        var (perGroup, outputs) = (r.Next(1, 3), r.Next(1, 3));
        var kernel = Sizes(r, dims, 1, 5);
        var (strides, dilations) = (Sizes(r, dims, 1, 4), Sizes(r, dims, 1, 3));
        var x = Sizes(r, dims, 2, 5);
        var pads = new long[2 * dims];
        var extra = new long[dims];
        for (var i = 0; i < dims; i++)
        {
            var reach = (kernel[i] - 1) * dilations[i];
            (pads[i], pads[dims + i]) = (r.NextInt64(0, Math.Min(2, reach / 2) + 1), r.NextInt64(0, Math.Min(2, reach / 2) + 1));
            extra[i] = r.NextInt64(0, strides[i]);
        }

        var op = new OpCase("ConvTranspose").In(Numeric.Distinct(r, "x", [2, perGroup * group, .. x]), Free(r));
        var weights = Numeric.Distinct(r, "w", [perGroup * group, outputs, .. kernel]);
        op = weight ? op.Weight(weights).Weight(Numeric.Distinct(r, "b", outputs * group)) : op.Stored(weights);
        return op.With(Attr.Ints("strides", strides), Attr.Ints("dilations", dilations), Attr.Ints("pads", pads))
            .With(Attr.Ints("output_padding", extra), Attr.Int("group", group));
    }

    private static Func<Random, OpCase> Activation(string op, params Func<Random, AttributeProto>[] attributes) =>
        r => new OpCase(op).In(Numeric.Distinct(r, "x", Shape(r)), Free(r)).With([.. attributes.Select(a => a(r))]);

    private static Func<Random, OpCase> Positive(string op) => r => new OpCase(op).In(Numeric.Between(r, 0.5, 2, "x", Shape(r)), Free(r));

    private static Func<Random, OpCase> Bounded(string op) => r => new OpCase(op).In(Numeric.Between(r, -0.8, 0.8, "x", Shape(r)), Free(r));

    private static Func<Random, OpCase> Binary(string op) => r => Two(r, op, Numeric.Distinct(r, "b", Broadcast(r)));

    // [2,3,4] against any shape that broadcasts to it; sometimes the other way round.
    private static OpCase Two(Random r, string op, Tensor b)
    {
        var a = Numeric.Between(r, 0.5, 2, "a", 2, 3, 4);
        return r.Next(3) == 0 && op != "Div" ? new OpCase(op).In(b).In(a, Free(r)) : new OpCase(op).In(a, Free(r)).In(b);
    }

    // Shifted against each other, so that there are no ties.
    private static Func<Random, OpCase> Variadic(string op) => r =>
        new OpCase(op).In(Numeric.Distinct(r, "a", 2, 3)).In(Shifted(Numeric.Distinct(r, "b", r.Next(2) == 0 ? [2, 3] : [3]), 0.11))
            .In(Shifted(Numeric.Distinct(r, "c", 2, 1), 0.23));

    private static Tensor Shifted(Tensor x, double by) => Tensor.FromFloats(x.Name, Array.ConvertAll(x.ToDoubles(), v => (float)(v + by)), x.Shape);

    private static Func<Random, OpCase> Reduction(string op, double low = 0, double high = 0) => r =>
    {
        var x = high > low ? Numeric.Between(r, low, high, "x", 2, 3, 4) : Numeric.Distinct(r, "x", 2, 3, 4);
        var result = new OpCase(op).In(x, Free(r)).With(Attr.Int("keepdims", r.Next(2)));
        return r.Next(4) switch { 0 => result, 1 => result.Ints("axes", 1), 2 => result.Ints("axes", -1, 0), _ => result.Ints("axes", 2, 1) };
    };

    private static OpCase PRelu(Random r) =>
        new OpCase("PRelu").In(Numeric.Distinct(r, "x", 2, 3, 4), Free(r)).Weight(Numeric.Between(r, 0.1, 0.5, "s", r.Next(2) == 0 ? [3, 1] : [1]));

    private static OpCase Pow(Random r)
    {
        var op = new OpCase("Pow").In(Numeric.Between(r, 0.5, 2, "x", 2, 3));
        return r.Next(3) == 0 ? op.In(Numeric.Distinct(r, "p", 3)) : op.Stored(Tensor.FromFloats("p", [(float)(r.Next(-1, 8) / 2.0)]));
    }

    private static OpCase Clip(Random r)
    {
        var op = new OpCase("Clip").In(Numeric.Distinct(r, "x", Shape(r)), Free(r));
        return r.Next(3) switch
        {
            0 => op.Stored(Tensor.FromFloats("low", [-0.987f])),
            1 => op.Missing().Stored(Tensor.FromFloats("high", [1.123f])),
            _ => op.Stored(Tensor.FromFloats("low", [-0.987f])).Stored(Tensor.FromFloats("high", [1.123f])),
        };
    }

    private static OpCase Where(Random r) => new OpCase("Where").Stored(Tensor.FromBools("c", [.. Enumerable.Range(0, 6).Select(_ => r.Next(2) == 0)], 2, 3))
        .In(Numeric.Distinct(r, "a", r.Next(2) == 0 ? [2, 3] : [3])).In(Numeric.Distinct(r, "b", r.Next(2) == 0 ? [2, 1] : [1]));

    private static OpCase MatMul(Random r)
    {
        var (a, b) = r.Next(8) switch
        {
            0 => (new long[] { 3, 4 }, new long[] { 4, 2 }),
            1 => ([2, 3, 4], [4, 2]),
            2 => ([2, 3, 4], [2, 4, 5]),
            3 => ([2, 1, 3, 4], [5, 4, 2]),
            4 => ([4], [4, 3]),
            5 => ([2, 3, 4], [4]),
            6 => ([4], [4]),
            _ => ([4], [2, 4, 3]),
        };
        var op = new OpCase("MatMul").In(Numeric.Distinct(r, "a", a), a.Length > 1 && a[0] != 3 && b.Length < 3 ? Free(r) : []);
        return r.Next(2) == 0 ? op.In(Numeric.Distinct(r, "b", b)) : op.Weight(Numeric.Distinct(r, "b", b));
    }

    private static OpCase Gemm(Random r)
    {
        var (turnA, turnB) = (r.Next(2), r.Next(2));
        var op = new OpCase("Gemm").In(Numeric.Distinct(r, "a", turnA == 0 ? [3, 4] : [4, 3])).Weight(Numeric.Distinct(r, "b", turnB == 0 ? [4, 2] : [2, 4]))
            .With(Attr.Int("transA", turnA), Attr.Int("transB", turnB), Attr.Float("alpha", Real(r, 0.5, 2)), Attr.Float("beta", Real(r, 0.5, 2)));
        return r.Next(4) switch
        {
            0 => op,
            1 => op.Weight(Numeric.Distinct(r, "c", 2)),
            2 => op.Weight(Numeric.Distinct(r, "c", 3, 1)),
            _ => op.Weight(Numeric.Distinct(r, "c", 3, 2)),
        };
    }

    private static OpCase Einsum(Random r)
    {
        var (equation, a, b) = r.Next(5) switch
        {
            0 => ("ij,jk->ik", new long[] { 2, 3 }, new long[] { 3, 4 }),
            1 => ("bhid,bhjd->bhij", [2, 2, 3, 2], [2, 2, 4, 2]),
            2 => ("bij,bjk->bki", [2, 3, 4], [2, 4, 2]),
            3 => ("ij,k->i", [2, 3], [4]),
            _ => ("ij,ij->", [2, 3], [2, 3]),
        };
        return new OpCase("Einsum").In(Numeric.Distinct(r, "a", a)).In(Numeric.Distinct(r, "b", b)).With(Attr.Text("equation", equation));
    }

    private static OpCase Pool(Random r, string op)
    {
        var dims = r.Next(4) switch { 0 => 1, 3 => 3, _ => 2 };
        var kernel = Sizes(r, dims, 1, 4);
        var pads = kernel.Concat(kernel).Select(k => r.NextInt64(0, k)).ToArray();
        // A window that lies in the padding alone has no maximum.
        var x = kernel.Select(k => k + r.Next(1, 5)).ToArray();
        var result = new OpCase(op).In(Numeric.Distinct(r, "x", [2, 2, .. x]), Spatial(r, dims))
            .With(Attr.Ints("kernel_shape", kernel), Attr.Ints("strides", Sizes(r, dims, 1, 4)), Attr.Ints("pads", pads), Attr.Int("ceil_mode", r.Next(2)));
        return op == "MaxPool" && r.Next(2) == 0 ? result.With(Attr.Ints("dilations", [.. Enumerable.Repeat(1L, dims)])) : result;
    }

    private static OpCase Resize(Random r)
    {
        var mode = (string[])["nearest", "linear", "cubic"];
        var places = (string[])["half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"];
        var rounding = (string[])["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"];
        var chosen = mode[r.Next(3)];
        var op = new OpCase("Resize").In(Numeric.Distinct(r, "x", 1, 2, 3, 4)).Missing();
        op = r.Next(2) == 0
            ? op.Stored(Tensor.FromFloats("scales", r.Next(2) == 0 ? [1, 1, 2, 2] : [1, 1, Real(r, 0.7, 2.5), Real(r, 0.7, 2.5)], 4))
            : op.Missing().Ints("sizes", 1, 2, r.Next(2, 7), r.Next(2, 9));
        var place = Attr.Text("coordinate_transformation_mode", places[r.Next(places.Length)]);
        return op.With(Attr.Text("mode", chosen), place, Attr.Text("nearest_mode", rounding[r.Next(4)]));
    }

    private static OpCase Slice(Random r)
    {
        var op = new OpCase("Slice").In(Numeric.Distinct(r, "x", 2, 6, 5), Free(r));
        return r.Next(4) switch
        {
            0 => op.Ints("starts", 1, -4).Ints("ends", 5, long.MaxValue).Ints("axes", 1, 2),
            1 => op.Ints("starts", 0, 1).Ints("ends", long.MaxValue, 5).Ints("axes", -2, -1).Ints("steps", 2, 2),
            2 => op.Ints("starts", -1).Ints("ends", long.MinValue + 1).Ints("axes", 1).Ints("steps", -1),
            _ => op.Ints("starts", 5).Ints("ends", 0).Ints("axes", 1).Ints("steps", -2),
        };
    }

    private static OpCase Gather(Random r)
    {
        var op = new OpCase("Gather").In(Numeric.Distinct(r, "x", 3, 4, 2));
        return r.Next(5) switch
        {
            0 => op.Stored(Tensor.FromInt64s("at", [r.Next(-3, 3), 1, 1, 0], 2, 2)),
            1 => op.Stored(Tensor.FromInt64s("at", [r.Next(-4, 4)])).With(Attr.Int("axis", 1)),
            2 => op.Stored(Tensor.FromInt64s("at", [r.Next(-4, 4), 0, 0], 3)).With(Attr.Int("axis", 1)),
            3 => op.Stored(Tensor.FromInt64s("at", [r.Next(-2, 2)], 1)).With(Attr.Int("axis", -1)),
            _ => op.Stored(Tensor.FromInt32s("at", [2, 0], 2)),
        };
    }

    private static OpCase Pad(Random r)
    {
        var op = new OpCase("Pad").In(Numeric.Distinct(r, "x", 2, 3, 4), Free(r));
        return r.Next(4) switch
        {
            0 => op.Ints("pads", 0, 1, 2, 0, 0, 1),
            1 => op.Ints("pads", 0, -1, 1, 0, 2, -1),
            2 => op.Ints("pads", 0, 1, 2, 0, 2, 3).With(Attr.Text("mode", "reflect")),
            _ => op.Ints("pads", 0, 1, 2, 0, 2, 3).With(Attr.Text("mode", "edge")),
        };
    }

    // A free first dimension or none.
    private static int[] Free(Random r) => r.Next(2) == 0 ? [0] : [];

    // A free batch, a free batch and free spatial dimensions, or all fixed.
    private static int[] Spatial(Random r, int dims = 2) => r.Next(3) switch { 0 => [0], 1 when dims == 2 => [0, 2, 3], _ => [] };

    private static long[] Shape(Random r) => r.Next(3) switch { 0 => [r.Next(1, 9)], 1 => [r.Next(1, 4), r.Next(1, 5)], _ => [2, r.Next(1, 4), r.Next(1, 4)] };

    private static long[] Broadcast(Random r) => r.Next(7) switch
    {
        0 => [2, 3, 4], 1 => [4], 2 => [3, 1], 3 => [1, 1, 4], 4 => [1], 5 => [2, 1, 1], _ => Empty,
    };

    private static long[] Sizes(Random r, int count, int from, int before) => [.. Enumerable.Range(0, count).Select(_ => (long)r.Next(from, before))];

    private static long[] Permutation(Random r, int count)
    {
        var result = Enumerable.Range(0, count).Select(i => (long)i).ToArray();
        r.Shuffle(result);
        return result;
    }

    private static float Real(Random r, double low, double high) => (float)(low + r.NextDouble() * (high - low));
}
