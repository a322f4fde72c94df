using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>Removes nodes and stored tensors that nothing reads.</summary>
internal static class DeadNodes
{
    /// <summary>Removes what serves none of these values.</summary>
    internal static void Remove(WorkingGraph graph, IEnumerable<string> wanted)
    {
        var live = wanted.ToHashSet(StringComparer.Ordinal);
        var nodes = new List<NodeProto>();
        for (var i = graph.Graph.Node.Count - 1; i >= 0; i--)
        {
            var node = graph.Graph.Node[i];
            if (!node.Output.Any(live.Contains))
                continue;
            live.UnionWith(GraphScopes.Reads(node));
            nodes.Add(node);
        }

        nodes.Reverse();
        graph.Graph.Node.Clear();
        graph.Graph.Node.AddRange(nodes);
        var stored = graph.Graph.Initializer.Where(i => live.Contains(i.Name)).ToList();
        graph.Graph.Initializer.Clear();
        graph.Graph.Initializer.AddRange(stored);
        var sparse = graph.Graph.SparseInitializer.Where(i => live.Contains(i.Values.Name)).ToList();
        graph.Graph.SparseInitializer.Clear();
        graph.Graph.SparseInitializer.AddRange(sparse);
    }
}
