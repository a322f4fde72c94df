using Iml4e.Inference.Gradients;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Inference.Onnx;

/// <summary>
/// Takes batch normalisations with learnt statistics into the layer before them: with k = scale/√(variance + ε) its weights become k·W and its bias
/// k·(b - mean) + shift. What the model computes stays the same to rounding.
/// </summary>
public sealed class BatchNormalizationFolding
{
    private const float UsualEpsilon = 1e-5f;

    private readonly ModelProto _model;
    private readonly Dictionary<string, TensorProto> _stored = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _reads = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NodeProto> _makers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    private BatchNormalizationFolding(ModelProto model)
    {
        _model = model.Clone();
        var graph = _model.Graph;
        foreach (var tensor in graph.Initializer)
            _stored.TryAdd(tensor.Name, tensor);
        foreach (var name in graph.Node.SelectMany(GraphScopes.Reads).Concat(graph.Output.Select(o => o.Name)))
            _reads[name] = _reads.GetValueOrDefault(name) + 1;
        foreach (var node in graph.Node)
        {
            foreach (var output in node.Output)
                _makers.TryAdd(output, node);
        }

        GraphScopes.CollectAll(graph, _names);
    }

    /// <summary>Folds every batch normalisation that directly follows a Conv, ConvTranspose or Gemm with stored weights, read by nothing else.</summary>
    /// <param name="model">The model; it stays as it is.</param>
    /// <returns>The model without them; those that follow something else are still there.</returns>
    public static ModelProto Fold(ModelProto model)
    {
        var folding = new BatchNormalizationFolding(model);
        foreach (var node in folding._model.Graph.Node.Where(n => n.Is("BatchNormalization")).ToList())
            folding.Fold(node);
        return GraphSurgery.KeepOutputs(folding._model, folding._model.Graph.Output.Select(o => o.Name));
    }

    private void Fold(NodeProto norm)
    {
        if (norm.Int("training_mode", 0) != 0 || norm.Output.Skip(1).Any(o => _reads.ContainsKey(o)) || !_makers.TryGetValue(norm.In(0), out var layer)
            || _reads.GetValueOrDefault(norm.In(0)) != 1 || Numbers(layer.In(1)) is not { } weights || ChannelOf(layer) is not { } channelOf)
            return;
        var bias = layer.In(2).Length == 0 ? null : Numbers(layer.In(2));
        if (layer.In(2).Length > 0 && bias is null)
            return;
        if (Enumerable.Range(1, 4).Select(i => Numbers(norm.In(i))).ToArray() is not [{ } scale, { } shift, { } mean, { } variance])
            return;
        var (channels, shape) = (scale.Length, _stored[layer.In(1)].Dims.ToArray());
        if (weights.Length == 0 || shape.Length < 2 || channelOf(weights.Length - 1, shape) != channels - 1
            || new[] { shift, mean, variance, bias }.Any(v => v is not null && v.Length != channels))
            return;
        var epsilon = norm.Float("epsilon", UsualEpsilon);
        var factors = Enumerable.Range(0, channels).Select(c => scale[c] / Math.Sqrt(variance[c] + epsilon)).ToArray();
        for (var i = 0; i < weights.Length; i++)
            weights[i] *= factors[channelOf(i, shape)];
        var shifted = Enumerable.Range(0, channels).Select(c => ((bias?[c] ?? 0) - mean[c]) * factors[c] + shift[c]).ToArray();
        Store(layer, 1, layer.In(1), weights, shape);
        Store(layer, 2, layer.In(2).Length > 0 ? layer.In(2) : Fresh(layer.Title() + ".bias"), shifted, [channels]);
        layer.Output[0] = norm.Output[0];
        _makers[norm.Output[0]] = layer;
        _model.Graph.Node.Remove(norm);
    }

    /// <summary>The output channel that a weight belongs to, by its place; null for layers of other kinds.</summary>
    private static Func<int, long[], long>? ChannelOf(NodeProto layer)
    {
        if (layer.Is("Conv"))
            return (i, shape) => i / After(shape, 0);
        if (layer.Is("ConvTranspose"))
        {
            var group = Math.Max(1, layer.Int("group", 1));
            return (i, shape) => i / After(shape, 0) / Math.Max(1, shape[0] / group) * shape[1] + i / After(shape, 1) % shape[1];
        }

        if (!layer.Is("Gemm") || layer.Float("alpha", 1) != 1 || layer.Float("beta", 1) != 1)
            return null;
        return layer.Int("transB", 0) != 0 ? (i, shape) => i / shape[1] : (i, shape) => i % shape[1];
    }

    // Elements that one step along an axis passes over.
    private static long After(long[] shape, int axis) => shape.Skip(axis + 1).Aggregate(1L, (a, b) => a * b);

    private double[]? Numbers(string name) =>
        _stored.TryGetValue(name, out var tensor) && (DataType)tensor.DataType == DataType.Float ? TensorProtos.Read(tensor).ToDoubles() : null;

    // What others read too stays as it is for them.
    private void Store(NodeProto layer, int input, string name, double[] values, long[] shape)
    {
        if (_reads.GetValueOrDefault(name) > 1)
        {
            _reads[name]--;
            name = Fresh($"{name}#{layer.Title()}");
        }

        var tensor = TensorProtos.Write(Tensor.FromFloats(name, Array.ConvertAll(values, v => (float)v), shape));
        if (_stored.TryGetValue(name, out var old))
            _model.Graph.Initializer[_model.Graph.Initializer.IndexOf(old)] = tensor;
        else
            _model.Graph.Initializer.Add(tensor);
        _stored[name] = tensor;
        _reads[name] = 1;
        layer.SetInput(input, name);
    }

    private string Fresh(string wanted)
    {
        var name = wanted;
        for (var i = 1; !_names.Add(name); i++)
            name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{wanted}_{i}");
        return name;
    }
}
