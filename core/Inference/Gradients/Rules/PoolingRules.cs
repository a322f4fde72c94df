using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>Pooling over windows and over whole images.</summary>
internal static class PoolingRules
{
    internal static readonly Dictionary<string, VjpRule> All = new(StringComparer.Ordinal)
    {
        ["MaxPool"] = MaxPool,
        ["AveragePool"] = AveragePool,
        ["GlobalAveragePool"] = GlobalAveragePool,
        ["GlobalMaxPool"] = GlobalMaxPool,
    };

    private static void MaxPool(VjpContext n)
    {
        if (n.Int("storage_order", 0) != 0)
        {
            if (n.HasOutput(1))
                throw n.Unsupported("its indices are column by column (storage_order = 1); export the model with storage_order = 0");
            n.Change(Attr.Int("storage_order", 0));
        }

        var indices = n.Extra(1, "__idx", n.Y.Fact with { Type = DataType.Int64 });
        // What comes out of a rectifier is masked while it is small; its own rule need not do so again.
        var masked = n.IsRectified(0);
        var g = masked ? n.G.Where(n.Y > 0) : n.G;
        n.Give(0, IsUnpoolable(n) ? Unpooled(n, g, indices) : g.Scattered(indices, n.X), masked);
    }

    // Where windows do not overlap, nothing adds up, and each element is put where it came from. The runtime has a kernel for single precision.
    private static bool IsUnpoolable(VjpContext n) =>
        n.G.Fact.Type == DataType.Float && n.X.Rank is >= 3 and <= 5 && n.Int("ceil_mode", 0) == 0 && n.Ints("kernel_shape") is { } kernel
        && Window.Of(n, kernel) is var window && Enumerable.Range(0, window.Count).All(i => window.Reach(i) <= window.Strides[i]);

    private static Term Unpooled(VjpContext n, Term g, Term indices)
    {
        var kernel = n.Ints("kernel_shape")!;
        var window = Window.Of(n, kernel);
        // What is no number is no maximum either, and its place is said to be before the first.
        var places = n.Graph.Node("Max", [indices.Name, n.Graph.Scalar(0, DataType.Int64).Name], indices.Fact);
        return n.Graph.Node(
            "MaxUnpool", [g.Name, places.Name, n.X.ShapeVector().Name], n.X.Fact with { Type = g.Fact.Type },
            [Attr.Ints("kernel_shape", kernel), .. (window with { Dilations = [.. kernel.Select(_ => 1L)] }).Attributes(1)]);
    }

    private static void AveragePool(VjpContext n)
    {
        var x = n.X;
        var window = Window.Of(n, n.Ints("kernel_shape") ?? throw n.Unsupported("it has no kernel_shape"));
        var type = n.G.Fact.Type;
        var g = window.IsPadded || n.Int("ceil_mode", 0) != 0
            ? n.G * Weights(n, window, type)
            : n.G / window.Kernel.Aggregate(1.0, (product, k) => product * k);
        var spatial = Enumerable.Range(2, window.Count).ToArray();
        var folded = g.Reshape([Part.Product(x.Shape[0], x.Shape[1]), 1, .. spatial.Select(i => Part.Of(n.Y, i))]);
        var kernel = Ones(n, window, type);
        var result = Array.TrueForAll(spatial, i => x.Shape[i].IsFixed && g.Shape[i].IsFixed && Fits(window, i - 2, x.Shape[i].First, g.Shape[i].First))
            ? ConvolutionRules.Spread(folded, kernel, Folded(x, spatial), window, 1)
            : SpreadAndCut(folded, kernel, x, window);
        n.Give(0, result.ReshapedLike(x));
    }

    // With ceil_mode the last window may end beyond the padding.
    private static bool Fits(Window window, int axis, long x, long g) => window.LeftOver(axis, x, g) is var left && left >= 0 && left < window.Strides[axis];

    private static Term Folded(Term x, int[] spatial) => x.Reshape([Part.Product(x.Shape[0], x.Shape[1]), 1, .. spatial.Select(i => Part.Of(x, i))]);

