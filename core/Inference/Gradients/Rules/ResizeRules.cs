using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>Resize is linear and works on each axis by itself: its matrix along an axis is what it makes of the unit matrix.</summary>
internal static class ResizeRules
{
    private const int Scales = 2;
    private const int Sizes = 3;

    internal static readonly Dictionary<string, VjpRule> All = new(StringComparer.Ordinal) { ["Resize"] = Resize };

    private static void Resize(VjpContext n)
    {
        if (n.Int("antialias", 0) != 0 || n.Text("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize")
            throw n.Unsupported("antialiasing and cropping are not differentiated; resize without them");
        if (n.Text("keep_aspect_ratio_policy", "stretch") != "stretch")
            throw n.Unsupported("sizes that keep the aspect ratio are not differentiated; give the exact sizes");
        var g = n.G;
        if (n.X.Fact.IsShapedLike(n.Y.Fact))
        {
            // The runtime copies then, whatever the scales say.
            n.Give(0, g);
            return;
        }

        var axes = n.Ints("axes")?.Select(a => n.Axis(a, n.X.Rank)).ToArray() ?? [.. Enumerable.Range(0, n.X.Rank)];
        if (Enlargement(n, axes) is { } factors)
        {
            n.Give(0, Pooled(n, factors));
            return;
        }

        for (var i = 0; i < axes.Length; i++)
        {
            if (IsResized(n, i, axes[i]))
                g = Along(g, axes[i], Matrix(n, i, axes[i]));
        }

        n.Give(0, g);
    }

    private static bool IsResized(VjpContext n, int place, int axis)
    {
        if (n.Numbers(Scales) is { Length: > 0 } scales)
            return scales[place] != 1;
        return !n.X.Shape[axis].IsSame(n.Y.Shape[axis]);
    }

    /// <summary>The matrix [out, in] of the operator along an axis.</summary>
    private static Term Matrix(VjpContext n, int place, int axis)
    {
        var (size, result) = (n.X.ShapePart(axis, axis + 1), n.Y.ShapePart(axis, axis + 1));
        var (from, to) = (n.X.Shape[axis], n.Y.Shape[axis]);
        var graph = n.Graph;
        var square = Join(graph, size, size);
        var type = n.G.Fact.Type;
        var unit = graph.Node("EyeLike", [Shaping.Filled(square, 0, new TensorFact(type, [from, from])).Name], new TensorFact(type, [from, from]))
            .Unsqueezed(0, 1);
        var fact = new TensorFact(type, [1, 1, to, from]);
        var attributes = n.Attributes.Where(a => a.Name != "axes").ToArray();
        if (!n.Has(Scales) || n.In(Scales).Shape is [{ IsFixed: true, First: 0 }])
        {
            var sized = graph.Node("Resize", [unit.Name, "", "", Join(graph, graph.Ints(1, 1), result, size).Name], fact, attributes);
            return sized.Reshape(Part.Of(n.Y, axis), Part.Of(n.X, axis));
        }

        if (from.IsFixed && to.IsFixed && from != to)
            return graph.Node("Resize", [unit.Name, "", Factors(n, place, 1).Name], fact, attributes).Reshape(Part.Of(n.Y, axis), Part.Of(n.X, axis));
        // Where no size changes the runtime copies: a column of one is doubled beside, each row of the unit matrix being a channel.
        var channels = unit.Transposed(0, 2, 3, 1);
        var doubled = graph.Node("Resize", [channels.Name, "", Factors(n, place, 2).Name], new TensorFact(type, [1, from, to, 2]), attributes);
        var single = graph.Node("Slice", [doubled.Name, graph.Ints(0).Name, graph.Ints(1).Name, graph.Ints(3).Name], new TensorFact(type, [1, from, to, 1]));
        return single.Reshape(Part.Of(n.X, axis), Part.Of(n.Y, axis)).MatrixTransposed();
    }

    private static Term Factors(VjpContext n, int place, double beside)
    {
        if (n.Numbers(Scales) is { } scales)
            return n.Graph.Reals([1, 1, scales[place], beside], DataType.Float, 4);
        var one = n.Graph.Node(
            "Slice", [n.In(Scales).Name, n.Graph.Ints(place).Name, n.Graph.Ints(place + 1).Name], new TensorFact(DataType.Float, [1]));
        return Join(n.Graph, n.Graph.Reals([1, 1], DataType.Float, 2), one, n.Graph.Reals([beside], DataType.Float, 1));
    }

    private static Term Join(GraphEmitter graph, params ReadOnlySpan<Term> vectors)
    {
        var numbers = new List<double>();
        var names = new List<string>();
        foreach (var vector in vectors)
        {
            names.Add(vector.Name);
            numbers.AddRange(graph.Numbers(vector) ?? []);
        }

        var length = 0L;
        foreach (var vector in vectors)
            length += vector.Shape[0].First;
        return numbers.Count == length && vectors[0].Fact.Type == DataType.Int64
            ? graph.Ints([.. numbers.Select(v => (long)v)])
            : graph.Node("Concat", [.. names], new TensorFact(vectors[0].Fact.Type, [length]), Attr.Int("axis", 0));
    }

    /// <summary>The transposed matrix applied along an axis.</summary>
    private static Term Along(Term g, int axis, Term matrix)
    {
        if (axis == g.Rank - 1)
            return MatrixRules.Product(g, matrix);
        if (axis == g.Rank - 2)
            return MatrixRules.Product(matrix.MatrixTransposed(), g);
        int[] order = [.. Enumerable.Range(0, g.Rank).Where(i => i != axis), axis];
        int[] back = [.. Enumerable.Range(0, g.Rank).Select(i => Array.IndexOf(order, i))];
        return MatrixRules.Product(g.Transposed(order), matrix).Transposed(back);
    }

    /// <summary>The whole factors by which an image's pixels are repeated; null when the operator does anything else.</summary>
    private static long[]? Enlargement(VjpContext n, int[] axes)
    {
        if (n.X.Rank != 4 || axes.Length != 4 || n.Text("mode", "nearest") != "nearest")
            return null;
        var (place, rounding) = (n.Text("coordinate_transformation_mode", "half_pixel"), n.Text("nearest_mode", "round_prefer_floor"));
        var repeats = (place == "asymmetric" && rounding == "floor") || (place is "half_pixel" && rounding.StartsWith("round_", StringComparison.Ordinal));
        double[]? factors = n.Numbers(Scales) is { Length: 4 } scales ? scales
            : n.X.Shape[2..].Concat(n.Y.Shape[2..]).All(e => e is { IsFixed: true, First: > 0 })
                ? [1, 1, (double)n.Y.Shape[2].First / n.X.Shape[2].First, (double)n.Y.Shape[3].First / n.X.Shape[3].First]
                : null;
        return repeats && factors is [1, 1, >= 1, >= 1] && factors.All(f => f == Math.Floor(f)) ? [(long)factors[2], (long)factors[3]] : null;
    }

    private static Term Pooled(VjpContext n, long[] factors)
    {
        var fact = n.X.Fact with { Type = n.G.Fact.Type };
        return n.Graph.Node("AveragePool", [n.G.Name], fact, Attr.Ints("kernel_shape", factors), Attr.Ints("strides", factors)) * (factors[0] * factors[1]);
    }
}
