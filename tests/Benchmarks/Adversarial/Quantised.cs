using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Benchmarks.Adversarial;

/// <summary>Quantised copies of models.</summary>
internal static class Quantised
{
    /// <summary>Weights rounded, tensor by tensor, to so many bits; they stay real numbers.</summary>
    internal static ModelProto Rounded(ModelProto model, int bits)
    {
        model = model.Clone();
        var levels = (1 << (bits - 1)) - 1;
        foreach (var tensor in model.Graph.Initializer.Where(t => t.DataType == (int)TensorProto.Types.DataType.Float && t.Dims.Count > 1).ToList())
        {
            var values = TensorProtos.Read(tensor).Span<float>().ToArray();
            var scale = values.Max(Math.Abs) / levels;
            var rounded = Array.ConvertAll(values, v => scale > 0 ? MathF.Round(v / scale) * scale : 0);
            model = GraphSurgery.ReplaceInitializer(model, Tensor.FromFloats(tensor.Name, rounded, [.. tensor.Dims]));
        }

        return model;
    }

    /// <summary>
    /// Weights and what goes into convolutions and products in 8 bits, between QuantizeLinear and DequantizeLinear; ranges from sample
    /// inputs.
    /// </summary>
    internal static ModelProto Qdq(ModelProto model, Tensor sample)
    {
        model = model.Clone();
        var stored = model.Graph.Initializer.ToDictionary(i => i.Name, StringComparer.Ordinal);
        var heavy = model.Graph.Node.Where(n => n.OpType is "Conv" or "Gemm" or "MatMul").ToList();
        var inputs = heavy.Select(n => n.Input[0]).Where(i => !stored.ContainsKey(i)).Distinct().ToList();
        var ranges = Ranges(model, inputs, sample);
        var at = 0;
        foreach (var name in inputs)
        {
            var (low, high) = (Math.Min(0, ranges[name].Low), Math.Max(1e-6f, ranges[name].High));
            var scale = (high - low) / 255;
            var output = Pair(model, at++, name, scale, Tensor.FromUInt8s("zero", [(byte)Math.Clamp(Math.Round(-low / scale), 0, 255)]));
            foreach (var node in heavy.Where(n => n.Input[0] == name))
                node.Input[0] = output;
        }

        foreach (var node in heavy.Where(n => n.Input.Count > 1 && stored.ContainsKey(n.Input[1])))
        {
            var weights = TensorProtos.Read(stored[node.Input[1]]).Span<float>().ToArray();
            node.Input[1] = Pair(model, at++, node.Input[1], weights.Max(Math.Abs) / 127, new Tensor("zero", TensorDatatype.Int8, [], new byte[1]));
        }

        Sort(model.Graph);
        return model;
    }

    private static Dictionary<string, (float Low, float High)> Ranges(ModelProto model, List<string> names, Tensor sample)
    {
        var result = new Dictionary<string, (float, float)>(StringComparer.Ordinal);
        var inner = names.Where(n => n != sample.Name).ToList();
        using var session = ModelSession.Load(GraphSurgery.AddOutputs(model, inner));
        var outputs = session.Run([sample], inner);
        for (var i = 0; i < inner.Count; i++)
            result[inner[i]] = (outputs[i].Span<float>().ToArray().Min(), outputs[i].Span<float>().ToArray().Max());
        result[sample.Name] = (sample.Span<float>().ToArray().Min(), sample.Span<float>().ToArray().Max());
        return result;
    }

    private static string Pair(ModelProto model, int number, string value, float scale, Tensor zero)
    {
        var prefix = FormattableString.Invariant($"qdq{number}/");
        model.Graph.Initializer.Add(TensorProtos.Write(Tensor.FromFloats(prefix + "scale", [scale])));
        model.Graph.Initializer.Add(TensorProtos.Write(zero.WithName(prefix + "zero").Reshape()));
        model.Graph.Node.Add(new NodeProto { OpType = "QuantizeLinear", Name = prefix + "q", Input = { value, prefix + "scale", prefix + "zero" },
            Output = { prefix + "q" } });
        model.Graph.Node.Add(new NodeProto { OpType = "DequantizeLinear", Name = prefix + "d", Input = { prefix + "q", prefix + "scale", prefix + "zero" },
            Output = { prefix + "d" } });
        return prefix + "d";
    }

    // Each node after those that it reads.
    private static void Sort(GraphProto graph)
    {
        var known = graph.Input.Select(i => i.Name).Concat(graph.Initializer.Select(i => i.Name)).Append("").ToHashSet(StringComparer.Ordinal);
        var (left, sorted) = (graph.Node.ToList(), new List<NodeProto>());
        while (left.Count > 0)
        {
            var ready = left.Where(n => n.Input.All(known.Contains)).ToList();
            if (ready.Count == 0)
                throw new InvalidOperationException("the graph runs in a circle");
            foreach (var node in ready)
            {
                sorted.Add(node);
                left.Remove(node);
                known.UnionWith(node.Output);
            }
        }

        graph.Node.Clear();
        graph.Node.AddRange(sorted);
    }
}
