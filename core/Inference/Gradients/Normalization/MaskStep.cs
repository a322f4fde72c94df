using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>Lets dropout take its masks from inputs: a node's own random numbers begin anew with every session, and so no run could be carried on.</summary>
internal static class MaskStep
{
    /// <summary>Changes the model.</summary>
    /// <param name="graph">The model, its dropout dropping.</param>
    /// <param name="facts">What is known of its values; what is added is told.</param>
    internal static List<DropoutMask> Apply(WorkingGraph graph, Dictionary<string, TensorFact> facts)
    {
        var masks = new List<DropoutMask>();
        var stored = graph.Initializers();
        graph.Rewrite(node => node.Is("Dropout") ? Masked(graph, facts, stored, node, masks) : [node]);
        return masks;
    }

    private static NodeProto[] Masked(
        WorkingGraph graph, Dictionary<string, TensorFact> facts, Dictionary<string, TensorProto> stored, NodeProto node, List<DropoutMask> masks)
    {
        var (x, y) = (node.Input[0], node.Output[0]);
        var ratio = node.In(1).Length == 0 ? 0.5 : stored.TryGetValue(node.In(1), out var given) ? TensorProtos.Read(given).ToDoubles()[0]
            : throw new UnsupportedOpException("Dropout", "", graph.Opset, node.Title(), "its ratio is not a constant; export the model with a fixed ratio");
        var fact = facts[x];
        var shape = fact.Shape ?? throw new RankUnknownException(x, "its rank depends on the data");
        var mask = graph.Fresh("mask_" + y);
        facts[mask] = fact with { Type = DataType.Bool };
        graph.Graph.Input.Add(GraphPorts.Describe(mask, facts[mask]));
        masks.Add(new DropoutMask(mask, Array.ConvertAll(shape, e => e.IsFixed ? e.First : -1), 1 - ratio));
        var (factor, zero) = (Number(graph, facts, node, "scale", fact, 1 / (1 - ratio)), Number(graph, facts, node, "zero", fact, 0));
        var scaled = graph.Fresh(node.Title() + "/scaled");
        facts[scaled] = fact;
        List<NodeProto> nodes =
        [
            new NodeProto { OpType = "Mul", Name = scaled, Input = { x, factor }, Output = { scaled } },
            new NodeProto { OpType = "Where", Name = node.Name, Input = { mask, scaled, zero }, Output = { y } },
        ];
        if (node.Out(1).Length > 0)
            nodes.Add(new NodeProto { OpType = "Identity", Name = node.Out(1), Input = { mask }, Output = { node.Out(1) } });
        return [.. nodes];
    }

    private static string Number(WorkingGraph graph, Dictionary<string, TensorFact> facts, NodeProto node, string what, TensorFact like, double value)
    {
        var name = $"{node.Title()}/{what}";
        var stored = graph.Store(like.Type == DataType.Double ? Tensor.FromDoubles(name, [value]) : Tensor.FromFloats(name, [(float)value]));
        facts[stored] = new TensorFact(like.Type, []);
        return stored;
    }
}
