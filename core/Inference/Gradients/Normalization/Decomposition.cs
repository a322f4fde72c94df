using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>Writes composite operators as the simpler ones that they stand for.</summary>
internal sealed class Decomposition
{
    private static readonly Dictionary<string, Func<Decomposition, NodeProto, bool>> Rewrites = new(StringComparer.Ordinal)
    {
        ["GroupNormalization"] = (d, n) => d.GroupNormalization(n),
        ["MeanVarianceNormalization"] = (d, n) => d.MeanVarianceNormalization(n),
        ["LpNormalization"] = (d, n) => d.LpNormalization(n),
        ["QLinearConv"] = (d, n) => d.QLinearConv(n),
        ["QLinearMatMul"] = (d, n) => d.QLinearMatMul(n),
    };

    private readonly WorkingGraph _graph;
    private readonly Dictionary<string, TensorProto> _stored;
    private readonly List<NodeProto> _nodes = [];
    private string _title = "";

    private Decomposition(WorkingGraph graph) => (_graph, _stored) = (graph, graph.Initializers());

    internal static void Apply(WorkingGraph graph)
    {
        var step = new Decomposition(graph);
        graph.Rewrite(step.Rewrite);
    }

    private List<NodeProto> Rewrite(NodeProto node)
    {
        _nodes.Clear();
        _title = node.Title();
        return OperatorDomains.Normalize(node.Domain).Length == 0 && Rewrites.TryGetValue(node.OpType, out var rewrite) && rewrite(this, node)
            ? [.. _nodes]
            : [node];
    }

    // Each group of channels is normalised like one channel of an instance.
    private bool GroupNormalization(NodeProto node)
    {
        var groups = node.Int("num_groups", 1);
        if (node.Output.Count != 1 || Vector(node.In(1)) is not { } scale || Vector(node.In(2)) is null)
            return false;
        var (x, y) = (node.Input[0], node.Output[0]);
        var shape = Add("Shape", [x]);
        var grouped = Add("Reshape", [x, Ints(0, groups, -1)]);
        var ones = Reals(scale.Type, groups, 1);
        var zeros = Reals(scale.Type, groups, 0);
        var normal = Add("InstanceNormalization", [grouped, ones, zeros], [Attr.Float("epsilon", (float)node.Float("epsilon", 1e-5f))]);
        if (_graph.Opset < 21 && scale.Length == groups)
        {
            // Before version 21 there is a scale a group.
            var scaled = Add("Mul", [normal, Add("Unsqueeze", [node.Input[1], Ints(1)])]);
            Add("Reshape", [Add("Add", [scaled, Add("Unsqueeze", [node.Input[2], Ints(1)])]), shape], [], y);
            return true;
        }

        var channels = Add("Reshape", [normal, Add("Concat", [Ints(0, scale.Length), Ints(-1)], [Attr.Int("axis", 0)])]);
        var product = Add("Mul", [channels, Add("Unsqueeze", [node.Input[1], Ints(1)])]);
        Add("Reshape", [Add("Add", [product, Add("Unsqueeze", [node.Input[2], Ints(1)])]), shape], [], y);
        return true;
    }

    private bool MeanVarianceNormalization(NodeProto node)
    {
        var axes = Ints(node.Ints("axes") ?? [0, 2, 3]);
        var x = node.Input[0];
        var centred = Add("Sub", [x, Add("ReduceMean", [x, axes])]);
        var variance = Add("ReduceMean", [Add("Mul", [centred, centred]), axes]);
        var epsilon = Add("CastLike", [_graph.Store(Tensor.FromFloats(_title + "/epsilon", [1e-9f])), x]);
        Add("Div", [centred, Add("Add", [Add("Sqrt", [variance]), epsilon])], [], node.Output[0]);
        return true;
    }

    private bool LpNormalization(NodeProto node)
    {
        var norm = Add(node.Int("p", 2) == 1 ? "ReduceL1" : "ReduceL2", [node.Input[0], Ints(node.Int("axis", -1))]);
        Add("Div", [node.Input[0], norm], [], node.Output[0]);
        return true;
    }

    private bool QLinearConv(NodeProto node)
    {
        var weights = Add("DequantizeLinear", [node.Input[3], node.Input[4], node.Input[5]], [Attr.Int("axis", 0)]);
        var inputs = new List<string> { Add("DequantizeLinear", [node.Input[0], node.Input[1], node.Input[2]]), weights };
        if (node.In(8).Length > 0)
            inputs.Add(Add("DequantizeLinear", [node.Input[8], Add("Mul", [node.Input[1], node.Input[4]])], [Attr.Int("axis", 0)]));
        var y = Add("Conv", [.. inputs], [.. node.Attribute]);
        Add("QuantizeLinear", [y, node.Input[6], node.Input[7]], [], node.Output[0]);
        return true;
    }

    private bool QLinearMatMul(NodeProto node)
    {
        var a = Add("DequantizeLinear", [node.Input[0], node.Input[1], node.Input[2]]);
        var b = Add("DequantizeLinear", [node.Input[3], node.Input[4], node.Input[5]]);
        Add("QuantizeLinear", [Add("MatMul", [a, b]), node.Input[6], node.Input[7]], [], node.Output[0]);
        return true;
    }

    private string Add(string op, string[] inputs, AttributeProto[]? attributes = null, string? output = null)
    {
        var name = output ?? _graph.Fresh($"{_title}/{op}");
        _nodes.Add(new NodeProto { OpType = op, Name = name, Input = { inputs }, Output = { name }, Attribute = { attributes ?? [] } });
        return name;
    }

    private string Ints(params long[] values) => _graph.Store(Tensor.FromInt64s(_title + "/ints", values, values.Length));

    /// <summary>Length and type of a vector that is stored, or comes in with a fixed length.</summary>
    private (long Length, DataType Type)? Vector(string name)
    {
        if (_stored.TryGetValue(name, out var tensor))
            return tensor.Dims is [var length] ? (length, (DataType)tensor.DataType) : null;
        var type = _graph.Graph.Input.FirstOrDefault(i => i.Name == name)?.Type?.TensorType;
        return type?.Shape?.Dim is [{ DimValue: > 0 and var size }] ? (size, (DataType)type.ElemType) : null;
    }

    private string Reals(DataType type, long count, double value)
    {
        var values = Enumerable.Repeat(value, (int)count).ToArray();
        return _graph.Store(type == DataType.Double
            ? Tensor.FromDoubles(_title + "/fill", values, count)
            : Tensor.FromFloats(_title + "/fill", Array.ConvertAll(values, v => (float)v), count));
    }
}
