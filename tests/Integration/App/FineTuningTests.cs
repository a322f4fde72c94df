using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Integration.App;

/// <summary>Training jobs that begin from a registered model.</summary>
[Collection(AppCollection.Name)]
public sealed class FineTuningTests(AppStack app)
{
    [Fact]
    public async Task A_registered_model_is_trained_on_and_keeps_what_was_not_to_change()
    {
        var (model, given) = await RegisterAsync();
        var dataset = AppStack.Unique("points");
        await app.PutDatasetAsync(dataset, Points(400));
        var request = Request(dataset, model);
        request["fineTune"]!["trainable"] = new JsonArray("second", "bi?s");
        request["fineTune"]!["normalization"] = "freeze";
        request["accept"] = "accuracy >= 0.9";
        var job = await app.RunJobAsync("train", request);
        Assert.Equal("completed", job["status"]!.GetValue<string>());
        Assert.True(job["accepted"]!.GetValue<bool>(), job.ToJsonString());
        Assert.Contains(job["inputs"]!.AsArray(), i => i!["role"]!.GetValue<string>() == "model" && i["name"]!.GetValue<string>() == $"{model}/1");

        var network = GraphSurgery.Parse(await ReadOutputAsync(job, "network"));
        Assert.Equal(given.Graph.Node, network.Graph.Node);
        Assert.Equal(TensorProtos.Read(given.Graph.Initializer[0]).ToDoubles(), TensorProtos.Read(network.Graph.Initializer[0]).ToDoubles());
        Assert.NotEqual(TensorProtos.Read(given.Graph.Initializer[1]).ToDoubles(), TensorProtos.Read(network.Graph.Initializer[1]).ToDoubles());
        using var served = ModelSession.Load(await ReadOutputAsync(job, "model"));
        Assert.Equal(["a", "b"], served.Metadata.Inputs.Select(i => i.Name));

        var report = (await app.GetAsync($"api/jobs/{job["id"]!.GetValue<string>()}/report.json")).Expect(HttpStatusCode.OK).ToJsonString();
        Assert.Contains($"{model}/1 (", report, StringComparison.Ordinal);
        Assert.Contains("no batch normalisation", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_trained_on_is_told_with_its_path()
    {
        var (model, _) = await RegisterAsync();
        var dataset = AppStack.Unique("points");
        await app.PutDatasetAsync(dataset, Points(200));
        foreach (var (change, path) in new (Action<JsonObject>, string)[]
        {
            (r => r["trainer"] = "linear", "fineTune"), (r => r["fineTune"]!["model"] = "", "fineTune.model"),
            (r => r["fineTune"]!.AsObject().Remove("model"), "fineTune.model"), (r => r["fineTune"]!["normalization"] = "melt", "fineTune.normalization"),
            (r => r["fineTune"]!["trainable"] = new JsonArray(), "fineTune.trainable"),
            (r => r["fineTune"]!["trainable"] = new JsonArray("w", ""), "fineTune.trainable[1]"), (r => r["fineTune"]!["depth"] = 3, "fineTune.depth"),
            (r => r["parameters"]!["hidden"] = new JsonArray(8), "parameters.hidden"),
        })
        {
            var request = Request(dataset, model);
            change(request);
            (await app.PostAsync("api/jobs/train", request)).ExpectProblemAt(path);
        }

        foreach (var (change, path) in new (Action<JsonObject>, string)[]
        {
            (r => r["fineTune"]!["model"] = "never-made", "fineTune.model: "), (r => r["fineTune"]!["version"] = "7", "fineTune.version: "),
            (r => r["fineTune"]!["trainable"] = new JsonArray("first", "third"), "fineTune.trainable[1]: "),
            (r => r["features"] = new JsonArray("a"), "fineTune.model: "),
        })
        {
            var request = Request(dataset, model);
            change(request);
            var job = await app.RunJobAsync("train", request);
            Assert.Equal("failed", job["status"]!.GetValue<string>());
            Assert.Contains(path, job["error"]!.GetValue<string>(), StringComparison.Ordinal);
        }
    }

    private static JsonObject Request(string dataset, string model) => new()
    {
        ["dataset"] = dataset, ["task"] = "classification", ["label"] = "kind", ["trainer"] = "network",
        ["parameters"] = new JsonObject { ["epochs"] = 60, ["learning_rate"] = 0.02 }, ["fineTune"] = new JsonObject { ["model"] = model },
    };

    private async Task<byte[]> ReadOutputAsync(JsonNode job, string role) =>
        await app.ReadArtefactAsync(job["outputs"]!.AsArray().Single(o => o!["role"]!.GetValue<string>() == role)!["digest"]!.GetValue<string>());

    private async Task<(string Name, ModelProto Model)> RegisterAsync()
    {
        var g = new GraphBuilder("given", opset: 11);
        var random = new Random(6);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1))];
        var x = g.Input("x", TensorDatatype.FP32, "N", 2);
        var hidden = g.Node("Tanh", [g.Node("MatMul", [x, g.Initializer("first", Draw(32), 2, 16)])]);
        g.Output("y", g.Node("Gemm", [hidden, g.Initializer("second", Draw(32), 16, 2), g.Initializer("bias", [0f, 0f])]), TensorDatatype.FP32, "N", 2);
        var (name, model) = (AppStack.Unique("given"), g.Build());
        (await app.SendAsync(HttpMethod.Put, $"api/models/{name}/versions", AppStack.Bytes(GraphSurgery.Serialize(model), "application/octet-stream")))
            .Expect(HttpStatusCode.Created);
        return (name, model);
    }

    // Left of a line or right of it.
    private static byte[] Points(int rows)
    {
        var random = new Random(8);
        var text = new StringBuilder("a,b,kind\n");
        for (var i = 0; i < rows; i++)
        {
            var (a, b) = (random.NextDouble() * 2 - 1, random.NextDouble() * 2 - 1);
            text.Append(CultureInfo.InvariantCulture, $"{a:F4},{b:F4},{(a > b / 2 ? "right" : "left")}\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
