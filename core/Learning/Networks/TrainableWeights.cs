using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Learning.Networks;

/// <summary>The weights of a model's layers: which there are, and the model with others.</summary>
internal static class TrainableWeights
{
    // Inputs of layers that hold weights.
    private static readonly Dictionary<string, int[]> Layers = new(StringComparer.Ordinal)
    {
        ["Conv"] = [1, 2], ["ConvTranspose"] = [1, 2], ["Gemm"] = [0, 1, 2], ["MatMul"] = [0, 1], ["BatchNormalization"] = [1, 2], ["PRelu"] = [1],
        ["LayerNormalization"] = [1, 2], ["InstanceNormalization"] = [1, 2], ["GroupNormalization"] = [1, 2], ["RMSNormalization"] = [1],
        ["SimplifiedLayerNormalization"] = [1], ["Gather"] = [0],
    };

    /// <summary>Names of the weights of all layers, in the model's order; and the biases that exporters add behind a product of matrices.</summary>
    internal static List<string> Of(ModelProto model)
    {
        var stored = model.Graph.Initializer.Where(i => (TensorProto.Types.DataType)i.DataType == TensorProto.Types.DataType.Float).Select(i => i.Name)
            .ToHashSet(StringComparer.Ordinal);
        var products = model.Graph.Node.Where(n => n.OpType == "MatMul").SelectMany(n => n.Output).ToHashSet(StringComparer.Ordinal);
        var names = new List<string>();
        foreach (var node in model.Graph.Node)
        {
            IEnumerable<int> places = node.OpType == "Add" && node.Input.Any(products.Contains) ? [0, 1] : Layers.GetValueOrDefault(node.OpType) ?? [];
            names.AddRange(places.Where(p => p < node.Input.Count && stored.Contains(node.Input[p])).Select(p => node.Input[p]));
        }

        return [.. names.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The model with other weights; all else stays as it is.</summary>
    /// <param name="model">The model.</param>
    /// <param name="weights">
    /// Weights by name. One of the name <c>NAME#NODE</c> is the copy of a shared initialiser that one node reads: it becomes an initialiser of its own.
    /// </param>
    internal static ModelProto Write(ModelProto model, IEnumerable<Tensor> weights)
    {
        var result = model.Clone();
        var initializers = result.Graph.Initializer;
        var places = Enumerable.Range(0, initializers.Count).ToDictionary(i => initializers[i].Name, StringComparer.Ordinal);
        foreach (var weight in weights)
        {
            var value = TensorProtos.Write(weight);
            if (!places.TryGetValue(weight.Name, out var place))
            {
                Untie(result, value);
                continue;
            }

            value.DocString = initializers[place].DocString;
            initializers[place] = value;
        }

        return result;
    }

    private static void Untie(ModelProto model, TensorProto value)
    {
        var mark = value.Name.IndexOf('#', StringComparison.Ordinal);
        var (shared, reader) = mark < 0 ? ("", "") : (value.Name[..mark], value.Name[(mark + 1)..]);
        var node = model.Graph.Node.FirstOrDefault(
            n => n.Input.Contains(shared) && (n.Name == reader || (n.Name.Length == 0 && n.Output.FirstOrDefault(o => o.Length > 0) == reader)))
            ?? throw new TrainingException("network.shared_weight", $"the trained weight '{value.Name}' has no place in the model that was handed in");
        for (var i = 0; i < node.Input.Count; i++)
        {
            if (node.Input[i] == shared)
                node.Input[i] = value.Name;
        }

        model.Graph.Initializer.Add(value);
    }
}
