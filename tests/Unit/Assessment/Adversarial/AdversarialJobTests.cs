using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Adversarial.Jobs;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Validation;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;
using Iml4e.Reporting;
using Iml4e.Tests.Unit.Inference;

namespace Iml4e.Tests.Unit.Assessment.Adversarial;

public sealed class AdversarialJobTests : IDisposable
{
    private readonly AdversarialJob _job = new();
    private readonly MemoryContext _world = new();

    public void Dispose() => _job.Dispose();

    [SharedDataFact]
    public async Task Digits_of_a_table_are_attacked_measured_and_transferred()
    {
        _world.AddModel("digits", SharedData.Read("models", "mnist.onnx"));
        _world.AddDataset("digits", "text/csv", Table(8_000, 40));
        var request = Json("""
            { "base_model": { "uri": "models/digits" }, "dataset": { "uri": "datasets/digits", "sample": 30 }, "label": "label",
              "attack": { "name": "pgd", "eps": "25.5/255", "eps_step": 0.01, "max_iter": 10, "epsilons": [0.05, 0.1], "batch_size": 16 },
              "gate": { "minRobustAccuracy": { "0.05": 0.5 } }, "accept": "clean_accuracy > 0.9" }
            """);
        var (result, parts) = await RunAsync(request);
        Assert.Equal(30, result.Metrics["samples"]);
        Assert.InRange(result.Metrics["clean_accuracy"]!.Value, .9, 1);
        Assert.True(result.Metrics["robust_accuracy"] < result.Metrics["clean_accuracy"]);
        Assert.InRange(result.Metrics["linf_max"]!.Value, .09, .1 + 1e-6);
        Assert.True(result.Metrics["noise_accuracy"] > result.Metrics["robust_accuracy"]);
        Assert.True(result.Accepted, result.Explanation);
        var html = await ReportHtml.RenderAsync(ReportJson.Read(ReportJson.Write(result.Report)));
        Assert.Contains("data:image/png;base64,", html, StringComparison.Ordinal);
        Assert.Contains("Robust accuracy over", html, StringComparison.Ordinal);

        // The same again: the same bytes everywhere.
        var digests = _world.Outputs.ToList();
        _world.Outputs.Clear();
        var (again, _) = await RunAsync(request);
        Assert.Equal(digests, _world.Outputs);
        Assert.Equal(result.Metrics, again.Metrics);

        var manifest = JsonNode.Parse(await _world.ReadAsync(digests.Last(d => d.Role == "manifest").Digest, CancellationToken.None))!;
        Assert.True(manifest["adversarial"]!.GetValue<bool>());
        Assert.Equal(30, manifest["samples"]!.AsArray().Count);
        Assert.Equal(parts[0].GetProperty("file").GetString(), manifest["samples"]![0]!["file"]!.GetValue<string>());
        var (attacked, shape) = NpzFile.Read(await _world.ReadAsync(manifest["samples"]![0]!["file"]!.GetValue<string>(), CancellationToken.None), "x_adv");
        Assert.Equal([30, 1, 28, 28], shape);
        Assert.All(attacked, v => Assert.InRange(v, 0, 1));

        _world.AddModel("other", Perturbed(SharedData.Read("models", "mnist.onnx")));
        var (transferred, _) = await RunAsync(Json("""{ "mode": "transfer", "samples": "adversarial/job/manifest.json", "targets": [ { "uri": "digits" }, { "uri": "other" } ] }"""));
        Assert.Equal(result.Metrics["clean_accuracy"], transferred.Metrics["clean_accuracy"]);
        Assert.InRange(transferred.Metrics["robust_accuracy"]!.Value, 0, result.Metrics["robust_accuracy"]!.Value + 1e-9);
        Assert.NotNull(transferred.Metrics["transfer_mean"]);

        var (matrix, _) = await RunAsync(Json("""
            { "mode": "matrix", "dataset": { "uri": "digits", "sample": 12, "sampling": "first" }, "label": "label", "attack": "fgsm", "epsilon": 0.1,
              "targets": [ { "uri": "digits" }, { "uri": "other" } ] }
            """));
        Assert.Equal(2, _world.Outputs.Count(o => o.Role.StartsWith("manifest-", StringComparison.Ordinal) || o.Role == "manifest") - 1);
        Assert.NotNull(matrix.Metrics["transfer_max"]);
    }

