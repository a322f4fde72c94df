using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>Leaves of the model's frame what is needed: inputs that must be fed, a file format that knows the operators, no notes.</summary>
internal static class InterfaceStep
{
    internal static void Apply(WorkingGraph graph)
    {
        var stored = graph.Graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        stored.UnionWith(graph.Graph.SparseInitializer.Select(s => s.Values.Name));
        var inputs = graph.Graph.Input.Where(i => !stored.Contains(i.Name)).ToList();
        graph.Graph.Input.Clear();
        graph.Graph.Input.AddRange(inputs);
        graph.Graph.ValueInfo.Clear();
        graph.Graph.QuantizationAnnotation.Clear();
        graph.Graph.DocString = "";
        foreach (var node in graph.Graph.Node)
            node.DocString = "";
        graph.Model.IrVersion = Math.Max(graph.Model.IrVersion, graph.Opset > 20 ? 10 : 9);
    }
}
