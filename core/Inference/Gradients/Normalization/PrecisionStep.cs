using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>Lets a model reckon in another precision: halves in single, or everything in double.</summary>
internal static class PrecisionStep
{
    internal static void Apply(WorkingGraph graph, GradPrecision precision)
    {
        var to = precision == GradPrecision.Float64 ? DataType.Double : DataType.Float;
        bool IsChanged(int type) => (DataType)type is DataType.Float16 or DataType.Bfloat16 || (to == DataType.Double && (DataType)type == DataType.Float);

        var initializers = graph.Graph.Initializer;
        for (var i = 0; i < initializers.Count; i++)
        {
            if (IsChanged(initializers[i].DataType))
                initializers[i] = Convert(initializers[i], to);
        }

        foreach (var value in graph.Graph.Input.Concat(graph.Graph.Output))
        {
            if (value.Type?.TensorType is { } tensor && IsChanged(tensor.ElemType))
                tensor.ElemType = (int)to;
        }

        foreach (var attribute in graph.Graph.Node.SelectMany(n => n.Attribute))
        {
            if (attribute.Name is "to" or "dtype" && IsChanged((int)attribute.I))
                attribute.I = (long)to;
            if (attribute.T is { } tensor && IsChanged(tensor.DataType))
                attribute.T = Convert(tensor, to);
        }

        // Without the attribute they make single precision.
        if (to == DataType.Double)
        {
            foreach (var node in graph.Graph.Node.Where(n => n.Is("ConstantOfShape") && n.Find("value") is null))
                node.Set(Attr.Tensor("value", Tensor.FromDoubles("", [0], 1)));
        }
    }

    private static TensorProto Convert(TensorProto tensor, DataType to)
    {
        var values = TensorProtos.Read(tensor);
        var doubles = values.ToDoubles();
        return TensorProtos.Write(to == DataType.Double
            ? Tensor.FromDoubles(tensor.Name, doubles, values.Shape)
            : Tensor.FromFloats(tensor.Name, Array.ConvertAll(doubles, d => (float)d), values.Shape));
    }
}