    [SharedDataFact]
    public async Task Pictures_of_a_zip_are_attacked_and_what_is_damaged_is_told()
    {
        _world.AddModel("fast", SharedData.Read("models", "FastestDet.onnx"));
        _world.AddDataset("photos", "application/zip", Zips.Of(("good.jpg", SharedData.Read("photos", "coco", "000000000785.jpg")), ("cut.jpg", SharedData.Read("photos", "coco", "000000040083.jpg")[..5_000]), ("none.png", [1, 2, 3])));
        var request = Json("""
            { "task": "detection", "base_model": { "uri": "fast", "family": "fastestdet", "preprocess": { "color": "bgr" } }, "dataset": "photos",
              "attack": { "name": "bim", "max_iter": 4 }, "output": { "format": "png" }, "gate": { "maxRelativeMapDrop": 0.1 } }
            """);
        var (result, _) = await RunAsync(request);
        Assert.Equal((1, 2), ((int)result.Metrics["samples"]!, (int)result.Metrics["skipped"]!));
        Assert.True(result.Metrics["map_drop"] > .3);
        Assert.True(result.Metrics["map_drop_noise"] < result.Metrics["map_drop"]);
        Assert.False(result.Accepted);
        Assert.Contains("cut", JsonSerializer.Serialize(result.Report, ReportJson.Options), StringComparison.Ordinal);

        // Out of the picture files again, and on another copy.
        var (transferred, _) = await RunAsync(Json("""
            { "mode": "transfer", "task": "detection", "samples": "job", "targets": [ { "uri": "fast", "family": "fastestdet", "preprocess": { "color": "bgr" } } ] }
            """));
        Assert.Equal(1, transferred.Metrics["map_clean"]!.Value, 1e-6);
        Assert.InRange(transferred.Metrics["map_drop"]!.Value, .3, 1);
    }

