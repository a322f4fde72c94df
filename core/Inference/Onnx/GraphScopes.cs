namespace Iml4e.Inference.Onnx;

/// <summary>Names and scopes: which values a graph defines, which ones its inner graphs (If, Loop, Scan) take from outside.</summary>
internal static class GraphScopes
{
    /// <summary>The graphs within a node.</summary>
    internal static IEnumerable<GraphProto> Subgraphs(NodeProto node)
    {
        foreach (var attribute in node.Attribute)
        {
            if (attribute.G is { } graph)
                yield return graph;
            foreach (var item in attribute.Graphs)
                yield return item;
        }
    }

    /// <summary>Every value that the graph itself defines: inputs, initialisers, node outputs; inner graphs not included.</summary>
    internal static HashSet<string> Defined(GraphProto graph)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var input in graph.Input)
            names.Add(input.Name);
        foreach (var initializer in graph.Initializer)
            names.Add(initializer.Name);
        foreach (var sparse in graph.SparseInitializer)
            names.Add(sparse.Values?.Name ?? "");
        foreach (var node in graph.Node)
        {
            foreach (var output in node.Output)
                names.Add(output);
        }

        names.Remove("");
        return names;
    }

    /// <summary>Every name in the graph and in its inner graphs.</summary>
    internal static void CollectAll(GraphProto graph, HashSet<string> into)
    {
        into.UnionWith(Defined(graph));
        foreach (var node in graph.Node)
        {
            foreach (var subgraph in Subgraphs(node))
                CollectAll(subgraph, into);
        }
    }

    /// <summary>What a node reads: its inputs and whatever its inner graphs capture.</summary>
    internal static IEnumerable<string> Reads(NodeProto node) =>
        node.Input.Where(i => i.Length > 0).Concat(Subgraphs(node).SelectMany(Captured));

    /// <summary>The names that an inner graph uses and does not define.</summary>
    internal static HashSet<string> Captured(GraphProto graph)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in graph.Node)
            used.UnionWith(Reads(node));
        foreach (var output in graph.Output)
            used.Add(output.Name);
        used.ExceptWith(Defined(graph));
        used.Remove("");
        return used;
    }

    /// <summary>Renames values of the graph, and of inner graphs where they are captured; with <paramref name="inner"/> the inner graphs' own values too.</summary>
    internal static void Rename(GraphProto graph, Func<string, string> rename, bool inner)
    {
        string Apply(string name) => name.Length == 0 ? name : rename(name);

        foreach (var value in graph.Input.Concat(graph.Output).Concat(graph.ValueInfo))
            value.Name = Apply(value.Name);
        foreach (var initializer in graph.Initializer)
            initializer.Name = Apply(initializer.Name);
        foreach (var sparse in graph.SparseInitializer)
        {
            if (sparse.Values is { } values)
                values.Name = Apply(values.Name);
        }

        foreach (var annotation in graph.QuantizationAnnotation)
        {
            annotation.TensorName = Apply(annotation.TensorName);
            foreach (var entry in annotation.QuantParameterTensorNames)
                entry.Value = Apply(entry.Value);
        }

        foreach (var node in graph.Node)
        {
            for (var i = 0; i < node.Input.Count; i++)
                node.Input[i] = Apply(node.Input[i]);
            for (var i = 0; i < node.Output.Count; i++)
                node.Output[i] = Apply(node.Output[i]);
            foreach (var subgraph in Subgraphs(node))
            {
                if (inner)
                {
                    Rename(subgraph, rename, true);
                    continue;
                }

                var own = Defined(subgraph);
                Rename(subgraph, name => own.Contains(name) ? name : rename(name), false);
            }
        }
    }
}
