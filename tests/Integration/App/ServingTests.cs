using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.Inference;

namespace Iml4e.Tests.Integration.App;

/// <summary>The Open Inference Protocol of the running app, with the MNIST model and its 10,000 test images.</summary>
[Collection(AppCollection.Name)]
public sealed class ServingTests(AppStack app)
{
    private static readonly float[] FirstLogits = [-1.2567f, 0.6276f, 8.6427f, 9.4289f, -13.7401f, -6.0457f, -23.4867f, 28.3400f, -6.7915f, 3.9420f];

    [RealDataFact]
    public async Task The_first_image_gives_the_known_logits()
    {
        var model = await RegisterAsync();
        var (pixels, _) = RealData.Mnist();
        var answer = (await InferAsync($"v2/models/{model}/infer", Request(pixels, 0, """, "id": "first" """))).Expect(HttpStatusCode.OK);
        Assert.Equal("first", answer["id"]!.GetValue<string>());
        Assert.Equal(model, answer["model_name"]!.GetValue<string>());
        Assert.Equal("1", answer["model_version"]!.GetValue<string>());
        var output = Assert.Single(answer["outputs"]!.AsArray())!;
        Assert.Equal("Plus214_Output_0", output["name"]!.GetValue<string>());
        Assert.Equal("FP32", output["datatype"]!.GetValue<string>());
        Assert.Equal([1, 10], output["shape"]!.AsArray().Select(n => n!.GetValue<int>()));
        var logits = output["data"]!.AsArray().Select(n => n!.GetValue<float>()).ToArray();
        Assert.Equal(10, logits.Length);
        Assert.All(logits.Zip(FirstLogits), pair => Assert.Equal(pair.Second, pair.First, 1e-3f));
    }

