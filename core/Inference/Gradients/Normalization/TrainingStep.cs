using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>Lets batch normalisation use the batch's own statistics and dropout drop.</summary>
internal static class TrainingStep
{
    /// <summary>Changes the model.</summary>
    /// <param name="graph">The model.</param>
    /// <param name="frozen">Whether batch normalisation stays as it is in inference.</param>
    /// <returns>Each running statistic: the value read and the value after the batch.</returns>
    internal static List<(string Before, string After)> Apply(WorkingGraph graph, bool frozen)
    {
        var statistics = new List<(string, string)>();
        string? yes = null;
        foreach (var node in graph.Graph.Node)
        {
            if (node.Is("BatchNormalization") && !frozen)
                statistics.AddRange(Normalize(graph, node));
            else if (node.Is("Dropout"))
                node.SetInput(2, yes ??= graph.Store(Tensor.FromBools("training", [true])));
        }

        return statistics;
    }

    private static IEnumerable<(string, string)> Normalize(WorkingGraph graph, NodeProto node)
    {
        node.Set(Attr.Int("training_mode", 1));
        while (node.Output.Count > 3)
            node.Output.RemoveAt(3);
        while (node.Output.Count < 3)
            node.Output.Add(graph.Fresh($"{node.Title()}/{(node.Output.Count == 1 ? "running_mean" : "running_var")}"));
        return [(node.Input[3], node.Output[1]), (node.Input[4], node.Output[2])];
    }
}
