using System.Globalization;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Onnx;

/// <summary>
/// Refuses nodes of a few bytes that make gigabytes, as far as the model itself fixes how much: constants that are blown up. What depends on what comes in
/// shows when the model is tried.
/// </summary>
internal sealed class SizeGuard
{
    private readonly ModelLimits _limits;
    private readonly KnownValues _values;

    private SizeGuard(ModelLimits limits, KnownValues? outer) => (_limits, _values) = (limits, new KnownValues(outer));

    /// <summary>Checks all graphs and functions of a model whose tensors are checked already.</summary>
    internal static void Check(ModelProto model, ModelLimits limits)
    {
        new SizeGuard(limits, null).Check(model.Graph);
        foreach (var function in model.Functions)
            new SizeGuard(limits, null).Check(function.Node);
    }

    private void Check(GraphProto graph)
    {
        _values.Hide(graph.Input.Select(i => i.Name));
        foreach (var tensor in graph.Initializer)
            _values.Store(tensor);
        Check(graph.Node);
    }

    private void Check(IEnumerable<NodeProto> nodes)
    {
        foreach (var node in nodes)
        {
            if (OperatorDomains.Normalize(node.Domain) == OperatorDomains.Standard)
                CheckNode(node);
            foreach (var subgraph in GraphScopes.Subgraphs(node))
                new SizeGuard(_limits, _values).Check(subgraph);
            _values.Follow(node);
        }
    }

    private void CheckNode(NodeProto node)
    {
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

    private double[]? Numbers(NodeProto node, int input) =>
        _values.Find(node, input) is { Type: not DataType.Bool, Values: { } values } ? values : null;

    private double Elements(NodeProto node, int input) => _values.Find(node, input)?.Elements ?? 0;

    private double ElementBytes(NodeProto node) => _values.Find(node, 0)?.ElementBytes ?? 1;

    private static double BytesOf(TensorProto tensor) => ElementBits.Of((DataType)tensor.DataType) / 8.0;

    private static double Product(double[]? sizes)
    {
        var product = sizes is null ? 0.0 : 1.0;
        foreach (var size in sizes ?? [])
            product *= double.IsFinite(size) ? Math.Max(0, size) : double.NaN;
        return product;
    }
}
