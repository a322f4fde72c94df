using System.Globalization;

namespace Iml4e.Inference.Onnx;

/// <summary>
/// Refuses nodes of a few bytes that make gigabytes or run for ever, as far as the model itself fixes how much: constants that are blown up, loops whose
/// rounds are given. What depends on computed sizes shows when the model is tried.
/// </summary>
internal sealed class SizeGuard
{
    private const long LargestShape = 64;
    private readonly ModelLimits _limits;
    private readonly SizeGuard? _outer;
    private readonly Dictionary<string, TensorProto> _constants = new(StringComparer.Ordinal);

    private SizeGuard(ModelLimits limits, SizeGuard? outer) => (_limits, _outer) = (limits, outer);

    /// <summary>Checks all graphs and functions of a model whose tensors are checked already.</summary>
    internal static void Check(ModelProto model, ModelLimits limits)
    {
        new SizeGuard(limits, null).Check(model.Graph);
        foreach (var function in model.Functions)
            new SizeGuard(limits, null).Check(function.Node);
    }

    private void Check(GraphProto graph)
    {
        foreach (var tensor in graph.Initializer)
            _constants.TryAdd(tensor.Name, tensor);
        Check(graph.Node);
    }

    private void Check(IEnumerable<NodeProto> nodes)
    {
        foreach (var node in nodes)
        {
            if (OperatorDomains.Normalize(node.Domain) == OperatorDomains.Standard)
                CheckNode(node);
            foreach (var subgraph in GraphScopes.Subgraphs(node))
                new SizeGuard(_limits, this).Check(subgraph);
        }
    }

    private void CheckNode(NodeProto node)
    {
        if (node is { OpType: "Constant", Output.Count: 1, Attribute: [{ T: { } value }] })
        {
            _constants[node.Output[0]] = value;
            return;
        }

        if (node.OpType == "Loop")
            CheckLoop(node);
        var bytes = BytesOf(node);
        if (double.IsNaN(bytes) || bytes > _limits.MaximumTensorBytes)
        {
            throw new InvalidModelException(string.Create(
                CultureInfo.InvariantCulture,
                $"node {PublicText.Name(node.Name)} ({PublicText.Name(node.OpType)}) makes a tensor of more than {_limits.MaximumTensorBytes} bytes out of constants"));
        }
    }

    /// <summary>Bytes that the node makes at least; 0 when its constants do not tell, NaN when they are no sizes.</summary>
    private double BytesOf(NodeProto node) => node.OpType switch
    {
        "ConstantOfShape" => Product(Numbers(node, 0)) * (node.Attribute.FirstOrDefault(a => a.Name == "value")?.T is { } fill ? BytesOf(fill) : 4),
        "Expand" => Product(Numbers(node, 1)) * ElementBytes(node),
        "Tile" => Product(Numbers(node, 1)) * Math.Max(1, Elements(node, 0)) * ElementBytes(node),
        "Pad" => Padded(node) * ElementBytes(node),
        "Resize" or "Upsample" => Scaled(node) * ElementBytes(node),
        "OneHot" => Product(Numbers(node, 1)),
        "RandomNormal" or "RandomUniform" => Product(node.Attribute.FirstOrDefault(a => a.Name == "shape")?.Ints.Select(i => (double)i).ToArray()) * 4,
        "HannWindow" or "HammingWindow" or "BlackmanWindow" => Product(Numbers(node, 0)) * 4,
        "Range" when Numbers(node, 0) is [var start] && Numbers(node, 1) is [var limit] && Numbers(node, 2) is [var step] =>
            step == 0 ? double.NaN : Math.Max(0, Math.Ceiling((limit - start) / step)) * 4,
        _ => 0,
    };

    private double Padded(NodeProto node)
    {
        var pads = Numbers(node, 1) ?? node.Attribute.FirstOrDefault(a => a.Name is "pads" or "paddings")?.Ints.Select(i => (double)i).ToArray();
        if (pads is null || pads.Length % 2 != 0)
            return 0;
        // One element there is at least, and each dimension grows by what is put before and behind it.
        var product = 1.0;
        for (var i = 0; i < pads.Length / 2; i++)
            product *= Math.Max(1, pads[i] + pads[i + pads.Length / 2]);
        return product;
    }

    private double Scaled(NodeProto node)
    {
        var sizes = Numbers(node, 3);
        if (sizes is { Length: > 0 })
            return Product(sizes);
        var scales = Numbers(node, node.Input.Count > 2 ? 2 : 1) ?? node.Attribute.FirstOrDefault(a => a.Name == "scales")?.Floats.Select(f => (double)f).ToArray();
        return scales is null || (node.OpType == "Resize" && node.Input.Count < 2) ? 0 : Product(scales) * Math.Max(1, Elements(node, 0));
    }

    private void CheckLoop(NodeProto node)
    {
        if (Numbers(node, 0) is not [var rounds] || rounds <= _limits.MaximumIterations || node.Attribute.FirstOrDefault(a => a.Name == "body")?.G is not { } body)
            return;
        if (!NeverEnds(body))
            return;
        throw new InvalidModelException(string.Create(
            CultureInfo.InvariantCulture,
            $"node {PublicText.Name(node.Name)} ('Loop') runs {rounds:0} rounds, and nothing in it can end it before; {_limits.MaximumIterations} are allowed"));
    }

    // The condition for the next round is the one that came in, a constant, or a value from outside: the same for ever.
    private static bool NeverEnds(GraphProto body)
    {
        if (body.Output.Count == 0)
            return true;
        var producers = new Dictionary<string, NodeProto>(StringComparer.Ordinal);
        foreach (var node in body.Node)
        {
            foreach (var output in node.Output)
                producers.TryAdd(output, node);
        }

        var name = body.Output[0].Name;
        for (var i = 0; i < 100 && producers.TryGetValue(name, out var node); i++)
        {
            if (node.OpType == "Constant")
                return true;
            if (node.OpType is not ("Identity" or "Cast" or "Not" or "Squeeze" or "Reshape") || node.Input.Count == 0)
                return false;
            name = node.Input[0];
        }

        return !body.Input.Skip(2).Any(i => i.Name == name) && (body.Input.Count == 0 || body.Input[0].Name != name);
    }

    private TensorProto? Constant(NodeProto node, int input)
    {
        if (input >= node.Input.Count)
            return null;
        for (var scope = this; scope is not null; scope = scope._outer)
        {
            if (scope._constants.TryGetValue(node.Input[input], out var tensor))
                return tensor;
        }

        return null;
    }

    private double[]? Numbers(NodeProto node, int input)
    {
        if (Constant(node, input) is not { } tensor || !TensorDatatypes.TryFromOnnx(tensor.DataType, out var datatype)
            || datatype is TensorDatatype.Bytes or TensorDatatype.Bool || ShapeMath.TryCount(tensor.Dims.ToArray()) is < 0 or > LargestShape)
            return null;
        return TensorProtos.Read(tensor).ToDoubles();
    }

    private double Elements(NodeProto node, int input) => Constant(node, input) is { } tensor ? ShapeMath.TryCount(tensor.Dims.ToArray()) : 0;

    private double ElementBytes(NodeProto node) => Constant(node, 0) is { } tensor ? BytesOf(tensor) : 1;

    private static double BytesOf(TensorProto tensor) => ElementBits.Of((TensorProto.Types.DataType)tensor.DataType) / 8.0;

    private static double Product(double[]? sizes)
    {
        var product = sizes is null ? 0.0 : 1.0;
        foreach (var size in sizes ?? [])
            product *= double.IsFinite(size) ? Math.Max(0, size) : double.NaN;
        return product;
    }
}
