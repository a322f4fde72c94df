using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Integration.App;

/// <summary>Data sets over HTTP: formats, what is assumed of columns, what may be appended.</summary>
[Collection(AppCollection.Name)]
public sealed class DatasetTests(AppStack app)
{
    [Fact]
    public async Task Every_format_is_taken_and_what_was_assumed_is_told()
    {
        var name = AppStack.Unique("formats");
        var first = await PutAsync(name, "", "zip,kwh,at\n01234,1.5,2024-01-01\n99,,2024-01-02\n", "?type=zip:category");
        Assert.Equal(["category", "number", "timestamp"], first["columns"]!.AsArray().Select(c => c!["kind"]!.GetValue<string>()));

        // Other formats, under a media type that says nothing; the kind that was declared holds on.
        await PutAsync(name, "application/octet-stream", "{\"kwh\":3,\"at\":\"2024-01-03T00:00:00Z\",\"zip\":\"77\"}\n", "?mode=append");
        await PutAsync(name, "text/csv", Zip("{\"zip\":\"5\",\"kwh\":4}\n{\"zip\":null,\"kwh\":5,\"at\":\"2024-01-04\"}\n"), "?mode=append&file=late.gz");
        var version = (await app.GetAsync($"api/datasets/{name}/versions/3")).Expect(HttpStatusCode.OK);
        Assert.Equal(["text/csv", "application/x-ndjson", "application/gzip"], version["parts"]!.AsArray().Select(p => p!["mediaType"]!.GetValue<string>()));
        Assert.Equal(["upload.csv", "upload.ndjson", "late.gz"], version["parts"]!.AsArray().Select(p => p!["name"]!.GetValue<string>()));
        var zip = Column(version, "zip");
        Assert.Equal((true, 5, 1, 0.2, "category: declared"),
            (
                zip["declared"]!.GetValue<bool>(), zip["rows"]!.GetValue<int>(), zip["missing"]!.GetValue<int>(), zip["missingShare"]!.GetValue<double>(),
                zip["assumed"]!.GetValue<string>()));
        Assert.Equal("number: all 4 values are decimal numbers", Column(version, "kwh")["assumed"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_value_that_forced_a_fallback_is_shown_in_the_version_and_in_the_report()
    {
        var name = AppStack.Unique("fallback");
        var rows = Enumerable.Range(0, 200).Select(
            i => FormattableString.Invariant($"{i},{(i == 7 ? "n/a." : (i % 9).ToString(System.Globalization.CultureInfo.InvariantCulture))},{3 * i}\n"));
        await PutAsync(name, "text/csv", "x,level,y\n" + string.Concat(rows), "");
        var level = Column((await app.GetAsync($"api/datasets/{name}/versions/1")).Expect(HttpStatusCode.OK), "level");
        Assert.Equal("category: 'n/a.' in row 8 is not a number (199 of 200 values are)", level["assumed"]!.GetValue<string>());
        Assert.Equal(
            (8, 9, "n/a."),
            (
                level["examples"]![0]!["row"]!.GetValue<int>(), level["examples"]![0]!["line"]!.GetValue<int>(),
                level["examples"]![0]!["value"]!.GetValue<string>()));

        var job = await app.RunJobAsync("train", new JsonObject
        {
            ["dataset"] = name, ["task"] = "regression", ["label"] = "y", ["trainer"] = "boosted-trees",
            ["parameters"] = new JsonObject { ["rounds"] = 20, ["search"] = true, ["eta"] = 0.1, ["max_depth"] = 3, ["categories"] = "native" },
        });
        Assert.Equal("completed", job["status"]!.GetValue<string>());
        var report = (await app.GetAsync($"api/jobs/{job["id"]}/report.json")).Expect(HttpStatusCode.OK).ToJsonString();
        // Who reads the report need not have been given the data.
        Assert.DoesNotContain("n/a.", report, StringComparison.Ordinal);
        foreach (var said in new[] { "the value in row 8 is not a number (199 of 200 values are)", "Parameters tried", "Cover (mean Hessian of its splits)", "whole numbers" })
            Assert.Contains(said, report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_column_that_a_bound_model_masks_no_value_is_shown()
    {
        var name = AppStack.Unique("masked");
        static string Rows(int from, string odd) => "a,code,y\n" + string.Concat(
            Enumerable.Range(from, 60).Select(i => FormattableString.Invariant($"{i},{(i % 60 == 7 ? odd : (i % 5).ToString(System.Globalization.CultureInfo.InvariantCulture))},{2 * i}\n")));
        await PutAsync(name, "text/csv", Rows(0, "Ada"), "");
        Assert.Equal(
            "Ada",
            Column((await app.GetAsync($"api/datasets/{name}/versions/1")).Expect(HttpStatusCode.OK), "code")["examples"]![0]!["value"]!.GetValue<string>());
        await app.CreatePipelineAsync(name);
        var graph = new GraphBuilder("sum");
        var (a, masked) = (graph.Input("a", TensorDatatype.FP32, "N", 1), graph.Input("code", TensorDatatype.FP32, "N", 1));
        graph.Output("prediction", graph.Node("Add", [a, masked]), TensorDatatype.FP32, "N", 1);
        var file = AppStack.Bytes(GraphSurgery.Serialize(graph.Build()), "application/octet-stream");
        (await app.SendAsync(HttpMethod.Put, $"api/models/{name}/versions?task=regression", file)).Expect(HttpStatusCode.Created);
        var policy = JsonNode.Parse("""{"mask":[{"input":"a","with":"drop"}]}""")!;
        (await app.SendJsonAsync(HttpMethod.Put, $"api/models/{name}/logging", policy)).Expect(HttpStatusCode.OK);
        Assert.Equal(
            "Ada",
            Column((await app.GetAsync($"api/datasets/{name}/versions/1")).Expect(HttpStatusCode.OK), "code")["examples"]![0]!["value"]!.GetValue<string>());

        policy["mask"]![0]!["input"] = "code";
        (await app.SendJsonAsync(HttpMethod.Put, $"api/models/{name}/logging", policy)).Expect(HttpStatusCode.OK);
        var stored = (await app.GetAsync($"api/datasets/{name}/versions/1")).Expect(HttpStatusCode.OK);
        var appended = await PutAsync(name, "text/csv", Rows(60, "Grace"), "?mode=append");
        foreach (var told in new[] { stored, appended })
        {
            var code = Column(told, "code");
            Assert.Null(code["examples"]![0]!["value"]);
            Assert.Equal(8, code["examples"]![0]!["row"]!.GetValue<int>());
            Assert.StartsWith("category: the value in row 8 is not a number", code["assumed"]!.GetValue<string>(), StringComparison.Ordinal);
            Assert.DoesNotMatch("Ada|Grace", told.ToJsonString());
        }
    }

    [Fact]
    public async Task Of_a_column_that_a_model_without_a_pipeline_masks_no_value_is_shown_if_its_data_set_was_told()
    {
        var name = AppStack.Unique("lone");
        await PutAsync(name, "text/csv", "a,code\n1,Ada\n2,3\n", "");
        var graph = new GraphBuilder("sum");
        var (a, code) = (graph.Input("a", TensorDatatype.FP32, "N", 1), graph.Input("code", TensorDatatype.FP32, "N", 1));
        graph.Output("prediction", graph.Node("Add", [a, code]), TensorDatatype.FP32, "N", 1);
        var onnx = GraphSurgery.Serialize(graph.Build());
        Task<Answer> RegisterAsync(string query) =>
            app.SendAsync(HttpMethod.Put, $"api/models/{name}/versions{query}", AppStack.Bytes(onnx, "application/octet-stream"));
        async Task<string?> ExampleAsync() =>
            Column((await app.GetAsync($"api/datasets/{name}/versions/1")).Expect(HttpStatusCode.OK), "code")["examples"]![0]!["value"]?.GetValue<string>();
        (await RegisterAsync("?key=first")).Expect(HttpStatusCode.Created);
        var policy = JsonNode.Parse("""{"mask":[{"input":"code","with":"drop"}]}""")!;
        (await app.SendJsonAsync(HttpMethod.Put, $"api/models/{name}/logging", policy)).Expect(HttpStatusCode.OK);
        Assert.Equal("Ada", await ExampleAsync());

        foreach (var wrong in new[] { name, name + "/7", "none/1", "Not A Name/1", "a/b/c" })
            (await RegisterAsync("?key=wrong&dataset=" + Uri.EscapeDataString(wrong))).ExpectProblemAt("dataset");
        (await RegisterAsync($"?key=second&dataset={name}/1")).Expect(HttpStatusCode.Created);
        Assert.Null(await ExampleAsync());
        var version = (await app.GetAsync($"api/models/{name}/versions/2")).Expect(HttpStatusCode.OK);
        Assert.Equal($"{name}/1", version["datasetVersion"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("?mode=append", "a,b\n1,x\n", "data.row[1].column[b]", "'x' is not a number; the data set has number values there so far (line 2)")]
    [InlineData("?mode=append", "a\n1\n", "data.columns", "without the columns b of version 1")]
    [InlineData("?mode=append", "a,b,c\n1,2,3\n", "data.columns", "with the columns c that version 1 has not")]
    [InlineData("?mode=append&type=b:category", "a,b\n1,2\n", "data.kinds", "column 'b' was a number column so far")]
    [InlineData("?type=q:number", "a,b\n1,2\n", "data.kinds", "column 'q' is not there; columns: a, b")]
    [InlineData("?type=b:date", "a,b\n1,2\n", "type", "number, category or timestamp")]
    [InlineData("?type=b:number&type=b:category", "a,b\n1,2\n", "type", "names a column twice")]
    [InlineData("", "{\"a\":1}\n{\"a\":[2]}\n", "data.row[2].column[a]", "a list; a value is a number, a text, true, false or null (line 2)")]
    public async Task What_does_not_fit_is_refused_at_the_door(string query, string text, string path, string said)
    {
        var name = AppStack.Unique("refused");
        await PutAsync(name, "text/csv", "a,b\n1,2\n", "");
        var answer = await app.SendAsync(HttpMethod.Put, $"api/datasets/{name}{query}", new StringContent(text));
        var problem = answer.Expect(HttpStatusCode.BadRequest);
        Assert.Equal(path, problem["errors"]![0]!["path"]!.GetValue<string>());
        Assert.Contains(
            said, problem.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), StringComparison.Ordinal);
        Assert.Single((await app.GetAsync($"api/datasets/{name}/versions")).Expect(HttpStatusCode.OK)["versions"]!.AsArray());
    }

    private Task<JsonNode> PutAsync(string name, string mediaType, string text, string query) => PutAsync(name, mediaType, Encoding.UTF8.GetBytes(text), query);

    private async Task<JsonNode> PutAsync(string name, string mediaType, byte[] bytes, string query)
    {
        using var content = new ByteArrayContent(bytes);
        if (mediaType.Length > 0)
            content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return (await app.SendAsync(HttpMethod.Put, $"api/datasets/{name}{query}", content)).Expect(HttpStatusCode.Created);
    }

    private static JsonNode Column(JsonNode version, string name) => Assert.Single(version["columns"]!.AsArray(), c => c!["name"]!.GetValue<string>() == name)!;

    private static byte[] Zip(string text)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return zipped.ToArray();
    }
}
