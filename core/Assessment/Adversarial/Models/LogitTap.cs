using Iml4e.Inference.Onnx;

namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>Finds the logits of a classifier: the input of its last Softmax, or its output where it has none.</summary>
internal static class LogitTap
{
    private static readonly HashSet<string> Passed = ["Identity", "QuantizeLinear", "DequantizeLinear", "Cast", "Dropout"];

    /// <summary>Cuts a model before its Softmax.</summary>
    /// <param name="model">A classifier; it stays as it is.</param>
    /// <param name="output">Name of the output with the classes; null = the first.</param>
    /// <returns>The model whose only output is the logits, and their name.</returns>
    /// <exception cref="UnattackableModelException">There is no such output.</exception>
    internal static (ModelProto Model, string Logits) Cut(ModelProto model, string? output)
    {
        var end = output is null
            ? model.Graph.Output.FirstOrDefault()?.Name
            : model.Graph.Output.FirstOrDefault(o => o.Name == output)?.Name;
        if (end is null)
            throw new UnattackableModelException($"the model has no output of that name; it has {string.Join(", ", model.Graph.Output.Take(10).Select(o => o.Name))}");
        var makers = new Dictionary<string, NodeProto>(StringComparer.Ordinal);
        foreach (var node in model.Graph.Node.Where(n => n.Output.Count > 0))
            makers[node.Output[0]] = node;
        for (var at = end; makers.TryGetValue(at, out var node); at = node.Input[0])
        {
            if (node.OpType == "Softmax")
            {
                var tapped = GraphSurgery.AddOutputs(model, node.Input[0]);
                return (GraphSurgery.KeepOutputs(tapped, [node.Input[0]]), node.Input[0]);
            }

            if (!Passed.Contains(node.OpType) || node.Input.Count == 0)
                break;
        }

        return (GraphSurgery.KeepOutputs(model, [end]), end);
    }
}
