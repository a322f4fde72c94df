using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Rules;

/// <summary>Cotangents put back to where their elements came from.</summary>
internal static class Scattering
{
    /// <summary>Adds each element of a cotangent to zeros in the shape of the input, at the flat index that its element was taken from.</summary>
    internal static Term Scattered(this Term g, Term indices, Term input)
    {
        var size = input.SizeVector();
        var flat = new TensorFact(g.Fact.Type, [input.Fact.Fixed is { } shape ? ShapeMath.TryCount(shape) : Extent.Unknown]);
        var zeros = Shaping.Filled(size, 0, flat);
        var sum = g.Graph.Node(
            "ScatterElements", [zeros.Name, indices.Flat().Name, g.Flat().Name], flat, Attr.Int("axis", 0), Attr.Text("reduction", "add"));
        return sum.ReshapedLike(input);
    }

    /// <summary>The flat index of each element, in the shape of the input.</summary>
    internal static Term Places(this Term input)
    {
        var size = input.Size();
        var graph = input.Graph;
        var line = graph.Node(
            "Range", [graph.Scalar(0, DataType.Int64).Name, size.Name, graph.Scalar(1, DataType.Int64).Name],
            new TensorFact(DataType.Int64, [input.Fact.Fixed is { } shape ? ShapeMath.TryCount(shape) : Extent.Unknown]));
        return line.ReshapedLike(input);
    }
}
