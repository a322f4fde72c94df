using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>
/// The cotangent of a convolution's input, without strides, as a convolution: that with the weights turned round and their channels exchanged. The runtime
/// has faster kernels for it than for the transposed convolution, and prepares turned weights once when they are constant.
/// </summary>
internal static class TurnedWeights
{
    private const long FewPlaces = 16;

    /// <summary>Padding of the cotangent; negative where the input was padded by more than the window reaches.</summary>
    internal static long[] Pads(Window window) =>
        [.. Enumerable.Range(0, 2 * window.Count).Select(i => window.Reach(i % window.Count) - 1 - window.Pads[i])];

    /// <summary>Writes the convolution.</summary>
    internal static Term Convolve(Term g, Term weights, TensorFact input, Window window, long group)
    {
        var turned = Turned(Exchanged(weights, group), window);
        var backward = window with { Pads = Pads(window) };
        return g.Graph.Node("Conv", [g.Name, turned.Name], input with { Type = g.Fact.Type }, [.. backward.Attributes(group)]);
    }

    // [G·M, C, …] → [G·C, M, …]
    private static Term Exchanged(Term weights, long group)
    {
        var spatial = Enumerable.Range(2, weights.Rank - 2).ToArray();
        if (group == 1)
            return weights.Transposed([1, 0, .. spatial]);
        Part[] tail = [.. spatial.Select(i => Part.Of(weights, i))];
        var (outputs, inputs) = (weights.Shape[0].First / group, weights.Shape[1].First);
        if (outputs == 1 || inputs == 1)
            return weights.Reshape([group * inputs, outputs, .. tail]);
        var split = weights.Reshape([group, outputs, inputs, .. tail]);
        return split.Transposed([0, 2, 1, .. spatial.Select(i => i + 1)]).Reshape([group * inputs, outputs, .. tail]);
    }

    // The runtime multiplies by a matrix that turns the places round several times faster than it walks backwards over weights that are few in a row.
    private static Term TurnedByProduct(Term weights, int places)
    {
        var turn = new double[places * places];
        for (var i = 0; i < places; i++)
            turn[i * places + places - 1 - i] = 1;
        var rows = weights.Reshape(Part.Product(weights.Shape[0], weights.Shape[1]), places);
        var matrix = weights.Graph.Reals(turn, weights.Fact.Type, places, places);
        return weights.Graph.Node("Gemm", [rows.Name, matrix.Name], rows.Fact).ReshapedLike(weights);
    }

    private static Term Turned(Term weights, Window window)
    {
        var places = window.Kernel.Aggregate(1L, (product, k) => product * k);
        if (places is > 1 and <= FewPlaces)
            return TurnedByProduct(weights, (int)places);
        long[] axes = [.. Enumerable.Range(0, window.Count).Where(i => window.Kernel[i] > 1).Select(i => i + 2L)];
        if (axes.Length == 0)
            return weights;
        var graph = weights.Graph;
        long[] back = Array.ConvertAll(axes, _ => -1L);
        return graph.Node(
            "Slice", [weights.Name, graph.Ints(back).Name, graph.Ints(Array.ConvertAll(axes, _ => long.MinValue)).Name, graph.Ints(axes).Name, graph.Ints(back).Name],
            weights.Fact);
    }
}
