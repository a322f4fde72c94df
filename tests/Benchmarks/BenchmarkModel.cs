using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Benchmarks;

/// <summary>A linear model of 16 features, as small as a served model gets: what is measured is the way to it.</summary>
internal static class BenchmarkModel
{
    /// <summary>Name under which it is registered.</summary>
    public const string Name = "bench-linear";

    /// <summary>Inputs of the model, in one tensor.</summary>
    public const int Features = 16;

    /// <summary>Address of its predictions.</summary>
    public const string InferPath = $"v2/models/{Name}/infer";

    /// <summary>The ONNX file.</summary>
    public static byte[] Onnx()
    {
        var graph = new GraphBuilder("linear");
        var x = graph.Input("x", TensorDatatype.FP32, "N", Features);
        var weights = graph.Initializer("weights", [.. Enumerable.Range(1, Features).Select(i => 1f / i)], Features, 1);
        var y = graph.Node("Add", [graph.Node("MatMul", [x, weights]), graph.Initializer("bias", [0.5f])]);
        graph.Output("prediction", y, TensorDatatype.FP32, "N", 1);
        return GraphSurgery.Serialize(graph.Build());
    }

    /// <summary>A request of one row.</summary>
    public static byte[] Request() => JsonSerializer.SerializeToUtf8Bytes(new
    {
        inputs = new[]
        {
            new { name = "x", datatype = "FP32", shape = (int[])[1, Features], data = Enumerable.Range(0, Features).Select(i => i * 0.25f).ToArray() },
        },
    });

    /// <summary>Registers it with a running app.</summary>
    public static Task RegisterAsync(ApiClient api, CancellationToken ct) =>
        api.SendBytesAsync(HttpMethod.Put, $"api/models/{Name}/versions?task=regression&alias=champion", Onnx(), "application/octet-stream", null, ct);

    /// <summary>Makes sure that an answer is this model's prediction.</summary>
    public static void Check(byte[] answer)
    {
        var expected = 0.5;
        for (var i = 0; i < Features; i++)
            expected += i * 0.25 / (i + 1);
        var given = JsonNode.Parse(answer)?["outputs"]?[0]?["data"]?[0]?.GetValue<double>();
        if (given is null || Math.Abs(given.Value - expected) > 1e-3)
            throw new InvalidOperationException($"The prediction is {given}, not {expected}.");
    }
}
