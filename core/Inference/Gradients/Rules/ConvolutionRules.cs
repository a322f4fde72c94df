using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>Convolution and transposed convolution: each is the other's gradient.</summary>
internal static class ConvolutionRules
{
    private const long FewChannels = 4;

    internal static readonly Dictionary<string, VjpRule> All = new(StringComparer.Ordinal)
    {
        ["Conv"] = Conv,
        ["ConvTranspose"] = ConvTranspose,
    };

    /// <summary>The cotangent of what a window moved over: the transposed convolution, with the size of the input.</summary>
    internal static Term Spread(Term g, Term weights, Term input, Window window, long group)
    {
        var channels = weights.Shape[1].IsFixed ? weights.Shape[1].First * group : Extent.Unknown;
        var spatial = Enumerable.Range(2, window.Count).ToArray();
        if (spatial.All(i => input.Shape[i].IsFixed && g.Shape[i].IsFixed))
        {
            var left = Array.ConvertAll(spatial, i => window.LeftOver(i - 2, input.Shape[i].First, g.Shape[i].First));
            var attributes = window.Attributes(group);
            if (Array.Exists(left, l => l != 0))
                attributes.Add(Attr.Ints("output_padding", left));
            var sized = new TensorFact(g.Fact.Type, [g.Shape[0], channels, .. input.Shape[2..]]);
            return g.Graph.Node("ConvTranspose", [g.Name, weights.Name], sized, [.. attributes]);
        }

        Extent[] unknown = [g.Shape[0], channels, .. spatial.Select(_ => Extent.Unknown)];
        var wide = g.Graph.Node("ConvTranspose", [g.Name, weights.Name], new TensorFact(g.Fact.Type, unknown), [.. window.Attributes(group, padded: false)]);
        return Cut(Lengthen(wide, window), input, window);
    }

    /// <summary>Rows at the end of each spatial dimension that the window never reached.</summary>
    internal static Term Lengthen(Term wide, Window window)
    {
        // A padded end may lie beyond them as well.
        long[] ends = [.. Enumerable.Range(0, window.Count).Select(i => window.Strides[i] - 1)];
        if (Array.TrueForAll(ends, e => e == 0))
            return wide;
        long[] pads = [0, 0, .. new long[window.Count], 0, 0, .. ends];
        Extent[] shape = [.. wide.Shape[..2], .. ends.Select(_ => Extent.Unknown)];
        return wide.Graph.Node("Pad", [wide.Name, wide.Graph.Ints(pads).Name], wide.Fact with { Shape = shape });
    }

    /// <summary>The part of a padded tensor that is the input.</summary>
    internal static Term Cut(Term wide, Term input, Window window)
    {
        var starts = wide.Graph.Ints(window.Pads.AsSpan(0, window.Count));
        var ends = wide.Graph.Pair("Add", starts, input.ShapePart(2, input.Rank));
        var axes = wide.Graph.Ints([.. Enumerable.Range(2, window.Count).Select(i => (long)i)]);
        Extent[] shape = [.. wide.Shape[..2], .. input.Shape[2..]];
        return wide.Graph.Node("Slice", [wide.Name, starts.Name, ends.Name, axes.Name], new TensorFact(wide.Fact.Type, shape));
    }

    private static void Conv(VjpContext n)
    {
        var (window, group) = (WindowOf(n), n.Int("group", 1));
        if (n.Needs(0))
            n.Give(0, IsTurnable(n, window, group) ? TurnedWeights.Convolve(n.G, n.In(1), n.X.Fact, window, group) : Spread(n.G, n.In(1), n.X, window, group));
        if (n.Needs(1))
            n.Give(1, WeightGradients.Of(n.X, n.G, n.In(1), window, group));
        Bias(n);
    }

    // With strides a convolution would run over zeros put in between, and to few channels the transposed one is as quick.
    private static bool IsTurnable(VjpContext n, Window window, long group) =>
        !window.IsStrided && TurnedWeights.Pads(window).All(p => p >= 0) && (group > 1 || n.In(1).Shape[1].First >= FewChannels);

    private static void ConvTranspose(VjpContext n)
    {
        var (window, group) = (WindowOf(n), n.Int("group", 1));
        if (n.Needs(0))
            n.Give(0, n.Graph.Node("Conv", [n.G.Name, n.In(1).Name], n.X.Fact, [.. window.Attributes(group)]));
        if (n.Needs(1))
            n.Give(1, WeightGradients.Of(n.G, n.X, n.In(1), window, group));
        Bias(n);
    }

    private static void Bias(VjpContext n)
    {
        if (n.Needs(2))
            n.Give(2, n.G.Summed(false, [0, .. Enumerable.Range(2, n.G.Rank - 2).Select(i => (long)i)]));
    }

    private static Window WindowOf(VjpContext n)
    {
        if (n.Attribute("auto_pad") is not null || n.Attribute("output_shape") is not null)
            throw n.Unsupported("its padding is not explicit");
        return Window.Of(n, n.In(1).Fact.Fixed?[2..] ?? throw n.Unsupported("the shape of its weights depends on the data"));
    }
}
