using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>Turns Constant nodes into stored tensors.</summary>
internal static class ConstantStep
{
    internal static void Apply(WorkingGraph graph) => graph.Rewrite(node =>
    {
        if (!node.Is("Constant") || Value(node) is not { } value)
            return [node];
        graph.Graph.Initializer.Add(value);
        return [];
    });

    private static TensorProto? Value(NodeProto node)
    {
        var name = node.Output[0];
        if (node.Attribute is not [var attribute])
            return null;
        switch (attribute.Name)
        {
            case "value" when attribute.T is { } tensor:
                var copy = tensor.Clone();
                copy.Name = name;
                return copy;
            case "value_int": return TensorProtos.Write(Tensor.FromInt64s(name, [attribute.I]));
            case "value_float": return TensorProtos.Write(Tensor.FromFloats(name, [attribute.F]));
            case "value_ints": return TensorProtos.Write(Tensor.FromInt64s(name, [.. attribute.Ints], attribute.Ints.Count));
            case "value_floats": return TensorProtos.Write(Tensor.FromFloats(name, [.. attribute.Floats], attribute.Floats.Count));
            default: return null;
        }
    }
}
