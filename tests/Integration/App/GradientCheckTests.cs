using System.Net;
using System.Text.Json.Nodes;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Integration.App;

/// <summary>Gradient checks over HTTP.</summary>
[Collection(AppCollection.Name)]
public sealed class GradientCheckTests(AppStack app)
{
    [Fact]
    public async Task A_network_passes()
    {
        var model = await RegisterAsync("Tanh");
        var answer = (await app.PostAsync($"api/models/{model}/gradient-check", new JsonObject { ["wrt"] = new JsonArray("x", "w"), ["directions"] = 2 }))
            .Expect(HttpStatusCode.OK);
        Assert.Equal("1", answer["version"]!.GetValue<string>());
        Assert.True(answer["differentiable"]!.GetValue<bool>());
        Assert.True(answer["check"]!["passed"]!.GetValue<bool>(), answer.ToJsonString());
        Assert.Equal("float64", answer["check"]!["precision"]!.GetValue<string>());
        Assert.Equal(6, answer["check"]!["differences"]!.AsArray().Count);
        // The product, the activation, and the name of the output.
        Assert.Equal(3, answer["coverage"]!["forwardNodes"]!.GetValue<int>());
        Assert.Empty(answer["coverage"]!["unsupported"]!.AsArray());

        // Without a body: the champion, by all its inputs of numbers.
        var plain = (await app.SendAsync(HttpMethod.Post, $"api/models/{model}/gradient-check")).Expect(HttpStatusCode.OK);
        Assert.Equal(["x"], plain["wrt"]!.AsArray().Select(n => n!.GetValue<string>()));
    }

    [Fact]
    public async Task An_operator_without_a_gradient_is_named()
    {
        var model = await RegisterAsync("Det");
        var answer = (await app.PostAsync($"api/models/{model}/gradient-check", new JsonObject())).Expect(HttpStatusCode.OK);
        Assert.False(answer["differentiable"]!.GetValue<bool>());
        Assert.Null(answer["check"]);
        var node = Assert.Single(answer["coverage"]!["unsupported"]!.AsArray())!;
        Assert.Equal("Det", node["op"]!.GetValue<string>());
        Assert.Contains("black box", node["reason"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_that_do_not_fit_are_told_where()
    {
        var model = await RegisterAsync("Tanh");
        async Task Refused(string path, JsonObject body) => (await app.PostAsync($"api/models/{model}/gradient-check", body)).ExpectProblemAt(path);
        await Refused("wrt", new JsonObject { ["wrt"] = new JsonArray("ghost") });
        await Refused("wrt", new JsonObject { ["wrt"] = new JsonArray() });
        await Refused("outputs", new JsonObject { ["outputs"] = new JsonArray("ghost") });
        await Refused("shapes", new JsonObject { ["shapes"] = new JsonObject { ["x"] = new JsonArray(2, 7) } });
        await Refused("shapes", new JsonObject { ["shapes"] = new JsonObject { ["x"] = new JsonArray(0, 2) } });
        await Refused("directions", new JsonObject { ["directions"] = 0 });
        await Refused("version", new JsonObject { ["version"] = "9" });
        (await app.PostAsync("api/models/never-made/gradient-check", new JsonObject())).Expect(HttpStatusCode.NotFound);
    }

    private async Task<string> RegisterAsync(string op)
    {
        var g = new GraphBuilder();
        var x = g.Input("x", TensorDatatype.FP32, "N", 2);
        var product = g.Node("MatMul", [op == "Det" ? g.Node("Transpose", [x]) : x, op == "Det" ? x : g.Initializer("w", [0.5f, -1, 0.25f, 0.75f], 2, 2)]);
        if (op == "Det")
            g.Output("y", g.Node(op, [product]), TensorDatatype.FP32);
        else
            g.Output("y", g.Node(op, [product]), TensorDatatype.FP32, "N", 2);
        var model = AppStack.Unique("gradient");
        (await app.SendAsync(HttpMethod.Put, $"api/models/{model}/versions", AppStack.Bytes(GraphSurgery.Serialize(g.Build()), "application/octet-stream")))
            .Expect(HttpStatusCode.Created);
        return model;
    }
}
