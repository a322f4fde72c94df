using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>Computes once, through ONNX Runtime, what depends on stored tensors alone.</summary>
internal static class ConstantFolding
{
    // Their results differ from run to run, or they are kept because the runtime fuses them with their neighbours.
    private static readonly HashSet<string> Kept = new(StringComparer.Ordinal)
    {
        "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli", "Dropout", "QuantizeLinear", "DequantizeLinear",
        "DynamicQuantizeLinear", "SequenceConstruct", "SequenceEmpty", "SplitToSequence", "SequenceInsert", "SequenceErase", "SequenceMap", "Optional",
    };

    private static readonly SessionSettings Settings = new()
    {
        Optimization = GraphOptimization.None, LongestRun = TimeSpan.FromSeconds(30), MemoryArena = false,
        Limits = ModelLimits.Default with { MaximumInterface = 100_000 },
    };

    /// <summary>Folds what is constant.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="variable">Stored tensors that are to be differentiated, and so are no constants.</param>
    /// <param name="maximumBytes">Results larger than this, and than the stored tensors they are made of, stay computed.</param>
    internal static void Apply(WorkingGraph graph, IReadOnlySet<string> variable, long maximumBytes)
    {
        var constants = graph.Graph.Initializer.Select(i => i.Name).Where(n => !variable.Contains(n)).ToHashSet(StringComparer.Ordinal);
        var nodes = new List<NodeProto>();
        foreach (var node in graph.Graph.Node.Where(n => IsFoldable(n, constants)))
        {
            nodes.Add(node);
            constants.UnionWith(node.Output);
        }

        if (nodes.Count == 0)
            return;
        var folded = nodes.ToHashSet(ReferenceEqualityComparer.Instance);
        var read = graph.Graph.Node.Where(n => !folded.Contains(n)).SelectMany(GraphScopes.Reads).ToHashSet(StringComparer.Ordinal);
        read.UnionWith(graph.Graph.Output.Select(o => o.Name));
        var wanted = nodes.SelectMany(n => n.Output).Where(read.Contains).ToArray();
        if (wanted.Length == 0)
            return;
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var value in Compute(graph, nodes, wanted))
        {
            if (value.Bytes is not null || value.Data.Length > maximumBytes)
                continue;
            graph.Graph.Initializer.Add(TensorProtos.Write(value));
            known.Add(value.Name);
        }

        var outputs = graph.Graph.Output.Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
        graph.Rewrite(node => folded.Contains(node) ? Left(node, known) : [node]);
        DeadNodes.Remove(graph, outputs);
    }

    private static bool IsFoldable(NodeProto node, HashSet<string> constants) =>
        !Kept.Contains(node.OpType) && OperatorDomains.Normalize(node.Domain).Length == 0 && !GraphScopes.Subgraphs(node).Any()
        && node.Input.All(i => i.Length == 0 || constants.Contains(i)) && node.Output.Count > 0;

    // A node some of whose results are stored now computes the others under their names, and nothing twice.
    private static NodeProto[] Left(NodeProto node, HashSet<string> known)
    {
        if (node.Output.All(o => o.Length == 0 || known.Contains(o)))
            return [];
        for (var i = 0; i < node.Output.Count; i++)
        {
            if (known.Contains(node.Output[i]))
                node.Output[i] += "/folded";
        }

        return [node];
    }

    private static IReadOnlyList<Tensor> Compute(WorkingGraph graph, List<NodeProto> nodes, string[] wanted)
    {
        var reads = nodes.SelectMany(n => n.Input).ToHashSet(StringComparer.Ordinal);
        var model = new ModelProto { IrVersion = graph.Model.IrVersion, Graph = new GraphProto { Name = "constants" } };
        model.OpsetImport.AddRange(graph.Model.OpsetImport);
        model.Graph.Initializer.AddRange(graph.Graph.Initializer.Where(i => reads.Contains(i.Name)));
        model.Graph.Node.AddRange(nodes);
        model.Graph.Output.AddRange(wanted.Select(o => new ValueInfoProto { Name = o }));
        using var session = ModelSession.Load(GraphSurgery.KeepOutputs(model, wanted), Settings);
        return session.Run([]);
    }
}
