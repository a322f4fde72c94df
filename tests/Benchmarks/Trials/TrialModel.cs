using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Benchmarks.Trials;

/// <summary>A linear model of a trial, with the faults that a version may have in production.</summary>
/// <param name="Weights">A weight a feature; the last feature, drawn for each request from [0, 1), has none.</param>
/// <param name="Bias">Added to it.</param>
/// <param name="IsClass">Whether the answer is 1 above a half and 0 otherwise.</param>
internal sealed record TrialModel(double[] Weights, double Bias, bool IsClass)
{
    private const int Width = 256;

    /// <summary>Share of the requests that fail.</summary>
    public double Failing { get; init; }

    /// <summary>Products of large matrices that a run takes on top.</summary>
    public int Burden { get; init; }

    /// <summary>Makes the bytes of an equal model different.</summary>
    public string Name { get; init; } = "trial";

    /// <summary>What the model answers to a row.</summary>
    public double Answer(ReadOnlySpan<float> row)
    {
        var sum = Bias;
        for (var i = 0; i < Weights.Length; i++)
            sum += Weights[i] * row[i];
        return !IsClass ? sum : sum > 0.5 ? 1 : 0;
    }

    /// <summary>The model as ONNX: x of so many rows, y of as many numbers.</summary>
    public byte[] Onnx()
    {
        var graph = new GraphBuilder(Name);
        var x = graph.Input("x", TensorDatatype.FP32, "N", Weights.Length + 1);
        var weights = graph.Initializer("weights", [.. Weights.Select(w => (float)w), 0f], Weights.Length + 1, 1);
        var y = graph.Node("Add", [graph.Node("MatMul", [x, weights]), graph.Initializer("bias", [(float)Bias])]);
        if (IsClass)
            y = graph.Node("Cast", [graph.Node("Greater", [y, graph.Initializer("half", [0.5f])])], [Attr.Int("to", 1)]);
        if (Failing > 0)
            y = graph.Node("Add", [y, Fault(graph, x)]);
        if (Burden > 0)
            y = graph.Node("Add", [y, Load(graph, x)]);
        graph.Output("y", y, TensorDatatype.FP32, "N", 1);
        return GraphSurgery.Serialize(graph.Build());
    }

    // Rows whose last feature is large look for the second element of a list of one.
    private string Fault(GraphBuilder graph, string x)
    {
        var last = graph.Node("Gather", [x, graph.Scalar("last", (long)Weights.Length)], [Attr.Int("axis", 1)]);
        var chosen = graph.Node("Cast", [graph.Node("Greater", [last, graph.Initializer("limit", [(float)(1 - Failing)])])], [Attr.Int("to", 7)]);
        var found = graph.Node("Gather", [graph.Initializer("list", [0f]), chosen], [Attr.Int("axis", 0)]);
        return graph.Node("Unsqueeze", [found, graph.Initializer("axes", [1L], 1)]);
    }

    private string Load(GraphBuilder graph, string x)
    {
        var matrix = graph.Initializer("m", [.. Enumerable.Range(0, Width * Width).Select(i => 1f / (Width + i % 5))], Width, Width);
        var once = graph.Node("Add", [matrix, graph.Node("ReduceSum", [x])]);
        for (var i = 0; i < Burden; i++)
            once = graph.Node("MatMul", [once, matrix]);
        return graph.Node("Mul", [graph.Node("ReduceMean", [once]), graph.Scalar("zero", 0f)]);
    }
}
