using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Benchmarks;

/// <summary>The models that serving is measured with: what is measured is the way to them.</summary>
internal static class BenchmarkModel
{
    /// <summary>Name under which the linear model is registered.</summary>
    public const string Name = "bench-linear";

    /// <summary>Name of the model that gives back what it gets.</summary>
    public const string IdentityName = "bench-identity";

    /// <summary>Name of the model whose run costs about 5 ms, and 0.1 ms a sample.</summary>
    public const string CostlyName = "bench-costly";

    /// <summary>Name of the model that is slower than its callers can wait.</summary>
    public const string SlowName = "bench-slow";

    /// <summary>Inputs of the linear model, in one tensor.</summary>
    public const int Features = 16;

    /// <summary>Numbers in a request of the identity model.</summary>
    public const int Floats = 1024;

    /// <summary>Address of the linear model's predictions.</summary>
    public const string InferPath = $"v2/models/{Name}/infer";

    private const int Width = 256;

    /// <summary>A linear model of 16 features, as small as a served model gets.</summary>
    public static byte[] Onnx()
    {
        var graph = new GraphBuilder("linear");
        var x = graph.Input("x", TensorDatatype.FP32, "N", Features);
        var weights = graph.Initializer("weights", [.. Enumerable.Range(1, Features).Select(i => 1f / i)], Features, 1);
        var y = graph.Node("Add", [graph.Node("MatMul", [x, weights]), graph.Initializer("bias", [0.5f])]);
        graph.Output("prediction", y, TensorDatatype.FP32, "N", 1);
        return GraphSurgery.Serialize(graph.Build());
    }

    /// <summary>y = x.</summary>
    public static byte[] Identity()
    {
        var graph = new GraphBuilder("identity");
        graph.Output("y", graph.Input("x", TensorDatatype.FP32, "N", Floats), TensorDatatype.FP32, "N", Floats);
        return GraphSurgery.Serialize(graph.Build());
    }

    /// <summary>A model of so much fixed work a run and so much a sample, both in products of matrices of 256 columns.</summary>
    /// <param name="fixedSteps">Products of a square matrix, once a run.</param>
    /// <param name="sampleSteps">Products of 16 rows, once a sample.</param>
    public static byte[] Costly(int fixedSteps, int sampleSteps)
    {
        var graph = new GraphBuilder("costly");
        var x = graph.Input("x", TensorDatatype.FP32, "N", 1);
        var matrix = graph.Initializer("m", [.. Enumerable.Range(0, Width * Width).Select(i => 1f / (Width + i % 5))], Width, Width);
        var once = graph.Node("Add", [matrix, graph.Node("ReduceSum", [x])]);
        for (var i = 0; i < fixedSteps; i++)
            once = graph.Node("MatMul", [once, matrix]);
        var ones = graph.Initializer("ones", [.. Enumerable.Repeat(0.01f, 16 * Width)], 1, 16 * Width);
        var rows = graph.Node("Reshape", [graph.Node("MatMul", [x, ones]), graph.Initializer(Tensor.FromInt64s("rows", [-1, 16, Width], 3))]);
        for (var i = 0; i < sampleSteps; i++)
            rows = graph.Node("MatMul", [rows, matrix]);
        var zero = graph.Scalar("zero", 0f);
        var flat = graph.Node("Reshape", [rows, graph.Initializer(Tensor.FromInt64s("flat", [-1, 16 * Width], 2))]);
        var own = graph.Node("MatMul", [flat, graph.Initializer("first", [.. Enumerable.Range(0, 16 * Width).Select(i => i == 0 ? 1f : 0f)], 16 * Width, 1)]);
        var nothing = graph.Node("Mul", [graph.Node("ReduceMean", [once]), zero]);
        graph.Output("y", graph.Node("Add", [own, nothing]), TensorDatatype.FP32, "N", 1);
        return GraphSurgery.Serialize(graph.Build());
    }

    /// <summary>A request of one row to the linear model.</summary>
    public static byte[] Request() => JsonSerializer.SerializeToUtf8Bytes(new
    {
        inputs = new[]
        {
            new { name = "x", datatype = "FP32", shape = (int[])[1, Features], data = Enumerable.Range(0, Features).Select(i => i * 0.25f).ToArray() },
        },
    });

    /// <summary>The linear model's request as tensors.</summary>
    public static Tensor[] Inputs() => [Tensor.FromFloats("x", [.. Enumerable.Range(0, Features).Select(i => i * 0.25f)], 1, Features)];

    /// <summary>A request of one row to the identity model as JSON.</summary>
    public static BenchmarkRequest IdentityJson()
    {
        var numbers = string.Join(',', Numbers().Select(n => n.ToString(CultureInfo.InvariantCulture)));
        return new BenchmarkRequest(
            $"v2/models/{IdentityName}/infer", Encoding.UTF8.GetBytes($$"""{"inputs":[{"name":"x","shape":[1,{{Floats}}],"datatype":"FP32","data":[{{numbers}}]}]}"""));
    }

    /// <summary>A request of one row to the identity model as a binary tensor, answered as one.</summary>
    public static BenchmarkRequest IdentityBinary()
    {
        var head = Encoding.UTF8.GetBytes(
            $$$"""{"inputs":[{"name":"x","shape":[1,{{{Floats}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{4 * Floats}}}}}],"parameters":{"binary_data_output":true}}""");
        var data = System.Runtime.InteropServices.MemoryMarshal.AsBytes(Numbers().AsSpan()).ToArray();
        return new BenchmarkRequest($"v2/models/{IdentityName}/infer", [.. head, .. data], head.Length);
    }

    /// <summary>A request of one sample to the costly model.</summary>
    public static BenchmarkRequest CostlySample() => OneSample(CostlyName);

    /// <summary>A request of one sample to the slow model.</summary>
    public static BenchmarkRequest SlowSample() => OneSample(SlowName);

    /// <summary>Registers a model with a running app.</summary>
    public static Task RegisterAsync(ApiClient api, string name, byte[] onnx, CancellationToken ct) =>
        api.SendBytesAsync(HttpMethod.Put, $"api/models/{name}/versions?task=regression&alias=champion", onnx, "application/octet-stream", null, ct);

    /// <summary>Registers the linear model with a running app.</summary>
    public static Task RegisterAsync(ApiClient api, CancellationToken ct) => RegisterAsync(api, Name, Onnx(), ct);

    /// <summary>Makes sure that an answer is the linear model's prediction.</summary>
    public static void Check(byte[] answer)
    {
        var expected = 0.5;
        for (var i = 0; i < Features; i++)
            expected += i * 0.25 / (i + 1);
        var given = JsonNode.Parse(answer)?["outputs"]?[0]?["data"]?[0]?.GetValue<double>();
        if (given is null || Math.Abs(given.Value - expected) > 1e-3)
            throw new InvalidOperationException($"The prediction is {given}, not {expected}.");
    }

    private static BenchmarkRequest OneSample(string model) =>
        new($"v2/models/{model}/infer", """{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}]}"""u8.ToArray());

    private static float[] Numbers() => [.. Enumerable.Range(0, Floats).Select(i => MathF.Sin(i) * 100)];
}
