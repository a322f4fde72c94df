using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>Stores what Shape and Size nodes give wherever that is the same whatever comes in.</summary>
internal static class ShapeConstants
{
    /// <summary>Stores them.</summary>
    /// <returns>Whether there were any.</returns>
    internal static bool Apply(WorkingGraph graph, IReadOnlyDictionary<string, TensorFact> facts)
    {
        var before = graph.Graph.Node.Count;
        graph.Rewrite(node =>
        {
            if (!node.Is("Shape", "Size") || facts.GetValueOrDefault(node.In(0))?.Fixed is not { } shape)
                return [node];
            graph.Graph.Initializer.Add(TensorProtos.Write(node.OpType == "Size"
                ? Tensor.FromInt64s(node.Output[0], [ShapeMath.TryCount(shape)])
                : Part(node, shape)));
            return [];
        });
        return graph.Graph.Node.Count < before;
    }

    private static Tensor Part(NodeProto node, long[] shape)
    {
        int At(long index) => (int)Math.Clamp(index < 0 ? index + shape.Length : index, 0, shape.Length);
        var (start, end) = (At(node.Int("start", 0)), At(node.Int("end", shape.Length)));
        var part = start < end ? shape[start..end] : [];
        return Tensor.FromInt64s(node.Output[0], part, part.Length);
    }
}