    [RealDataFact]
    public async Task Images_give_the_logits_of_the_model_whose_accuracy_is_known()
    {
        const int Asked = 5;
        var model = await RegisterAsync();
        var (pixels, labels) = RealData.Mnist();
        using var session = ModelSession.Load(RealData.Read("models/mnist.onnx"));
        var expected = Enumerable.Range(0, labels.Length).Select(i => Array.ConvertAll(session.Run([Image(pixels, i)])[0].ToDoubles(), v => (float)v)).ToArray();
        var right = labels.Index().Count(l => Array.IndexOf(expected[l.Index], expected[l.Index].Max()) == l.Item);
        Assert.InRange(right / (double)labels.Length, 0.9889, 0.9891);
        await Parallel.ForEachAsync(Enumerable.Range(0, labels.Length / Asked), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var answer = (await InferAsync($"v2/models/{model}/infer", Request(pixels, Asked * i))).Expect(HttpStatusCode.OK);
            var logits = answer["outputs"]![0]!["data"]!.AsArray().Select(n => n!.GetValue<float>()).ToArray();
            Assert.All(logits.Zip(expected[Asked * i]), pair => Assert.Equal(pair.Second, pair.First, 1e-4f * Math.Max(1, Math.Abs(pair.Second))));
        });
    }

    [RealDataFact]
    public async Task Metadata_readiness_and_versions_are_told_as_the_protocol_says()
    {
        var model = await RegisterAsync();
        foreach (var path in new[] { $"v2/models/{model}", $"v2/models/{model}/versions/1" })
        {
            var metadata = (await app.GetAsync(path)).Expect(HttpStatusCode.OK);
            Assert.Equal(model, metadata["name"]!.GetValue<string>());
            Assert.Equal("onnx_onnxv1", metadata["platform"]!.GetValue<string>());
            Assert.Equal("""[{"name":"Input3","datatype":"FP32","shape":[1,1,28,28]}]""", metadata["inputs"]!.ToJsonString());
            Assert.Equal("""[{"name":"Plus214_Output_0","datatype":"FP32","shape":[1,10]}]""", metadata["outputs"]!.ToJsonString());
            Assert.Equal("""["1"]""", metadata["versions"]!.ToJsonString());
        }

        Assert.Equal($$"""{"name":"{{model}}","ready":true}""", (await app.GetAsync($"v2/models/{model}/ready")).Expect(HttpStatusCode.OK).ToJsonString());
        Assert.Equal($$"""{"name":"{{model}}","ready":true}""", (await app.GetAsync($"v2/models/{model}/versions/1/ready")).Expect(HttpStatusCode.OK).ToJsonString());
        Assert.Equal("""{"live":true}""", (await app.GetAsync("v2/health/live")).Expect(HttpStatusCode.OK).ToJsonString());
        Assert.True((await app.GetAsync("v2/health/ready")).Expect(HttpStatusCode.OK)["ready"]!.GetValue<bool>());
        Assert.Contains("prediction_lineage", (await app.GetAsync("v2")).Expect(HttpStatusCode.OK)["extensions"]!.AsArray().Select(e => e!.GetValue<string>()));

        foreach (var path in new[] { "v2/models/nobody", "v2/models/nobody/ready", $"v2/models/{model}/versions/2", $"v2/models/{model}/versions/2/ready" })
            Assert.NotEmpty((await app.GetAsync(path)).Expect(HttpStatusCode.NotFound)["error"]!.GetValue<string>());
        var (pixels, _) = RealData.Mnist();
        foreach (var path in new[] { "v2/models/nobody/infer", $"v2/models/{model}/versions/2/infer" })
            Assert.NotEmpty((await InferAsync(path, Request(pixels, 0))).Expect(HttpStatusCode.NotFound)["error"]!.GetValue<string>());
    }

    [RealDataFact]
    public async Task A_version_asked_for_by_number_serves_and_the_champion_stays()
    {
        var model = await RegisterAsync();
        var second = (await app.SendAsync(
            HttpMethod.Put, $"api/models/{model}/versions?key=second", AppStack.Bytes(RealData.Read("models/mnist.onnx"), "application/octet-stream")))
            .Expect(HttpStatusCode.Created);
        Assert.Equal("2", second["version"]!.GetValue<string>());
        Assert.Equal("1", (await app.GetAsync($"api/models/{model}")).Expect(HttpStatusCode.OK)["aliases"]!["champion"]!.GetValue<string>());
        var (pixels, _) = RealData.Mnist();
        foreach (var (path, version) in new[] { ("infer", "1"), ("versions/1/infer", "1"), ("versions/2/infer", "2") })
        {
            var answer = (await InferAsync($"v2/models/{model}/{path}", Request(pixels, 0))).Expect(HttpStatusCode.OK);
            Assert.Equal(version, answer["model_version"]!.GetValue<string>());
        }
    }

    [RealDataFact]
    public async Task The_lineage_of_a_prediction_leads_to_the_bytes_of_its_model()
    {
        var model = await RegisterAsync();
        var (pixels, _) = RealData.Mnist();
        var answer = await InferAsync($"v2/models/{model}/infer", Request(pixels, 0), ("x-iml4e-unit", "house 7"));
        var id = answer.Expect(HttpStatusCode.OK)["parameters"]!["prediction_id"]!.GetValue<string>();
        Assert.Equal(
            (id, id, "champion", "1", "0"),
            (answer.Headers["x-prediction-id"], answer.Headers["x-iml4e-prediction-id"], answer.Headers["x-iml4e-variant"], answer.Headers["x-iml4e-model-version"], answer.Headers["x-iml4e-routing-version"]));

        var lineage = (await app.GetAsync($"api/lineage/predictions/{id}")).Expect(HttpStatusCode.OK);
        var prediction = lineage["prediction"]!;
        Assert.Equal(id, prediction["id"]!.GetValue<string>());
        Assert.Equal("1", prediction["version"]!.GetValue<string>());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("house 7"u8)), prediction["unitHash"]!.GetValue<string>());
        Assert.DoesNotContain("house 7", lineage.ToJsonString(), StringComparison.Ordinal);
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(RealData.Read("models/mnist.onnx")));
        Assert.Equal(digest, prediction["digest"]!.GetValue<string>());
        Assert.Equal(digest, lineage["model"]!["digest"]!.GetValue<string>());
        (await app.GetAsync("api/lineage/predictions/" + id[..^1] + (id[^1] == '0' ? "1" : "0"))).Expect(HttpStatusCode.NotFound);
        (await app.GetAsync("api/lineage/predictions/nothing")).Expect(HttpStatusCode.NotFound);
    }

    [RealDataFact]
    public async Task A_model_that_needs_an_operator_library_is_refused_and_the_library_named()
    {
        var answer = await app.SendAsync(
            HttpMethod.Put, $"api/models/{AppStack.Unique("sr")}/versions",
            AppStack.Bytes(RealData.Read("models/pytorch_superresolution_with_pre_post_processing_op18.onnx"), "application/octet-stream"));
        answer.ExpectProblemAt("body");
        Assert.Contains("com.microsoft.extensions", answer.Text, StringComparison.Ordinal);
    }

    internal static string Request(byte[] pixels, int image, string more = "")
    {
        var text = new StringBuilder("""{"inputs":[{"name":"Input3","shape":[1,1,28,28],"datatype":"FP32","data":[""");
        for (var i = 0; i < 784; i++)
            text.Append(i == 0 ? "" : ",").Append((pixels[(image * 784) + i] / 255f).ToString(CultureInfo.InvariantCulture));
        return text.Append("]}]").Append(more).Append('}').ToString();
    }

    private static Tensor Image(byte[] pixels, int image)
    {
        var values = new float[784];
        for (var i = 0; i < values.Length; i++)
            values[i] = pixels[(image * values.Length) + i] / 255f;
        return Tensor.FromFloats("Input3", values, 1, 1, 28, 28);
    }

    private Task<Answer> InferAsync(string path, string request, params (string, string)[] headers) =>
        app.SendAsync(HttpMethod.Post, path, new StringContent(request, Encoding.UTF8, "application/json"), headers);

    private async Task<string> RegisterAsync()
    {
        var model = AppStack.Unique("mnist");
        var answer = (await app.SendAsync(
            HttpMethod.Put, $"api/models/{model}/versions?task=classification",
            AppStack.Bytes(RealData.Read("models/mnist.onnx"), "application/octet-stream"))).Expect(HttpStatusCode.Created);
        Assert.Equal("1", answer["version"]!.GetValue<string>());
        return model;
    }
}