    private static Term SpreadAndCut(Term folded, Term kernel, Term x, Window window)
    {
        Extent[] unknown = [folded.Shape[0], 1, .. window.Kernel.Select(_ => Extent.Unknown)];
        var fact = new TensorFact(folded.Fact.Type, unknown);
        var wide = x.Graph.Node("ConvTranspose", [folded.Name, kernel.Name], fact, [.. window.Attributes(1, padded: false)]);
        return ConvolutionRules.Cut(ConvolutionRules.Lengthen(wide, window), x, window);
    }

    /// <summary>
    /// What each output element divides its window's sum by, as a factor: the pooling of ones, which the operator itself computes, over the number of
    /// elements within the image. So it holds whatever is counted at the borders.
    /// </summary>
    private static Term Weights(VjpContext n, Window window, DataType type)
    {
        var x = n.X;
        var shape = new TensorFact(type, [1, 1, .. x.Shape[2..]]);
        var sizes = x.Fact.Shape!.Skip(2).All(e => e.IsFixed)
            ? n.Graph.Ints([1, 1, .. x.Shape.Skip(2).Select(e => e.First)])
            : n.Graph.Node("Concat", [n.Graph.Ints(1, 1).Name, x.ShapePart(2, x.Rank).Name], new TensorFact(DataType.Int64, [x.Rank]), Attr.Int("axis", 0));
        var ones = Shaping.Filled(sizes, 1, shape);
        var result = new TensorFact(type, [1, 1, .. n.Y.Shape[2..]]);
        var pooled = n.Graph.Node("AveragePool", [ones.Name], result, n.Attributes);
        // With ceil_mode the standard's rule for the number of windows and the runtime's kernel may differ by the last one.
        return Sized(n, pooled, result) / Counted(n, window, ones, result);
    }

    private static Term Counted(VjpContext n, Window window, Term ones, TensorFact fact)
    {
        var zeros = window.Strides.Select((s, i) => n.Int("ceil_mode", 0) == 0 ? 0 : s - 1).ToArray();
        long[] pads = [0, 0, .. window.Pads[..window.Count], 0, 0, .. window.Pads[window.Count..].Zip(zeros, (p, z) => p + z)];
        Extent[] unknown = [1, 1, .. zeros.Select(_ => Extent.Unknown)];
        var padded = n.Graph.Node("Pad", [ones.Name, n.Graph.Ints(pads).Name], fact with { Shape = unknown });
        var kernel = Ones(n, window, fact.Type);
        return Sized(n, n.Graph.Node("Conv", [padded.Name, kernel.Name], fact with { Shape = unknown }, [.. window.Attributes(1, padded: false)]), fact);
    }

    /// <summary>The part that is as large as the output.</summary>
    private static Term Sized(VjpContext n, Term wide, TensorFact fact)
    {
        var count = n.Y.Rank - 2;
        var axes = n.Graph.Ints([.. Enumerable.Range(2, count).Select(i => (long)i)]);
        return n.Graph.Node("Slice", [wide.Name, n.Graph.Ints(new long[count]).Name, n.Y.ShapePart(2, n.Y.Rank).Name, axes.Name], fact);
    }

    private static Term Ones(VjpContext n, Window window, DataType type) =>
        n.Graph.Reals([.. Enumerable.Repeat(1.0, (int)window.Kernel.Aggregate(1L, (product, k) => product * k))], type, [1, 1, .. window.Kernel]);

    private static void GlobalAveragePool(VjpContext n)
    {
        var spatial = n.X.Shape[2..];
        var type = n.G.Fact.Type;
        var g = Array.TrueForAll(spatial, e => e.IsFixed)
            ? n.G / spatial.Aggregate(1.0, (product, e) => product * e.First)
            : n.G * (n.Y.Size().As(type) / n.X.Size().As(type));
        n.Give(0, g.ExpandedLike(n.X));
    }

    private static void GlobalMaxPool(VjpContext n)
    {
        var mask = n.X.Is(n.Y).As(n.G.Fact.Type);
        var share = n.Ties == TiePolicy.Full ? n.G : n.G / mask.Summed(true, [.. Enumerable.Range(2, n.X.Rank - 2).Select(i => (long)i)]);
        n.Give(0, share * mask);
    }
}
