using System.Globalization;
using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>Rewrites a model for version 18 of the standard operators, the one that gradients are written in; newer models stay as they are.</summary>
internal sealed class OpsetUplift
{
    /// <summary>The version that gradients are written in.</summary>
    internal const long Target = 18;

    private const string Newer = "export the model for a newer opset";

    private static readonly Dictionary<string, Action<OpsetUplift, NodeProto>> Rewrites = new(StringComparer.Ordinal)
    {
        ["Squeeze"] = (u, n) => u.AxesToInput(n, 13), ["Unsqueeze"] = (u, n) => u.AxesToInput(n, 13), ["ReduceSum"] = (u, n) => u.AxesToInput(n, 13),
        ["ReduceMean"] = (u, n) => u.AxesToInput(n, 18), ["ReduceMax"] = (u, n) => u.AxesToInput(n, 18), ["ReduceMin"] = (u, n) => u.AxesToInput(n, 18),
        ["ReduceProd"] = (u, n) => u.AxesToInput(n, 18), ["ReduceL1"] = (u, n) => u.AxesToInput(n, 18), ["ReduceL2"] = (u, n) => u.AxesToInput(n, 18),
        ["ReduceLogSum"] = (u, n) => u.AxesToInput(n, 18), ["ReduceLogSumExp"] = (u, n) => u.AxesToInput(n, 18),
        ["ReduceSumSquare"] = (u, n) => u.AxesToInput(n, 18),
        ["Split"] = (u, n) => u.Split(n), ["Slice"] = (u, n) => u.Slice(n), ["Clip"] = (u, n) => u.Clip(n), ["Pad"] = (u, n) => u.Pad(n),
        ["Softmax"] = (u, n) => u.Flattened(n), ["LogSoftmax"] = (u, n) => u.Flattened(n), ["Hardmax"] = (u, n) => u.Flattened(n),
        ["Dropout"] = (u, n) => u.Dropout(n), ["BatchNormalization"] = (u, n) => u.BatchNormalization(n),
        ["Upsample"] = (u, n) => u.Upsample(n), ["Resize"] = (u, n) => u.Resize(n), ["Gemm"] = (_, n) => n.Take("broadcast"),
        ["Add"] = (u, n) => u.Broadcast(n), ["Sub"] = (u, n) => u.Broadcast(n), ["Mul"] = (u, n) => u.Broadcast(n), ["Div"] = (u, n) => u.Broadcast(n),
        ["Pow"] = (u, n) => u.Broadcast(n), ["And"] = (u, n) => u.Broadcast(n), ["Or"] = (u, n) => u.Broadcast(n), ["Xor"] = (u, n) => u.Broadcast(n),
        ["Greater"] = (u, n) => u.Broadcast(n), ["Less"] = (u, n) => u.Broadcast(n), ["Equal"] = (u, n) => u.Broadcast(n), ["PRelu"] = (u, n) => u.Slope(n),
        ["Cast"] = (u, n) => u.Cast(n), ["Concat"] = (u, n) => u.Concat(n), ["Reshape"] = (u, n) => u.Reshape(n), ["TopK"] = (u, n) => u.TopK(n),
        ["Scatter"] = (_, n) => n.OpType = "ScatterElements", ["Tile"] = (u, n) => u.Refuse(n, 6), ["Scan"] = (u, n) => u.Refuse(n, 9),
        ["RoiAlign"] = (u, n) => u.RoiAlign(n),
    };

    private readonly WorkingGraph _graph;
    private readonly Func<string, TensorFact?> _facts;
    private readonly long _from;
    private readonly List<NodeProto> _before = [];
    private readonly List<NodeProto> _after = [];

    // Whether there are real numbers of other than single precision.
    private readonly bool _mixed;

    private OpsetUplift(WorkingGraph graph, Func<string, TensorFact?> facts)
    {
        (_graph, _facts, _from) = (graph, facts, graph.Opset);
        _mixed = graph.Graph.Input.Select(i => i.Type?.TensorType?.ElemType ?? 0).Concat(graph.Graph.Initializer.Select(i => i.DataType))
            .Concat(graph.Graph.Node.SelectMany(n => n.Attribute).Select(a => (int?)a.T?.DataType ?? (a.Name is "to" or "dtype" ? (int)a.I : 0)))
            .Any(t => (DataType)t is DataType.Float16 or DataType.Double);
    }

