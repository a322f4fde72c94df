using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>Gives a model's input fixed dimensions, the number of rows among them, even where it was exported for a single row.</summary>
internal static class BatchSurgery
{
    /// <summary>The one input that must be fed.</summary>
    /// <exception cref="UnattackableModelException">There are several, or it holds no real numbers.</exception>
    internal static ValueInfoProto Input(ModelProto model)
    {
        var stored = model.Graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        var inputs = model.Graph.Input.Where(i => !stored.Contains(i.Name)).ToList();
        if (inputs is not [var input])
            throw new UnattackableModelException($"the model has {inputs.Count} inputs; an attack needs a model of one image input");
        if (!TensorDatatypes.TryFromOnnx(input.Type?.TensorType?.ElemType ?? 0, out var type) || type != TensorDatatype.FP32)
        {
            throw new UnattackableModelException(
                $"input '{PublicName(input.Name)}' is of {(type == default ? "another type" : type.ToWire())}; "
                + "an attack needs an input of FP32 (32-bit real numbers)");
        }

        return input;
    }

    /// <summary>The input's dimensions; -1 where they are free.</summary>
    internal static long[] Shape(ValueInfoProto value) =>
        value.Type?.TensorType?.Shape is { } shape
            ? [.. shape.Dim.Select(d => d.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue ? d.DimValue : -1)]
            : [];

    /// <summary>Fixes the input's shape.</summary>
    /// <param name="model">The model; it stays as it is.</param>
    /// <param name="shape">All dimensions, the number of rows first.</param>
    /// <returns>The changed model, and whether it was made for another number of rows, so that the change needs proof.</returns>
    internal static (ModelProto Model, bool Rewritten) Fix(ModelProto model, long[] shape)
    {
        model = model.Clone();
        var input = Input(model);
        var before = Shape(input);
        input.Type.TensorType.Shape = new TensorShapeProto();
        input.Type.TensorType.Shape.Dim.AddRange(shape.Select(s => new TensorShapeProto.Types.Dimension { DimValue = s }));
        model.Graph.ValueInfo.Clear();
        foreach (var dimension in model.Graph.Output.SelectMany(o => o.Type?.TensorType?.Shape?.Dim.Take(1) ?? []))
            dimension.ClearValue();
        if (before.Length == 0 || before[0] < 0 || before[0] == shape[0])
            return (model, false);
        Reshapes(model.Graph, input.Name, shape[0]);
        return (model, true);
    }

    // Shapes that were written down for one row: the leading dimension carries the rows.
    private static void Reshapes(GraphProto graph, string input, long rows)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal) { input };
        var constants = graph.Node.Where(n => n.OpType == "Constant" && n.Attribute is [{ Name: "value" }])
            .ToDictionary(n => n.Output[0], n => n.Attribute[0].T, StringComparer.Ordinal);
        foreach (var tensor in graph.Initializer)
            constants.TryAdd(tensor.Name, tensor);
        foreach (var node in graph.Node)
        {
            if (!node.Input.Any(reached.Contains))
                continue;
            reached.UnionWith(node.Output);
            if (node.OpType != "Reshape" || !reached.Contains(node.Input[0]) || !constants.TryGetValue(node.Input[1], out var tensor))
                continue;
            var target = TensorProtos.Read(tensor).Span<long>().ToArray();
            if (target.Length == 0 || target[0] <= 0 || (target[0] != 1 && target.Contains(-1)))
                continue;
            target[0] *= rows;
            var name = node.Name + node.Output[0] + "/rows";
            graph.Initializer.Add(TensorProtos.Write(Tensor.FromInt64s(name, target, target.Length)));
            node.Input[1] = name;
        }
    }

    private static string PublicName(string name) => name.Length <= 60 ? name : name[..60] + "…";
}
