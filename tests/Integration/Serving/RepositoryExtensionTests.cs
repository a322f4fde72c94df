using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;
using Iml4e.Tests.Integration.App;

namespace Iml4e.Tests.Integration.Serving;

/// <summary>Load, unload, index and statistics of the running app; what a load configures: batching, queue, response cache; deadlines.</summary>
[Collection(AttackedAppCollection.Name)]
public sealed class RepositoryExtensionTests(AppStack app)
{
    private static readonly string[] Leaves = ["success", "fail", "queue", "compute_input", "compute_infer", "compute_output", "cache_hit", "cache_miss"];

    [Fact]
    public async Task All_extensions_are_announced()
    {
        var server = (await app.GetAsync("v2")).Expect(HttpStatusCode.OK);
        Assert.Equal(["binary_tensor_data", "model_repository", "statistics", "prediction_lineage"], server["extensions"]!.AsArray().Select(e => (string)e!));
    }

    [Fact]
    public async Task An_unloaded_model_is_not_served_until_it_is_loaded()
    {
        var model = await RegisterAsync(Doubling());
        (await InferAsync(model, 1)).Expect(HttpStatusCode.OK);
        Assert.Equal(("READY", ""), await StateAsync(model));
        Assert.Empty((await UnloadAsync(model)).Body);

        var refused = await InferAsync(model, 1);
        Assert.Equal($"version '1' of model '{model}' is unloaded", (string)refused.Expect(HttpStatusCode.ServiceUnavailable)["error"]!);
        Assert.Equal("1", refused.Headers["Retry-After"]);
        Assert.False((bool)(await app.GetAsync($"v2/models/{model}/ready")).Expect(HttpStatusCode.ServiceUnavailable)["ready"]!);
        Assert.Equal(("UNAVAILABLE", "unloaded"), await StateAsync(model));
        Assert.DoesNotContain(await IndexAsync("""{"ready":true}"""), entry => (string)entry["name"]! == model);

        (await PostAsync($"v2/repository/models/{model}/load", "")).Expect(HttpStatusCode.OK);
        Assert.Equal(("READY", ""), await StateAsync(model));
        (await InferAsync(model, 1)).Expect(HttpStatusCode.OK);
        foreach (var action in new[] { "load", "unload" })
            Assert.Equal("model 'nobody' is not known", (string)(await PostAsync($"v2/repository/models/nobody/{action}", "{}")).Expect(HttpStatusCode.NotFound)["error"]!);
    }