    /// <summary>Rewrites the model.</summary>
    /// <param name="graph">The model.</param>
    /// <param name="facts">Shapes of its values as it stands; asked only where the rewriting depends on them.</param>
    /// <exception cref="UnsupportedOpException">An operator whose old form has no new one.</exception>
    internal static void Apply(WorkingGraph graph, Func<string, TensorFact?> facts)
    {
        if (graph.Opset >= Target)
            return;
        var uplift = new OpsetUplift(graph, facts);
        graph.Rewrite(uplift.Node);
        foreach (var import in graph.Model.OpsetImport.Where(o => OperatorDomains.Normalize(o.Domain).Length == 0).ToList())
            graph.Model.OpsetImport.Remove(import);
        graph.Model.OpsetImport.Insert(0, new OperatorSetIdProto { Version = Target });
    }

    private List<NodeProto> Node(NodeProto node)
    {
        foreach (var subgraph in GraphScopes.Subgraphs(node))
        {
            var inner = subgraph.Node.SelectMany(Node).ToList();
            subgraph.Node.Clear();
            subgraph.Node.AddRange(inner);
        }

        _before.Clear();
        _after.Clear();
        if (OperatorDomains.Normalize(node.Domain).Length == 0)
        {
            node.Take("consumed_inputs");
            if (Rewrites.TryGetValue(node.OpType, out var rewrite))
                rewrite(this, node);
        }

        return [.. _before, node, .. _after];
    }

    private void AxesToInput(NodeProto node, long since)
    {
        if (_from < since && node.Take("axes") is { } axes)
            node.SetInput(1, Ints(node, "axes", [.. axes.Ints]));
    }

    private void Split(NodeProto node)
    {
        if (_from < 13 && node.Take("split") is { } split)
            node.SetInput(1, Ints(node, "split", [.. split.Ints]));
        if (node.In(1).Length == 0)
            node.Set(Attr.Int("num_outputs", node.Output.Count));
    }

    private void Slice(NodeProto node)
    {
        if (_from >= 10)
            return;
        node.SetInput(1, Ints(node, "starts", [.. node.Take("starts")?.Ints ?? []]));
        node.SetInput(2, Ints(node, "ends", [.. node.Take("ends")?.Ints ?? []]));
        if (node.Take("axes") is { } axes)
            node.SetInput(3, Ints(node, "axes", [.. axes.Ints]));
    }

    private void Clip(NodeProto node)
    {
        if (_from >= 11)
            return;
        if (node.Take("min") is { } minimum)
            node.SetInput(1, Number(node, "min", minimum.F));
        if (node.Take("max") is { } maximum)
            node.SetInput(2, Number(node, "max", maximum.F));
    }

    private void Pad(NodeProto node)
    {
        if (_from >= 11)
            return;
        node.SetInput(1, Ints(node, "pads", [.. (node.Take("pads") ?? node.Take("paddings"))?.Ints ?? []]));
        if (node.Take("value") is { } value)
            node.SetInput(2, Number(node, "value", value.F));
    }

    /// <summary>The old softmax is that of a matrix: all dimensions from the axis on are one.</summary>
    private void Flattened(NodeProto node)
    {
        if (_from >= 13)
            return;
        var axis = node.Take("axis")?.I ?? 1;
        node.Set(Attr.Int("axis", -1));
        var rank = axis == -1 ? -1 : Fact(node, 0)?.Rank ?? -1;
        if (axis == -1 || axis == rank - 1)
            return;
        var (x, y) = (node.Input[0], node.Output[0]);
        var (shape, flat, rows) = (Fresh(node, "shape"), Fresh(node, "flat"), Fresh(node, "rows"));
        _before.Add(Make("Shape", [x], [shape]));
        _before.Add(Make("Flatten", [x], [flat], Attr.Int("axis", axis)));
        node.Input[0] = flat;
        node.Output[0] = rows;
        var last = Make("Reshape", [rows, shape], [y]);
        // Nodes are often called like their outputs, as this one's output was.
        last.Name = Fresh(node, "back");
        _after.Add(last);
    }

    private void Dropout(NodeProto node)
    {
        node.Take("is_test");
        if (_from < 12 && node.Take("ratio") is { } ratio)
            node.SetInput(1, Constant(node, "ratio", Tensor.FromFloats("", [ratio.F])));
    }

    private void BatchNormalization(NodeProto node)
    {
        node.Take("is_test");
        if (_from < 9 && node.Take("spatial") is { I: 0 })
            throw Refusal(node, "statistics for each place (spatial = 0) have no successor; export the model for a newer opset");
        while (_from < 14 && node.Output.Count > 1)
            node.Output.RemoveAt(node.Output.Count - 1);
    }

    private void Upsample(NodeProto node)
    {
        if (_from < 7)
            throw Refusal(node, "its form before version 7 has no successor; export the model for a newer opset");
        float[] factors = [.. node.Take("scales")?.Floats ?? []];
        var scales = _from < 9 ? Constant(node, "scales", Tensor.FromFloats("", factors, factors.Length)) : node.Input[1];
        node.OpType = "Resize";
        Asymmetric(node, scales);
    }

