using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Learning;

/// <summary>Adds a schema's inputs, and the features derived from them, to a graph.</summary>
internal static class FeatureGraph
{
    /// <summary>The feature matrix FP32 [N,F].</summary>
    public static string Emit(GraphBuilder graph, FeatureSchema schema)
    {
        // Inputs first: their names are the columns', and a node's name gives way to them.
        foreach (var input in schema.Inputs)
            graph.Input(input.Name, Datatype(input), "N", Math.Max(1, input.History));
        var parts = schema.Inputs.Select(input => Emit(graph, input)).ToArray();
        return parts.Length == 1
            ? graph.Node("Identity", [parts[0]], output: "features")
            : graph.Node("Concat", parts, [Attr.Int("axis", 1)], output: "features");
    }

    public static TensorDatatype Datatype(FeatureInput input) => input.Kind switch
    {
        ColumnKind.Number => TensorDatatype.FP32,
        ColumnKind.Category => TensorDatatype.Bytes,
        _ => TensorDatatype.Int64,
    };

    private static string Emit(GraphBuilder graph, FeatureInput input)
    {
        if (input.Lags is { } lags)
            return graph.Node(
                "Gather", [input.Name, graph.Initializer("places", [.. lags.Select(lag => (long)(input.History - lag))])], [Attr.Int("axis", 1)],
                output: "lags");
        switch (input.Kind)
        {
            case ColumnKind.Number:
                return input.Name;
            case ColumnKind.Timestamp:
                return CalendarGraph.Emit(graph, input.Name);
            case ColumnKind.Category when input.Encoding == CategoryEncoding.Code:
                return graph.Node("LabelEncoder", [input.Name],
                [
                    Attr.Texts("keys_strings", input.Categories!),
                    Attr.Floats("values_floats", Enumerable.Range(0, input.Categories!.Count).Select(i => (float)i)),
                    Attr.Float("default_float", float.NaN),
                ], OperatorDomains.MachineLearning, "code");
            default:
                var count = input.Categories!.Count;
                var code = graph.Node("LabelEncoder", [input.Name],
                [
                    Attr.Texts("keys_strings", input.Categories),
                    Attr.Ints("values_int64s", Enumerable.Range(0, count).Select(i => (long)i)),
                    Attr.Int("default_int64", -1),
                ], OperatorDomains.MachineLearning, "code");
                var codes = graph.Initializer("codes", [.. Enumerable.Range(0, count).Select(i => (long)i)], 1, count);
                return graph.Node("Cast", [graph.Node("Equal", [code, codes])], [Attr.Int("to", (long)TensorProto.Types.DataType.Float)], output: "one_hot");
        }
    }
}
