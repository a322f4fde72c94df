using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients;

/// <summary>Operations on shapes, in constants wherever the shape is fixed and in nodes where it is not.</summary>
internal static class Shaping
{
    /// <summary>The shape as a vector of integers.</summary>
    internal static Term ShapeVector(this Term x) =>
        x.Fact.Fixed is { } shape ? x.Graph.Ints(shape) : x.Graph.Node("Shape", [x.Name], new TensorFact(DataType.Int64, [x.Rank]));

    /// <summary>The sizes of the dimensions from <paramref name="start"/> to before <paramref name="end"/>, as a vector.</summary>
    internal static Term ShapePart(this Term x, int start, int end)
    {
        var part = x.Shape[start..end];
        return Array.TrueForAll(part, e => e.IsFixed)
            ? x.Graph.Ints(Array.ConvertAll(part, e => e.First))
            : x.Graph.Node("Shape", [x.Name], new TensorFact(DataType.Int64, [part.Length]), Attr.Int("start", start), Attr.Int("end", end));
    }

    /// <summary>The number of elements, as a scalar of integers.</summary>
    internal static Term Size(this Term x) => x.Fact.Fixed is { } shape
        ? x.Graph.Scalar(ShapeMath.TryCount(shape), DataType.Int64)
        : x.Graph.Node("Size", [x.Name], new TensorFact(DataType.Int64, []));

    /// <summary>The number of elements, as a vector of one integer.</summary>
    internal static Term SizeVector(this Term x) =>
        x.Fact.Fixed is { } shape ? x.Graph.Ints(ShapeMath.TryCount(shape)) : x.Size().Reshaped(new TensorFact(DataType.Int64, [1]), x.Graph.Ints(1));

    /// <summary>The elements in the shape of another value of as many.</summary>
    internal static Term ReshapedLike(this Term x, Term like)
    {
        var fact = like.Fact with { Type = x.Fact.Type };
        if (x.Fact.IsShapedLike(fact))
            return x;
        var target = Target(like.Shape);
        return x.Reshaped(fact, target is not null ? x.Graph.Ints(target) : like.ShapeVector());
    }

    /// <summary>The elements in a shape given by parts.</summary>
    internal static Term Reshape(this Term x, params ReadOnlySpan<Part> parts)
    {
        var shape = new Extent[parts.Length];
        for (var i = 0; i < parts.Length; i++)
            shape[i] = parts[i].Extent;
        var fact = new TensorFact(x.Fact.Type, shape);
        if (x.Fact.IsShapedLike(fact))
            return x;
        var free = 0;
        foreach (var part in parts)
        {
            free += part.Extent.IsFixed ? 0 : 1;
        }

        if (free <= 1)
            return x.Reshaped(fact, x.Graph.Ints(Array.ConvertAll(shape, e => e.IsFixed ? e.First : -1)));
        var pieces = new List<string>();
        foreach (var part in parts)
        {
            pieces.Add(part.Extent.IsFixed
                ? x.Graph.Ints(part.Extent.First).Name
                : part.Source is { } source ? source.ShapePart(part.Axis, part.Axis + 1).Name : x.Graph.Ints(-1).Name);
        }

        return x.Reshaped(fact, x.Graph.Node("Concat", [.. pieces], new TensorFact(DataType.Int64, [pieces.Count]), Attr.Int("axis", 0)));
    }

    /// <summary>The elements as a vector.</summary>
    internal static Term Flat(this Term x) =>
        x.Rank == 1 ? x : x.Reshaped(new TensorFact(x.Fact.Type, [x.Fact.Fixed is { } shape ? ShapeMath.TryCount(shape) : Extent.Unknown]), x.Graph.Ints(-1));

    /// <summary>Dimensions in another order.</summary>
    internal static Term Transposed(this Term x, params int[] order)
    {
        var shape = x.Shape;
        return order.SequenceEqual(Enumerable.Range(0, order.Length))
            ? x
            : x.Graph.Node("Transpose", [x.Name], new TensorFact(x.Fact.Type, Array.ConvertAll(order, o => shape[o])),
                Attr.Ints("perm", order.Select(o => (long)o)));
    }

    /// <summary>The last two dimensions exchanged.</summary>
    internal static Term MatrixTransposed(this Term x)
    {
        var order = Enumerable.Range(0, x.Rank).ToArray();
        (order[^1], order[^2]) = (order[^2], order[^1]);
        return x.Transposed(order);
    }

    /// <summary>With dimensions of size 1 put in where the result shall have them.</summary>
    internal static Term Unsqueezed(this Term x, params ReadOnlySpan<long> axes)
    {
        if (axes.IsEmpty)
            return x;
        var shape = new Extent[x.Rank + axes.Length];
        var given = x.Shape;
        for (int i = 0, k = 0; i < shape.Length; i++)
            shape[i] = axes.Contains(i) ? 1 : given[k++];
        var fact = new TensorFact(x.Fact.Type, shape);
        var target = Target(shape);
        return target is not null ? x.Reshaped(fact, x.Graph.Ints(target)) : x.Graph.Node("Unsqueeze", [x.Name, x.Graph.Ints(axes).Name], fact);
    }

