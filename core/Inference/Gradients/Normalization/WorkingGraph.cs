using System.Globalization;
using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>A copy of a model that the steps of normalisation rewrite in place.</summary>
internal sealed class WorkingGraph
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    internal WorkingGraph(ModelProto model)
    {
        Model = model.Clone();
        Imported = Opset;
        GraphScopes.CollectAll(Graph, _names);
    }

    /// <summary>The model as it stands.</summary>
    internal ModelProto Model { get; }

    /// <summary>Its outermost graph.</summary>
    internal GraphProto Graph => Model.Graph;

    /// <summary>Version of the standard operators.</summary>
    internal long Opset => Model.OpsetImport.FirstOrDefault(o => OperatorDomains.Normalize(o.Domain).Length == 0)?.Version ?? 1;

    /// <summary>Version of the standard operators that the model came with.</summary>
    internal long Imported { get; }

    /// <summary>A name that is free: the wanted one, or that with the lowest free suffix.</summary>
    internal string Fresh(string wanted)
    {
        var name = wanted;
        for (var i = 1; !_names.Add(name); i++)
            name = string.Create(CultureInfo.InvariantCulture, $"{wanted}_{i}");
        return name;
    }

    /// <summary>Whether a value of the name is there.</summary>
    internal bool IsTaken(string name) => _names.Contains(name);

    /// <summary>The stored tensors by name.</summary>
    internal Dictionary<string, TensorProto> Initializers()
    {
        var result = new Dictionary<string, TensorProto>(StringComparer.Ordinal);
        foreach (var tensor in Graph.Initializer)
            result.TryAdd(tensor.Name, tensor);
        return result;
    }

    /// <summary>Stores a tensor under a free name like its own, and returns that.</summary>
    internal string Store(Tensor tensor)
    {
        var name = Fresh(tensor.Name);
        Graph.Initializer.Add(TensorProtos.Write(tensor.WithName(name)));
        return name;
    }

    /// <summary>Puts others in the place of each node.</summary>
    internal void Rewrite(Func<NodeProto, IEnumerable<NodeProto>> rewrite)
    {
        var nodes = Graph.Node.SelectMany(rewrite).ToList();
        Graph.Node.Clear();
        Graph.Node.AddRange(nodes);
    }

    /// <summary>Puts every node behind those whose results it reads; otherwise the order stays.</summary>
    internal void Sort()
    {
        var makers = new Dictionary<string, NodeProto>(StringComparer.Ordinal);
        foreach (var node in Graph.Node)
        {
            foreach (var output in node.Output.Where(o => o.Length > 0))
                makers.TryAdd(output, node);
        }

        var sorted = new List<NodeProto>(Graph.Node.Count);
        var seen = new HashSet<NodeProto>(ReferenceEqualityComparer.Instance);
        var placed = new HashSet<NodeProto>(ReferenceEqualityComparer.Instance);
        foreach (var first in Graph.Node)
        {
            var pending = new Stack<NodeProto>([first]);
            while (pending.TryPeek(out var node))
            {
                if (seen.Add(node))
                {
                    foreach (var read in GraphScopes.Reads(node).Reverse())
                    {
                        if (makers.TryGetValue(read, out var maker) && !seen.Contains(maker))
                            pending.Push(maker);
                    }

                    continue;
                }

                pending.Pop();
                if (placed.Add(node))
                    sorted.Add(node);
            }
        }

        Graph.Node.Clear();
        Graph.Node.AddRange(sorted);
    }

    /// <summary>Lets everything that reads a value read another; inner graphs too.</summary>
    internal void Redirect(IReadOnlyDictionary<string, string> from)
    {
        if (from.Count == 0)
            return;
        foreach (var node in Graph.Node)
            Redirect(node, from);
    }

    private static void Redirect(NodeProto node, IReadOnlyDictionary<string, string> from)
    {
        for (var i = 0; i < node.Input.Count; i++)
        {
            if (from.TryGetValue(node.Input[i], out var name))
                node.Input[i] = name;
        }

        foreach (var subgraph in GraphScopes.Subgraphs(node))
        {
            var own = GraphScopes.Defined(subgraph);
            var outside = from.Where(f => !own.Contains(f.Key)).ToDictionary(StringComparer.Ordinal);
            foreach (var inner in subgraph.Node)
                Redirect(inner, outside);
            foreach (var output in subgraph.Output)
            {
                if (outside.TryGetValue(output.Name, out var name))
                    output.Name = name;
            }
        }
    }
}
