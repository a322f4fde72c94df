using Google.Protobuf;

namespace Iml4e.Inference.Onnx;

/// <summary>Node attributes of every kind, for <see cref="GraphBuilder"/>.</summary>
/// <example><code>g.Node("Gemm", [x, w, b], [Attr.Int("transB", 1)])</code></example>
public static class Attr
{
    /// <summary>An integer.</summary>
    public static AttributeProto Int(string name, long value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    /// <summary>A number.</summary>
    public static AttributeProto Float(string name, float value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = value };

    /// <summary>A text, in UTF-8.</summary>
    public static AttributeProto Text(string name, string value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    /// <summary>A list of integers.</summary>
    public static AttributeProto Ints(string name, params IEnumerable<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }

    /// <summary>A list of numbers.</summary>
    public static AttributeProto Floats(string name, params IEnumerable<float> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Floats };
        attribute.Floats.AddRange(values);
        return attribute;
    }

    /// <summary>A list of texts, in UTF-8.</summary>
    public static AttributeProto Texts(string name, params IEnumerable<string> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Strings };
        attribute.Strings.AddRange(values.Select(ByteString.CopyFromUtf8));
        return attribute;
    }

    /// <summary>A tensor.</summary>
    public static AttributeProto Tensor(string name, Tensor value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Tensor, T = TensorProtos.Write(value) };

    /// <summary>A list of tensors.</summary>
    public static AttributeProto Tensors(string name, params IEnumerable<Tensor> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Tensors };
        attribute.Tensors.AddRange(values.Select(TensorProtos.Write));
        return attribute;
    }

    /// <summary>A graph: the branch of an If, the body of a Loop or Scan.</summary>
    public static AttributeProto Graph(string name, GraphProto value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Graph, G = value };

    /// <summary>A list of graphs.</summary>
    public static AttributeProto Graphs(string name, params IEnumerable<GraphProto> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Graphs };
        attribute.Graphs.AddRange(values);
        return attribute;
    }

    /// <summary>A type.</summary>
    public static AttributeProto Type(string name, TypeProto value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.TypeProto, Tp = value };
}