    /// <summary>Broadcast to the shape of another value.</summary>
    internal static Term ExpandedLike(this Term x, Term like)
    {
        var fact = like.Fact with { Type = x.Fact.Type };
        return x.Fact.IsShapedLike(fact) ? x : x.Graph.Node("Expand", [x.Name, like.ShapeVector().Name], fact);
    }

    /// <summary>Zeros of a type in the shape of a value.</summary>
    internal static Term ZerosLike(this Term x, DataType type) => Filled(x.ShapeVector(), 0, x.Fact with { Type = type });

    /// <summary>A tensor of one number.</summary>
    internal static Term Filled(Term shape, double value, TensorFact fact)
    {
        var fill = fact.Type == DataType.Double ? Tensor.FromDoubles("", [value], 1) : Tensor.FromFloats("", [(float)value], 1);
        return shape.Graph.Node("ConstantOfShape", [shape.Name], fact, Attr.Tensor("value", fill));
    }

    /// <summary>The sum over axes that are at least 0.</summary>
    internal static Term Summed(this Term x, bool keep, params ReadOnlySpan<long> axes) => x.Reduced("ReduceSum", keep, axes);

    /// <summary>The mean over axes that are at least 0.</summary>
    internal static Term Averaged(this Term x, params ReadOnlySpan<long> axes) => x.Reduced("ReduceMean", true, axes);

    /// <summary>Another type of elements.</summary>
    internal static Term As(this Term x, DataType type) =>
        x.Fact.Type == type ? x : x.Graph.Node("Cast", [x.Name], x.Fact with { Type = type }, Attr.Int("to", (long)type));

    /// <summary>The one where a condition holds, else the other.</summary>
    internal static Term Choose(Term condition, Term yes, Term no) => condition.Graph.Node(
        "Where", [condition.Name, yes.Name, no.Name],
        new TensorFact(yes.Fact.Type, TensorFact.Broadcast(condition.Fact.Shape, TensorFact.Broadcast(yes.Fact.Shape, no.Fact.Shape))));

    /// <summary>The value where a condition holds, else zero. A product: the runtime takes several times as long to choose.</summary>
    internal static Term Where(this Term x, Term condition) => x * condition.As(x.Fact.Type);

    /// <summary>A cotangent of a broadcast value summed down to the shape of what was broadcast.</summary>
    internal static Term Unbroadcast(this Term g, Term x)
    {
        var lead = g.Rank - x.Rank;
        var axes = Enumerable.Range(0, lead).Select(i => (long)i).ToList();
        var known = true;
        for (var i = 0; i < x.Rank; i++)
        {
            var (mine, wide) = (x.Shape[i], g.Shape[lead + i]);
            if (mine.IsOne && !wide.IsOne)
                axes.Add(lead + i);
            else if (!mine.IsSame(wide) && !mine.IsFixed && !wide.IsOne)
                known = false;
        }

        if (!known)
            return Dynamic(g, x, lead);
        if (axes.Count == 0)
            return g;
        return axes.Count == lead || lead == 0 ? g.Summed(lead == 0, [.. axes]) : g.Summed(false, [.. axes]).ReshapedLike(x);
    }

    /// <summary>A tensor as a node gives it, its shape computed by another node.</summary>
    private static Term Reshaped(this Term x, TensorFact fact, Term shape) => x.Graph.Node("Reshape", [x.Name, shape.Name], fact);

    private static Term Dynamic(Term g, Term x, int lead)
    {
        if (lead > 0)
            g = g.Summed(false, [.. Enumerable.Range(0, lead).Select(i => (long)i)]);
        var differ = g.Graph.One("Not", x.ShapeVector().Is(g.ShapeVector()));
        var found = g.Graph.Node("NonZero", [differ.Name], new TensorFact(DataType.Int64, [1, Extent.Unknown]));
        var axes = g.Graph.Node("Reshape", [found.Name, g.Graph.Ints(-1).Name], new TensorFact(DataType.Int64, [Extent.Unknown]));
        return g.Graph.Node("ReduceSum", [g.Name, axes.Name], x.Fact with { Type = g.Fact.Type }, Attr.Int("keepdims", 1), Attr.Int("noop_with_empty_axes", 1));
    }

    private static Term Reduced(this Term x, string op, bool keep, ReadOnlySpan<long> axes)
    {
        if (axes.IsEmpty)
            return x;
        var shape = new List<Extent>();
        for (var i = 0; i < x.Rank; i++)
        {
            if (!axes.Contains(i))
                shape.Add(x.Shape[i]);
            else if (keep)
                shape.Add(1);
        }

        return x.Graph.Node(op, [x.Name, x.Graph.Ints(axes).Name], new TensorFact(x.Fact.Type, [.. shape]), Attr.Int("keepdims", keep ? 1 : 0));
    }

    // With at most one free dimension, which Reshape finds by itself.
    private static long[]? Target(Extent[] shape) =>
        shape.Count(e => !e.IsFixed) <= 1 && !(shape.Any(e => !e.IsFixed) && shape.Any(e => e is { IsFixed: true, First: 0 }))
            ? Array.ConvertAll(shape, e => e.IsFixed ? e.First : -1)
            : null;
}
