using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>Quantisation passed over: within the range the gradient is that of no rounding, beyond it zero (straight-through estimator).</summary>
internal static class QuantizationRules
{
    internal static readonly Dictionary<string, VjpRule> All = new(StringComparer.Ordinal)
    {
        ["QuantizeLinear"] = Quantize,
        ["DequantizeLinear"] = Dequantize,
    };

    // The eight-bit tensor between the two carries the cotangent of the number it stands for.
    private static void Dequantize(VjpContext n)
    {
        n.PassStraight();
        if (n.Needs(0))
            n.Give(0, n.G);
    }

    private static void Quantize(VjpContext n)
    {
        n.PassStraight();
        if (!n.Needs(0))
            return;
        if (n.Int("block_size", 0) != 0)
            throw n.Unsupported("quantisation by blocks is not differentiated; quantise by tensor or by axis, or attack the model as a black box");
        var (lowest, highest) = Range(n);
        var scale = Along(n, n.In(1)).As(n.X.Fact.Type);
        var zero = n.Has(2) ? Along(n, n.In(2).As(n.X.Fact.Type)) : n.X.Like(0);
        var inside = (n.X >= (lowest - zero) * scale) & (n.X <= (highest - zero) * scale);
        n.Give(0, n.G.Where(inside));
    }

    private static (double Lowest, double Highest) Range(VjpContext n) => n.Y.Fact.Type switch
    {
        DataType.Uint8 => (0, byte.MaxValue),
        DataType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        DataType.Uint16 => (0, ushort.MaxValue),
        DataType.Int16 => (short.MinValue, short.MaxValue),
        var type => throw n.Unsupported($"quantisation to {type} is not differentiated; quantise to 8 or 16 bits, or attack the model as a black box"),
    };

    // One number for each place of the axis, or one for all.
    private static Term Along(VjpContext n, Term values)
    {
        if (values.Rank == 0 || values.Shape is [{ IsFixed: true, First: 1 }])
            return values;
        var axis = n.Axis(n.Int("axis", 1), n.X.Rank);
        return values.Unsqueezed([.. Enumerable.Range(0, n.X.Rank).Where(i => i != axis).Select(i => (long)i)]);
    }
}