    private void Resize(NodeProto node)
    {
        if (_from < 11)
            Asymmetric(node, node.Input[1]);
    }

    private static void Asymmetric(NodeProto node, string scales)
    {
        node.SetInput(1, "");
        node.SetInput(2, scales);
        if (node.Text("mode", "nearest") == "bilinear")
            node.Set(Attr.Text("mode", "linear"));
        node.Set(Attr.Text("coordinate_transformation_mode", "asymmetric"));
        node.Set(Attr.Text("nearest_mode", "floor"));
    }

    /// <summary>Before version 7 the second operand's dimensions began at an axis of the first one's.</summary>
    private void Broadcast(NodeProto node)
    {
        if (_from >= 7)
            return;
        var axis = node.Take("axis")?.I;
        if (node.Take("broadcast") is not { I: 1 } || axis is not { } at)
            return;
        var (left, right) = (Rank(node, 0), Rank(node, 1));
        Lengthen(node, right, left - (at < 0 ? at + left : at) - right);
    }

    private void Slope(NodeProto node)
    {
        if (_from < 7 && Rank(node, 1) == 1 && Rank(node, 0) > 2)
            Lengthen(node, 1, Rank(node, 0) - 2);
    }

    private void Lengthen(NodeProto node, long rank, long by)
    {
        if (by <= 0)
            return;
        var longer = Fresh(node, "right");
        _before.Add(Make("Unsqueeze", [node.Input[1], Ints(node, "axes", [.. Enumerable.Range((int)rank, (int)by).Select(i => (long)i)])], [longer]));
        node.Input[1] = longer;
    }

    private void Cast(NodeProto node)
    {
        if (_from >= 6 || node.Find("to") is not { S.Length: > 0 } to)
            return;
        var name = to.S.ToStringUtf8();
        if (!Enum.TryParse<DataType>(name, ignoreCase: true, out var type))
            throw Refusal(node, $"it casts to the unknown type {PublicText.Name(name)}");
        node.Set(Attr.Int("to", (long)type));
    }

    private void Concat(NodeProto node)
    {
        if (_from < 4 && node.Find("axis") is null)
            node.Set(Attr.Int("axis", 1));
    }

    private void Reshape(NodeProto node)
    {
        if (_from < 5)
            node.SetInput(1, Ints(node, "shape", [.. node.Take("shape")?.Ints ?? []]));
    }

    private void TopK(NodeProto node)
    {
        if (_from < 10)
            node.SetInput(1, Ints(node, "k", [node.Take("k")?.I ?? 1]));
    }

    private void RoiAlign(NodeProto node)
    {
        if (_from < 16 && node.Find("coordinate_transformation_mode") is null)
            node.Set(Attr.Text("coordinate_transformation_mode", "output_half_pixel"));
    }

    private void Refuse(NodeProto node, long since)
    {
        if (_from < since)
            throw Refusal(node, string.Create(CultureInfo.InvariantCulture, $"its form before version {since} has no successor; {Newer}"));
    }

    private long Rank(NodeProto node, int input) =>
        Fact(node, input)?.Rank is { } rank and >= 0
            ? rank
            : throw new RankUnknownException(node.In(input), $"node {PublicText.Name(node.Title())} broadcasts as operators did before version 7; {Newer}");

    private TensorFact? Fact(NodeProto node, int input) => _facts(node.In(input));

    private string Number(NodeProto node, string what, float value)
    {
        var constant = Constant(node, what, Tensor.FromFloats("", [value]));
        if (!_mixed)
            return constant;
        var like = Fresh(node, what + "_as_input");
        _before.Add(Make("CastLike", [constant, node.Input[0]], [like]));
        return like;
    }

    private string Ints(NodeProto node, string what, long[] values) => Constant(node, what, Tensor.FromInt64s("", values, values.Length));

    private string Constant(NodeProto node, string what, Tensor value)
    {
        var name = Fresh(node, what);
        _before.Add(Make("Constant", [], [name], Attr.Tensor("value", value)));
        return name;
    }

    private string Fresh(NodeProto node, string what) => _graph.Fresh($"{node.Title()}/{what}");

    private UnsupportedOpException Refusal(NodeProto node, string reason) => new(node.OpType, "", _from, node.Title(), reason);

    private static NodeProto Make(string op, string[] inputs, string[] outputs, params AttributeProto[] attributes) =>
        new() { OpType = op, Name = outputs[0], Input = { inputs }, Output = { outputs }, Attribute = { attributes } };
}
