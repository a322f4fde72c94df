using Iml4e.Inference.Gradients.Normalization;
using Iml4e.Inference.Gradients.Rules;
using Iml4e.Inference.Onnx;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Gradients;

/// <summary>What lies between the tensors to differentiate for and the seeds, told from the graph alone.</summary>
internal sealed class Coverage
{
    private Coverage(HashSet<string> reach, HashSet<string> onTheWay, List<NodeProto> unsupported, List<string> steps, List<NodeProto> ends) =>
        (Reach, OnTheWay, Unsupported, Steps, Ends) = (reach, onTheWay, unsupported, steps, ends);

    /// <summary>Values that depend differentiably on what is differentiated.</summary>
    internal HashSet<string> Reach { get; }

    /// <summary>Those of them on which the seeds depend.</summary>
    internal HashSet<string> OnTheWay { get; }

    /// <summary>Nodes on the way that have no rule.</summary>
    internal IReadOnlyList<NodeProto> Unsupported { get; }

    /// <summary>Operators on the way whose gradient is zero.</summary>
    internal IReadOnlyList<string> Steps { get; }

    /// <summary>Nodes at which ways to the seeds end: comparisons, shapes, rounding.</summary>
    internal IReadOnlyList<NodeProto> Ends { get; }

    /// <summary>Finds the ways from some values to others.</summary>
    internal static Coverage Of(WorkingGraph graph, IEnumerable<string> wrt, IEnumerable<string> seeds)
    {
        var reach = wrt.ToHashSet(StringComparer.Ordinal);
        foreach (var node in graph.Graph.Node)
        {
            if (!IsEnd(node) && GraphScopes.Reads(node).Any(reach.Contains))
                reach.UnionWith(Differentiable(node));
        }

        reach.Remove("");
        var needed = seeds.ToHashSet(StringComparer.Ordinal);
        var way = needed.Where(reach.Contains).ToHashSet(StringComparer.Ordinal);
        var (unsupported, steps, ends) = (new List<NodeProto>(), new List<string>(), new List<NodeProto>());
        foreach (var node in Enumerable.Reverse(graph.Graph.Node))
        {
            if (!node.Output.Any(needed.Contains))
                continue;
            needed.UnionWith(GraphScopes.Reads(node));
            var touched = GraphScopes.Reads(node).Any(reach.Contains);
            if (touched && IsEnd(node))
            {
                ends.Add(node);
                if (RuleTable.IsStep(node))
                    steps.Add(node.OpType);
            }

            if (!touched || !node.Output.Any(way.Contains))
                continue;
            way.UnionWith(GraphScopes.Reads(node).Where(reach.Contains));
            if (RuleTable.Find(node) is null)
                unsupported.Add(node);
        }

        unsupported.Reverse();
        ends.Reverse();
        return new Coverage(reach, way, unsupported, [.. steps.Distinct().Order(StringComparer.Ordinal)], ends);
    }

    /// <summary>The error of a node that cannot be differentiated.</summary>
    internal static UnsupportedOpException Error(WorkingGraph graph, NodeProto node, string reason)
    {
        var domain = OperatorDomains.Normalize(node.Domain);
        var opset = domain.Length == 0
            ? graph.Imported : graph.Model.OpsetImport.FirstOrDefault(o => OperatorDomains.Normalize(o.Domain) == domain)?.Version ?? 1;
        return new UnsupportedOpException(node.OpType, domain, opset, node.Title(), reason);
    }

    private static bool IsEnd(NodeProto node) => RuleTable.IsBarrier(node) || RuleTable.IsStep(node)
        || (node.Is("Cast") && !IsReal((DataType)node.Int("to", 1)));

    private static bool IsReal(DataType type) =>
        type is DataType.Float or DataType.Double or DataType.Float16 or DataType.Bfloat16;

    // Indices and masks beside the first output are no numbers to differentiate.
    private static IEnumerable<string> Differentiable(NodeProto node) => node.Is("TopK", "MaxPool", "Dropout") ? node.Output.Take(1) : node.Output;
}
