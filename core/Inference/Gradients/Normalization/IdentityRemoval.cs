using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>Removes nodes that hand their input on: Identity, and Dropout unless it is to drop.</summary>
internal static class IdentityRemoval
{
    internal static void Apply(WorkingGraph graph, bool training)
    {
        var outputs = graph.Graph.Output.Select(o => o.Name).ToHashSet(StringComparer.Ordinal);
        var read = graph.Graph.Node.SelectMany(GraphScopes.Reads).Concat(outputs).ToHashSet(StringComparer.Ordinal);
        var renamed = new Dictionary<string, string>(StringComparer.Ordinal);
        graph.Rewrite(node =>
        {
            for (var i = 0; i < node.Input.Count; i++)
                node.Input[i] = renamed.GetValueOrDefault(node.Input[i], node.Input[i]);
            if (!IsIdle(node, training, read))
                return [node];
            var (x, y) = (node.Input[0], node.Output[0]);
            if (outputs.Contains(y))
                return [new NodeProto { OpType = "Identity", Name = node.Name, Input = { x }, Output = { y } }];
            renamed[y] = x;
            return [];
        });
        graph.Redirect(renamed);
    }

    private static bool IsIdle(NodeProto node, bool training, HashSet<string> read) =>
        node.Is("Identity") || (node.Is("Dropout") && !training && !read.Contains(node.Out(1)));
}
