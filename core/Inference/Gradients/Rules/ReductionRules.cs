using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>Sums, means, extrema and norms over axes, and the running sum.</summary>
internal static class ReductionRules
{
    internal static readonly Dictionary<string, VjpRule> All = new(StringComparer.Ordinal)
    {
        ["ReduceSum"] = n => n.Give(0, Kept(n, n.G).ExpandedLike(n.X)),
        ["ReduceMean"] = Mean,
        ["ReduceMax"] = Extremum,
        ["ReduceMin"] = Extremum,
        ["ReduceL1"] = n => n.Give(0, Kept(n, n.G) * n.Graph.One("Sign", n.X)),
        ["ReduceL2"] = n => n.Give(0, n.X * Kept(n, Shaping.Choose(n.Y.Is(0), n.G.Like(0), n.G / n.Y))),
        ["ReduceSumSquare"] = n => n.Give(0, n.X * (Kept(n, n.G) * 2)),
        ["ReduceLogSum"] = n => n.Give(0, Kept(n, n.G / n.Graph.One("Exp", n.Y)).ExpandedLike(n.X)),
        ["ReduceLogSumExp"] = n => n.Give(0, Kept(n, n.G) * n.Graph.One("Exp", n.X - Kept(n, n.Y))),
        ["ReduceProd"] = n => n.Give(0, Kept(n, n.G * n.Y) / n.X),
        ["CumSum"] = CumSum,
    };

    /// <summary>A reduced value with its lost dimensions back as ones, so that it broadcasts against the input.</summary>
    private static Term Kept(VjpContext n, Term reduced)
    {
        if (n.Int("keepdims", 1) == 1 || reduced.Rank == n.X.Rank)
            return reduced;
        if (!n.Has(1) || n.Integers(1) is { Length: 0 })
            return reduced;
        if (n.Integers(1) is { } axes)
            return reduced.Unsqueezed([.. axes.Select(a => (long)n.Axis(a, n.X.Rank)).Order()]);
        var unknown = Enumerable.Repeat(Extent.Unknown, n.X.Rank).ToArray();
        return n.Graph.Node("Unsqueeze", [reduced.Name, n.In(1).Name], new TensorFact(reduced.Fact.Type, unknown));
    }

    private static void Mean(VjpContext n)
    {
        var g = Kept(n, n.G);
        n.Give(0, Share(n, g).ExpandedLike(n.X));
    }

    private static Term Share(VjpContext n, Term g)
    {
        var type = g.Fact.Type;
        if (n.X.Fact.Shape is { } shape && Reduced(n) is { } axes && axes.All(a => shape[a].IsFixed))
            return g / axes.Aggregate(1.0, (count, a) => count * shape[a].First);
        return g * (n.Y.Size().As(type) / n.X.Size().As(type));
    }

    // The axes that go, when the graph alone tells.
    private static int[]? Reduced(VjpContext n)
    {
        if (n.Has(1) && n.Integers(1) is null)
            return null;
        var axes = n.Integers(1) ?? [];
        if (axes.Length > 0)
            return Array.ConvertAll(axes, a => n.Axis(a, n.X.Rank));
        return n.Int("noop_with_empty_axes", 0) == 1 ? [] : [.. Enumerable.Range(0, n.X.Rank)];
    }

    private static void Extremum(VjpContext n)
    {
        var mask = n.X.Is(Kept(n, n.Y)).As(n.G.Fact.Type);
        if (n.Ties == TiePolicy.Full)
        {
            n.Give(0, Kept(n, n.G) * mask);
            return;
        }

        string[] inputs = n.Has(1) ? [mask.Name, n.In(1).Name] : [mask.Name];
        var kept = Kept(n, n.G);
        var count = n.Graph.Node(
            "ReduceSum", inputs, kept.Rank == n.X.Rank ? kept.Fact : new TensorFact(kept.Fact.Type, [.. Enumerable.Repeat((Extent)1, n.X.Rank)]),
            Attr.Int("keepdims", 1), Attr.Int("noop_with_empty_axes", n.Int("noop_with_empty_axes", 0)));
        n.Give(0, kept / count * mask);
    }

    private static void CumSum(VjpContext n) => n.Give(0, n.Graph.Node(
        "CumSum", [n.G.Name, n.In(1).Name], n.G.Fact, Attr.Int("exclusive", n.Int("exclusive", 0)), Attr.Int("reverse", 1 - n.Int("reverse", 0))));
}