    [Theory]
    [InlineData("""{ "attack": { "name": "pgd", "eps": "8/0" } }""", "attack.eps", "fraction")]
    [InlineData("""{ "attack": { "name": "pgd", "eps": -1 } }""", "attack.eps", "at least 0")]
    [InlineData("""{ "attack": { "name": "pgdd" } }""", "attack.name", "pgd")]
    [InlineData("""{ "attack": { "name": "pgd", "eps_step": 0 } }""", "attack.eps_step", "above 0")]
    [InlineData("""{ "attack": { "name": "pgd", "max_iter": 0 } }""", "attack.max_iter", "1 to")]
    [InlineData("""{ "attack": { "name": "pgd", "norm": "l3" } }""", "attack.norm", "linf, l2, l1")]
    [InlineData("""{ "attack": { "name": "pgd", "epss": 1 } }""", "attack", "unknown field")]
    [InlineData("""{ "attack": "pgd", "task": "regression" }""", "task", "detection")]
    [InlineData("""{ "attack": "cw", "task": "detection" }""", "attack.name", "classifiers")]
    [InlineData("""{ "attack": "pgd", "targets": [ { "uri": "a" } ] }""", "targets", "transfer")]
    [InlineData("""{ "attack": "pgd", "accept": "map_drop2 < 1" }""", "accept", "map_drop")]
    [InlineData("""{ "attack": "pgd", "gate": { "minRobustAccuracy": { "x": 0.5 } } }""", "gate.minRobustAccuracy.x", "8/255")]
    [InlineData("""{ "attack": "pgd", "base_model": { "uri": "m", "preprocess": { "scale": 0 } } }""", "base_model.preprocess.scale", "255")]
    [InlineData("""{ "attack": "pgd", "base_model": { "uri": "m", "preprocess": { "colour": "rgb" } } }""", "base_model.preprocess", "unknown field")]
    [InlineData("""{ "attack": "pgd", "dataset": { "uri": "d", "sample": 0 } }""", "dataset.sample", "1 to")]
    public void Requests_that_make_no_sense_are_refused_with_their_path(string json, string path, string message)
    {
        var request = Json(json);
        request["dataset"] ??= "d";
        request["base_model"] ??= "m";
        var error = Assert.Throws<DocumentException>(() => _job.Normalise(request)).Errors[0];
        Assert.StartsWith(path, error.Path, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_short_form_of_gates_is_as_good_as_the_long_one()
    {
        var normal = _job.Normalise(Json("""{ "model": "digits", "version": "challenger", "dataset": "d", "task": "classification", "attack": "pgd", "epsilon": 0.03 }"""));
        Assert.Equal("pgd", normal.GetProperty("attack").GetProperty("name").GetString());
        Assert.Equal(0.03, normal.GetProperty("epsilon").GetDouble());
        Assert.Equal(normal.GetRawText(), _job.Normalise(JsonNode.Parse(normal.GetRawText())).GetRawText());
    }

    [SharedDataFact]
    public async Task What_cannot_be_attacked_is_told_before_any_work()
    {
        _world.AddModel("digits", SharedData.Read("models", "mnist.onnx"));
        _world.AddDataset("narrow", "text/csv", Encoding.UTF8.GetBytes("a,b,label\n1,2,3\n4,5,6\n"));
        _world.AddDataset("zip", "application/zip", Zips.Of(("a.png", [1])));
        var wrong = Table(0, 3);
        _world.AddDataset("labels", "text/csv", Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(wrong).Replace("label\n", "label\n", StringComparison.Ordinal).TrimEnd()[..^1] + "77\n"));
        async Task RefusedAsync(string dataset, string path, string text)
        {
            var request = Json($$"""{ "base_model": "digits", "dataset": "{{dataset}}", "label": "label", "attack": "fgsm" }""");
            var error = await Assert.ThrowsAsync<JobInputException>(() => RunAsync(request));
            Assert.Equal(path, error.Path);
            Assert.Contains(text, error.Detail, StringComparison.Ordinal);
        }

        await RefusedAsync("nothing", "dataset", "no data set");
        await RefusedAsync("narrow", "dataset", "784");
        await RefusedAsync("zip", "dataset", "no image can be used");
        await RefusedAsync("labels", "label", "0 to 9");
        _world.AddModel("trees", Undifferentiable());
        _world.AddDataset("vectors", "text/csv", Encoding.UTF8.GetBytes("a,b,c,d,label\n0.1,0.2,0.3,0.4,1\n"));
        var unknown = await Assert.ThrowsAsync<JobInputException>(() => RunAsync(Json("""
            { "base_model": "trees", "dataset": { "uri": "vectors", "white": 1 }, "label": "label", "attack": "pgd" }
            """)));
        Assert.Contains("black-box", unknown.Detail, StringComparison.Ordinal);
        var (result, _) = await RunAsync(Json("""
            { "base_model": "trees", "dataset": { "uri": "vectors", "white": 1 }, "label": "label", "attack": { "name": "square", "max_iter": 5 } }
            """));
        Assert.Equal(0, result.Metrics["gradients"]);
    }

    [Fact]
    public async Task Models_that_are_no_classifiers_of_real_images_are_told_before_any_work()
    {
        _world.AddDataset("vectors", "text/csv", Encoding.UTF8.GetBytes("a,b,c,d,label\n0.1,0.2,0.3,0.4,1\n0.4,0.3,0.2,0.1,0\n"));
        async Task RefusedAsync(string name, byte[] onnx, string path, string text, string more = "")
        {
            _world.AddModel(name, onnx);
            var error = await Assert.ThrowsAsync<JobInputException>(() => RunAsync(Json(
                $$"""{ "base_model": { "uri": "{{name}}"{{more}} }, "dataset": { "uri": "vectors", "white": 1 }, "label": "label", "attack": "pgd" }""")));
            Assert.Equal(path, error.Path);
            Assert.Contains(text, error.Detail, StringComparison.Ordinal);
        }

        await RefusedAsync("integers", Layer(TensorDatatype.Int64, "N", 4), "base_model", "INT64");
        await RefusedAsync("halves", Layer(TensorDatatype.FP16, "N", 4), "base_model", "FP16");
        await RefusedAsync("free", Layer(TensorDatatype.FP32, "N", "D"), "base_model", "free dimensions");
        await RefusedAsync("sequence", Layer(TensorDatatype.FP32, "N", 2, 2), "base_model", "[N,C,H,W]");
        await RefusedAsync("determinant", Operator("Det"), "base_model", "Det");
        await RefusedAsync("determinant again", Operator("Det"), "base_model", "black-box");
        await RefusedAsync("branches", Branches(), "base_model", "control flow");

        // A free dimension is no hindrance when the request says the shape.
        _world.AddModel("free", Layer(TensorDatatype.FP32, "N", "D"));
        var (result, _) = await RunAsync(Json("""
            { "base_model": { "uri": "free", "input": [1, 1, 4] }, "dataset": { "uri": "vectors", "white": 1 }, "label": "label", "attack": "pgd" }
            """));
        Assert.Equal(2, result.Metrics["samples"]);
    }

    [Theory]
    [InlineData("""{ "model": "integers", "mode": "create" }""", "model", "INT64")]
    [InlineData("""{ "model": "missing", "mode": "create" }""", "model", "missing")]
    [InlineData("""{ "sources": ["layer", "integers"], "targets": ["layer"] }""", "sources[1]", "INT64")]
    [InlineData("""{ "targets": ["layer", "integers"] }""", "targets[1]", "INT64")]
    [InlineData("""{ "sources": ["layer"], "targets": ["layer", "layer", "integers"] }""", "targets[2]", "INT64")]
    [InlineData("""{ "sources": ["layer"], "targets": ["layer", "wide"] }""", "targets[1]", "wide/1")]
    public async Task Of_several_models_the_error_names_the_one(string models, string path, string text)
    {
        _world.AddDataset("vectors", "text/csv", Encoding.UTF8.GetBytes("a,b,c,d,label\n0.1,0.2,0.3,0.4,1\n0.4,0.3,0.2,0.1,0\n"));
        _world.AddModel("layer", Layer(TensorDatatype.FP32, "N", 4));
        _world.AddModel("wide", Layer(TensorDatatype.FP32, "N", 2, 2));
        _world.AddModel("integers", Layer(TensorDatatype.Int64, "N", 4));
        var request = Json("""{ "mode": "matrix", "dataset": { "uri": "vectors", "white": 1 }, "label": "label", "attack": "pgd" }""");
        foreach (var (name, value) in Json(models).AsObject())
            request[name] = value is JsonArray list ? new JsonArray([.. list.Select(m => new JsonObject { ["uri"] = m!.DeepClone() })]) : value!.DeepClone();
        var error = await Assert.ThrowsAsync<JobInputException>(() => RunAsync(request));
        Assert.Equal(path, error.Path);
        Assert.Contains(text, error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_and_images_that_are_not_there_are_told()
    {
        _world.AddModel("layer", Layer(TensorDatatype.FP32, "N", 4));
        async Task RefusedAsync(string mediaType, byte[] content, string path, string text)
        {
            _world.AddDataset("given", mediaType, content);
            var error = await Assert.ThrowsAsync<JobInputException>(() => RunAsync(Json(
                """{ "base_model": "layer", "dataset": { "uri": "given", "white": 1 }, "label": "label", "attack": "fgsm" }""")));
            Assert.Equal(path, error.Path);
            Assert.Contains(text, error.Detail, StringComparison.Ordinal);
        }

        byte[] Rows(params string[] rows) => Encoding.UTF8.GetBytes("a,b,c,d,label\n" + string.Concat(rows.Select(r => r + "\n")));
        await RefusedAsync("text/csv", Rows("0.1,0.2,0.3,0.4,0", "0.1,0.2,0.3,0.4,3"), "label", "0 to 2");
        await RefusedAsync("text/csv", Rows("0.1,0.2,0.3,0.4,0", "0.1,0.2,0.3,0.4,-1"), "label", "-1");
        await RefusedAsync("text/csv", Rows("0.1,0.2,0.3,0.4,0", "0.1,0.2,0.3,0.4,0.5"), "label", "0.5");
        await RefusedAsync("text/csv", Rows("0.1,0.2,0.3,0.4,0", "0.1,0.2,0.3,0.4,"), "label", "whole numbers");
        await RefusedAsync("text/csv", Rows(), "dataset", "");
        await RefusedAsync("application/zip", Zips.Of(), "dataset", "no image");
        await RefusedAsync("application/zip", Zips.Of(("note.txt", [65])), "dataset", "no image");
        await RefusedAsync("application/zip", [1, 2, 3], "dataset", "");

        // One row of several that cannot be used is passed over and told.
        _world.AddDataset("given", "text/csv", Rows("0.1,0.2,0.3,0.4,0", "0.1,7,0.3,0.4,1", "0.4,0.3,0.2,0.1,2"));
        var (result, _) = await RunAsync(Json("""{ "base_model": "layer", "dataset": { "uri": "given", "white": 1 }, "label": "label", "attack": "fgsm" }"""));
        Assert.Equal((2, 1), ((int)result.Metrics["samples"]!, (int)result.Metrics["skipped"]!));
        Assert.Contains("row-000001", JsonSerializer.Serialize(result.Report, ReportJson.Options), StringComparison.Ordinal);
    }

    private async Task<(JobResult Result, IReadOnlyList<JsonElement> Parts)> RunAsync(JsonNode request)
    {
        var normal = _job.Normalise(request.DeepClone());
        var units = await _job.PlanAsync(normal, _world, CancellationToken.None);
        var parts = new List<JsonElement>();
        foreach (var unit in units)
            parts.Add(await _job.ExecuteAsync(normal, unit, _world, CancellationToken.None));
        return (await _job.AggregateAsync(normal, parts, _world, CancellationToken.None), parts);
    }

    private static JsonNode Json(string text) => JsonNode.Parse(text)!;

    private static byte[] Table(int first, int count)
    {
        var (batch, labels) = Mnist.Read(first, count);
        var text = new StringBuilder();
        for (var j = 0; j < batch.Size; j++)
            text.Append(CultureInfo.InvariantCulture, $"p{j},");
        text.Append("label\n");
        for (var i = 0; i < count; i++)
        {
            foreach (var v in batch.Image(i))
                text.Append(CultureInfo.InvariantCulture, $"{(int)MathF.Round(v * 255)},");
            text.Append(CultureInfo.InvariantCulture, $"{labels[i]}\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    // The weights of the last layer a little different.
    private static byte[] Perturbed(byte[] onnx)
    {
        var model = GraphSurgery.Parse(onnx);
        var last = model.Graph.Initializer.Where(i => i.DataType == 1).Select(i => TensorProtos.Read(i)).MaxBy(t => t.ElementCount)!;
        var values = last.Span<float>().ToArray();
        for (var i = 0; i < values.Length; i++)
            values[i] *= 1 + 0.1f * MathF.Sin(i);
        return GraphSurgery.Serialize(
            GraphSurgery.ReplaceInitializer(model, Tensor.FromFloats(last.Name, values, last.Shape)));
    }

    // A linear layer of three classes behind an input of some type and shape.
    private static byte[] Layer(TensorDatatype type, params Dim[] shape)
    {
        var g = new GraphBuilder("layer");
        var x = g.Input("input", type, shape);
        if (type != TensorDatatype.FP32)
            x = g.Node("Cast", [x], [Attr.Int("to", 1)]);
        if (shape.Length != 2)
            x = g.Node("Flatten", [x]);
        var z = g.Node("MatMul", [x, g.Initializer("w", [1f, 2f, 3f, 3f, 1f, 2f, 2f, 3f, 1f, 1f, -1f, 0f], 4, 3)]);
        g.Output("z_out", z, TensorDatatype.FP32, "N", 3);
        return GraphSurgery.Serialize(g.Build());
    }

    // The classes come out of an operator of one 2 x 2 matrix a row.
    private static byte[] Operator(string op)
    {
        var g = new GraphBuilder("operator");
        var x = g.Input("input", TensorDatatype.FP32, "N", 4);
        var number = g.Node(op, [g.Node("Reshape", [x, g.Initializer("matrix", [-1L, 2L, 2L])])]);
        var z = g.Node("Mul", [g.Node("Unsqueeze", [number, g.Initializer("axes", [1L])]), g.Initializer("w", [1f, 2f, 3f], 1, 3)]);
        g.Output("z_out", z, TensorDatatype.FP32, "N", 3);
        return GraphSurgery.Serialize(g.Build());
    }

    // The classes of one layer or of another, by the sum of the image.
    private static byte[] Branches()
    {
        var g = new GraphBuilder("branches");
        var x = g.Input("input", TensorDatatype.FP32, "N", 4);
        var sum = g.Node("ReduceSum", [x], [Attr.Int("keepdims", 0)]);
        var condition = g.Node("Greater", [sum, g.Scalar("two", 2f)]);
        AttributeProto Branch(string name, float factor)
        {
            var inner = g.Subgraph(name);
            var weights = inner.Initializer("w", [factor, 2f, 3f, 3f, 1f, 2f, 2f, 3f, 1f, 1f, -1f, 0f], 4, 3);
            inner.Output(inner.Node("MatMul", [x, weights], output: name), TensorDatatype.FP32, "N", 3);
            return Attr.Graph(name, inner.BuildGraph());
        }

        var z = g.Node("If", [condition], [Branch("then_branch", 1), Branch("else_branch", -1)]);
        g.Output("z_out", z, TensorDatatype.FP32, "N", 3);
        return GraphSurgery.Serialize(g.Build());
    }

    private static byte[] Undifferentiable()
    {
        var g = new GraphBuilder("steps");
        var x = g.Input("input", TensorDatatype.FP32, "N", 4);
        var pooled = g.Node("ArgMax", [x], [Attr.Int("axis", 1)]);
        var z = g.Node("Mul", [g.Node("Cast", [pooled], [Attr.Int("to", 1)]), g.Initializer("w", [1f, 2f, 3f], 1, 3)]);
        g.Output("z_out", z, TensorDatatype.FP32, "N", 3);
        return GraphSurgery.Serialize(g.Build());
    }
}
