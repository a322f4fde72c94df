using System.Net;
using System.Net.Http.Headers;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;
using Iml4e.Tests.Integration.App;

namespace Iml4e.Tests.Integration.Serving.Conformance;

/// <summary>The models that the conformance table asks, registered with the running app.</summary>
public sealed class ConformanceModels(AppStack app) : IAsyncLifetime
{
    /// <summary>Two inputs of one batch, given back: x FP32 [N,2] as y, z INT64 [N] as w.</summary>
    public string Two { get; } = AppStack.Unique("conf-two");

    /// <summary>1 / x, FP32 [N]: infinite for zero.</summary>
    public string Reciprocal { get; } = AppStack.Unique("conf-inverse");

    /// <summary>Gives back one tensor [N] of the type, by its wire name.</summary>
    public string Identity(string datatype) => $"{_identity}-{datatype.ToLowerInvariant()}";

    private readonly string _identity = AppStack.Unique("conf");

    public async Task InitializeAsync()
    {
        var two = new GraphBuilder("two");
        two.Output("y", two.Input("x", TensorDatatype.FP32, "N", 2), TensorDatatype.FP32, "N", 2);
        two.Output("w", two.Input("z", TensorDatatype.Int64, "N"), TensorDatatype.Int64, "N");
        await RegisterAsync(Two, two);
        var reciprocal = new GraphBuilder("reciprocal");
        reciprocal.Output("y", reciprocal.Node("Reciprocal", [reciprocal.Input("x", TensorDatatype.FP32, "N")]), TensorDatatype.FP32, "N");
        await RegisterAsync(Reciprocal, reciprocal);
        foreach (var datatype in Enum.GetValues<TensorDatatype>())
        {
            var identity = new GraphBuilder("identity");
            identity.Output("y", identity.Input("x", datatype, "N"), datatype, "N");
            await RegisterAsync(Identity(datatype.ToWire()), identity);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private async Task RegisterAsync(string name, GraphBuilder graph)
    {
        var content = new ByteArrayContent(GraphSurgery.Serialize(graph.Build()));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        (await app.SendAsync(HttpMethod.Put, $"api/models/{name}/versions", content)).Expect(HttpStatusCode.Created);
    }
}