    [Fact]
    public async Task One_version_can_be_unloaded_alone()
    {
        var model = await RegisterAsync(Doubling());
        await RegisterAsync(Doubling(3), model);
        (await PostAsync($"v2/repository/models/{model}/unload", """{"parameters":{"version":"2"}}""")).Expect(HttpStatusCode.OK);
        (await InferAsync(model, 1, version: "2")).Expect(HttpStatusCode.ServiceUnavailable);
        (await InferAsync(model, 1, version: "1")).Expect(HttpStatusCode.OK);
        (await UnloadAsync(model)).Expect(HttpStatusCode.OK);
        (await PostAsync($"v2/repository/models/{model}/load", """{"parameters":{"version":"2"}}""")).Expect(HttpStatusCode.OK);
        (await InferAsync(model, 1, version: "1")).Expect(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(3, (double)(await InferAsync(model, 1, version: "2")).Expect(HttpStatusCode.OK)["outputs"]![0]!["data"]![0]!);
    }

    [Fact]
    public async Task A_load_under_traffic_loses_no_request()
    {
        var model = await RegisterAsync(Doubling());
        using var enough = new CancellationTokenSource();
        var traffic = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var served = 0;
            for (; !enough.IsCancellationRequested; served++)
                Assert.Equal(2 * served, (double)(await InferAsync(model, served)).Expect(HttpStatusCode.OK)["outputs"]![0]!["data"]![0]!);
            return served;
        })).ToArray();
        for (var i = 0; i < 10; i++)
            (await PostAsync($"v2/repository/models/{model}/load", "")).Expect(HttpStatusCode.OK);
        await enough.CancelAsync();
        Assert.All(await Task.WhenAll(traffic), served => Assert.True(served > 0));
    }

    [Theory]
    [InlineData("[]", "the body must be a JSON object")]
    [InlineData("""{"parameters":7}""", "'parameters' must be an object")]
    [InlineData("""{"ready":"yes"}""", "'ready' must be true or false")]
    [InlineData("""{"parameters":{"config":7}}""", "parameter 'config' must be a string")]
    [InlineData("""{"parameters":{"config":"{\"max_batch_size\":0}"}}""", "parameter 'config': max_batch_size must be 1 to 65536")]
    [InlineData("""{"parameters":{"config":"{\"max_queue_delay_us\":-5}"}}""", "parameter 'config': max_queue_delay_us must be 0 to 10000000")]
    [InlineData("""{"parameters":{"config":"{\"cache_bytes\":5}"}}""", "parameter 'config': cache_bytes needs deterministic: true, that is: equal requests have equal answers")]
    [InlineData("""{"parameters":{"unload_dependents":1}}""", "parameter 'unload_dependents' must be true or false")]
    public async Task What_is_wrong_with_a_load_is_told(string body, string error)
    {
        var answer = await PostAsync("v2/repository/models/nobody/load", body);
        Assert.Equal(error, (string)answer.Expect(HttpStatusCode.BadRequest)["error"]!);
    }

    [Fact]
    public async Task Unknown_members_of_a_configuration_are_named_with_those_that_there_are()
    {
        var answer = await PostAsync("v2/repository/models/nobody/load", """{"parameters":{"config":"{\"max_batch\":4}"}}""");
        Assert.Contains("known are max_batch_size, max_queue_delay_us", (string)answer.Expect(HttpStatusCode.BadRequest)["error"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batches_are_run_and_counted()
    {
        var model = await RegisterAsync(Doubling());
        await ConfigureAsync(model, """{"max_batch_size":8,"max_queue_delay_us":300000,"instances":1}""");
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => InferAsync(model, i)));
        for (var i = 0; i < answers.Length; i++)
            Assert.Equal(2 * i, (double)answers[i].Expect(HttpStatusCode.OK)["outputs"]![0]!["data"]![0]!);

        var statistics = Assert.Single((await app.GetAsync($"v2/models/{model}/stats")).Expect(HttpStatusCode.OK)["model_stats"]!.AsArray())!;
        Assert.Equal(16, (int)statistics["inference_count"]!);
        Assert.InRange((int)statistics["execution_count"]!, 2, 15);
        var batches = statistics["batch_stats"]!.AsArray();
        Assert.Equal(16, batches.Sum(b => (int)b!["batch_size"]! * (int)b["compute_infer"]!["count"]!));
        Assert.All(batches, b => Assert.Equal(["batch_size", "compute_input", "compute_infer", "compute_output"], b!.AsObject().Select(m => m.Key)));
    }

    [Fact]
    public async Task Statistics_have_the_leaves_of_the_extension_and_only_grow()
    {
        var model = await RegisterAsync(Doubling());
        (await InferAsync(model, 1)).Expect(HttpStatusCode.OK);
        (await PostAsync($"v2/models/{model}/infer", "{}")).Expect(HttpStatusCode.BadRequest);
        var before = await StatisticsAsync(model);
        Assert.Equal(["name", "version", "last_inference", "inference_count", "execution_count", "inference_stats", "batch_stats"], before.AsObject().Select(m => m.Key));
        Assert.Equal(Leaves, before["inference_stats"]!.AsObject().Select(m => m.Key));
        Assert.All(before["inference_stats"]!.AsObject(), leaf => Assert.Equal(["count", "ns"], leaf.Value!.AsObject().Select(m => m.Key)));
        Assert.Equal((1, 1), ((int)before["inference_stats"]!["success"]!["count"]!, (int)before["inference_stats"]!["fail"]!["count"]!));
        Assert.InRange((long)before["last_inference"]!, DateTimeOffset.UtcNow.AddMinutes(-5).ToUnixTimeMilliseconds(), DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeMilliseconds());
        Assert.InRange((long)before["inference_stats"]!["compute_infer"]!["ns"]!, 1, (long)before["inference_stats"]!["success"]!["ns"]!);

        (await InferAsync(model, 1, rows: 64)).Expect(HttpStatusCode.OK);
        var after = await StatisticsAsync(model);
        Assert.Equal((65, 2), ((int)after["inference_count"]!, (int)after["execution_count"]!));
        Assert.Contains((await app.GetAsync("v2/models/stats")).Expect(HttpStatusCode.OK)["model_stats"]!.AsArray(), s => (string)s!["name"]! == model);
        Assert.Single((await app.GetAsync($"v2/models/{model}/versions/1/stats")).Expect(HttpStatusCode.OK)["model_stats"]!.AsArray());
        (await app.GetAsync($"v2/models/{model}/versions/7/stats")).Expect(HttpStatusCode.NotFound);
        (await app.GetAsync("v2/models/nobody/stats")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task The_response_cache_answers_equal_requests_and_says_so()
    {
        var model = await RegisterAsync(Doubling());
        await ConfigureAsync(model, """{"deterministic":true,"cache_bytes":1000000}""");
        var first = (await InferAsync(model, 5)).Expect(HttpStatusCode.OK);
        Assert.Null(first["parameters"]!["cache_hit"]);
        var id = (string)first["parameters"]!["prediction_id"]!;
        var again = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => InferAsync(model, 5)));
        Assert.All(again, answer =>
        {
            var json = answer.Expect(HttpStatusCode.OK);
            Assert.Equal(10, (double)json["outputs"]![0]!["data"]![0]!);
            Assert.True((bool)json["parameters"]!["cache_hit"]!);
            Assert.Equal(id, (string)json["parameters"]!["cached_prediction_id"]!);
            Assert.NotEqual(id, (string)json["parameters"]!["prediction_id"]!);
        });
        Assert.Equal(51, again.Select(a => (string)a.Json["parameters"]!["prediction_id"]!).Append(id).Distinct().Count());
        (await InferAsync(model, 6)).Expect(HttpStatusCode.OK);
        var statistics = await StatisticsAsync(model);
        Assert.Equal((2, 2), ((int)statistics["inference_count"]!, (int)statistics["execution_count"]!));
        Assert.Equal(
            (50, 2, 52), ((int)statistics["inference_stats"]!["cache_hit"]!["count"]!, (int)statistics["inference_stats"]!["cache_miss"]!["count"]!, (int)statistics["inference_stats"]!["success"]!["count"]!));
    }

    [Fact]
    public async Task Timings_and_the_caller_s_trace_are_told_when_asked_for()
    {
        var model = await RegisterAsync(Doubling());
        const string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        var answer = await app.SendAsync(
            HttpMethod.Post, $"v2/models/{model}/infer", new StringContent(Request(1, 1, ""","parameters":{"timings":true}"""), System.Text.Encoding.UTF8, "application/json"), ("traceparent", $"00-{trace}-00f067aa0ba902b7-01"));
        var parameters = answer.Expect(HttpStatusCode.OK)["parameters"]!;
        foreach (var part in new[] { "deserialise_ns", "queue_ns", "compute_ns", "serialise_ns" })
            Assert.InRange((long)parameters[part]!, part == "queue_ns" ? 0 : 1, 60_000_000_000);
        Assert.StartsWith($"00-{trace}-", answer.Headers["traceparent"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_queue_refuses_with_the_time_to_come_again()
    {
        var model = await RegisterAsync(Slow(60));
        await ConfigureAsync(model, """{"instances":1,"max_queue_size":2}""");
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => InferAsync(model, i)));
        Assert.Contains(answers, a => a.Status == HttpStatusCode.OK);
        var refused = answers.Where(a => a.Status == HttpStatusCode.TooManyRequests).ToList();
        Assert.NotEmpty(refused);
        Assert.All(refused, a =>
        {
            Assert.InRange(int.Parse(a.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture), 1, 60);
            Assert.Contains("requests wait for this model already", (string)a.Json["error"]!, StringComparison.Ordinal);
        });
        Assert.Equal(12, refused.Count + answers.Count(a => a.Status == HttpStatusCode.OK));
    }

    [Fact]
    public async Task A_thousand_requests_with_a_deadline_end_in_time_and_hardly_run_beyond_it()
    {
        var model = await RegisterAsync(Slow(60));
        var warm = (await InferAsync(model, 1)).Expect(HttpStatusCode.OK);
        Assert.NotNull(warm);
        var before = (int)(await StatisticsAsync(model))["execution_count"]!;
        var latencies = new double[1000];
        await Parallel.ForEachAsync(Enumerable.Range(0, 1000), new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (i, _) =>
        {
            var started = Stopwatch.GetTimestamp();
            var answer = await InferAsync(model, i, headers: ("timeout-ms", "20"));
            latencies[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            Assert.Equal("the deadline was exceeded", (string)answer.Expect(HttpStatusCode.GatewayTimeout)["error"]!);
        });

        // Whatever was begun was ended when the deadline passed: nothing is counted as run to its end, and the model is free again.
        var after = (int)(await StatisticsAsync(model))["execution_count"]!;
        Assert.InRange(after - before, 0, 50);
        (await InferAsync(model, 1)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Histograms_and_counters_of_serving_are_exposed()
    {
        var model = await RegisterAsync(Doubling());
        (await InferAsync(model, 1)).Expect(HttpStatusCode.OK);
        (await app.GetAsync("v2/models/nobody")).Expect(HttpStatusCode.NotFound);
        var text = (await app.GetAsync("metrics")).Text;
        foreach (var series in new[]
        {
            $"iml4e_request_duration_seconds_count{{model=\"{model}\"}} 1", $"iml4e_queue_duration_seconds_count{{model=\"{model}\"}} 1",
            $"iml4e_batch_size_bucket{{model=\"{model}\",le=\"1\"}} 1", $"iml4e_prediction_duration_seconds_count{{model=\"{model}\"}} 1",
            "iml4e_request_failures_total{status=\"404\"}", "dotnet_process_cpu_time",
        })
            Assert.Contains(series, text, StringComparison.Ordinal);
    }

    private static string Request(double value, int rows = 1, string more = "") =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $$"""{"inputs":[{"name":"x","shape":[{{rows}}],"datatype":"FP32","data":[{{string.Join(',', Enumerable.Repeat(value, rows))}}]}]{{more}}}""");

    private static GraphBuilder Doubling(float factor = 2)
    {
        var graph = new GraphBuilder("double");
        graph.Output("y", graph.Node("Mul", [graph.Input("x", TensorDatatype.FP32, "N"), graph.Scalar("factor", factor)]), TensorDatatype.FP32, "N");
        return graph;
    }

    /// <summary>Some hundred milliseconds in many small steps, so that a run can be ended on its way: products of matrices, one after the other.</summary>
    private static GraphBuilder Slow(int steps)
    {
        var graph = new GraphBuilder("slow");
        var x = graph.Input("x", TensorDatatype.FP32, "N");
        var matrix = graph.Initializer("m", [.. Enumerable.Range(0, 400 * 400).Select(i => 1f / (400 + i % 7))], 400, 400);
        var start = graph.Node("Add", [matrix, graph.Node("ReduceSum", [x])]);
        for (var i = 0; i < steps; i++)
            start = graph.Node("Tanh", [graph.Node("MatMul", [start, matrix])]);
        graph.Output("y", graph.Node("Add", [x, graph.Node("ReduceMean", [start])]), TensorDatatype.FP32, "N", "M");
        return graph;
    }

    private Task<Answer> PostAsync(string path, string body) => app.SendAsync(HttpMethod.Post, path, new StringContent(body, System.Text.Encoding.UTF8, "application/json"));

    private Task<Answer> InferAsync(string model, double value, string? version = null, int rows = 1, params (string, string)[] headers) => app.SendAsync(
        HttpMethod.Post, version is null ? $"v2/models/{model}/infer" : $"v2/models/{model}/versions/{version}/infer",
        new StringContent(Request(value, rows), System.Text.Encoding.UTF8, "application/json"), headers);

    private async Task<Answer> UnloadAsync(string model)
    {
        var answer = await PostAsync($"v2/repository/models/{model}/unload", """{"parameters":{"unload_dependents":false}}""");
        answer.Expect(HttpStatusCode.OK);
        return answer;
    }

    private async Task ConfigureAsync(string model, string config) =>
        (await PostAsync($"v2/repository/models/{model}/load", new JsonObject { ["parameters"] = new JsonObject { ["config"] = config } }.ToJsonString())).Expect(HttpStatusCode.OK);

    private async Task<JsonNode> StatisticsAsync(string model) => (await app.GetAsync($"v2/models/{model}/stats")).Expect(HttpStatusCode.OK)["model_stats"]![0]!;

    private async Task<IReadOnlyList<JsonNode>> IndexAsync(string body) => [.. (await PostAsync("v2/repository/index", body)).Expect(HttpStatusCode.OK).AsArray().Select(e => e!)];

    private async Task<(string State, string Reason)> StateAsync(string model)
    {
        var entry = (await IndexAsync("")).Single(e => (string)e["name"]! == model);
        return ((string)entry["state"]!, (string)entry["reason"]!);
    }

    private async Task<string> RegisterAsync(GraphBuilder graph, string? name = null)
    {
        var model = name ?? AppStack.Unique("repo");
        (await app.SendAsync(HttpMethod.Put, $"api/models/{model}/versions", AppStack.Bytes(GraphSurgery.Serialize(graph.Build()), "application/octet-stream"))).Expect(HttpStatusCode.Created);
        return model;
    }
}
