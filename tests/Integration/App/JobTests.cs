using System.Net;
using System.Text.Json.Nodes;

namespace Iml4e.Tests.Integration.App;

/// <summary>Jobs over HTTP: training, evaluation, reports, idempotency, cancellation, failures.</summary>
[Collection(AppCollection.Name)]
public sealed class JobTests(AppStack app)
{
    [RealDataFact]
    public async Task Iris_and_wine_are_learnt_by_all_trainers_and_evaluated()
    {
        foreach (var (file, trainer, least) in new[]
        {
            ("iris.csv", "linear", 0.9), ("iris.csv", "boosted-trees", 0.8), ("wine_data.csv", "linear", 0.9), ("wine_data.csv", "boosted-trees", 0.8),
            ("iris.csv", "network", 0.8),
        })
        {
            var dataset = AppStack.Unique("table");
            var version = await app.PutDatasetAsync(dataset, RealData.Table(file));
            var request = new JsonObject
            {
                ["dataset"] = dataset, ["task"] = "classification", ["label"] = "label", ["trainer"] = trainer, ["accept"] = $"accuracy >= {least}",
            };
            var job = await app.RunJobAsync("train", request);
            Assert.Equal("completed", job["status"]!.GetValue<string>());
            Assert.InRange(job["metrics"]!["accuracy"]!.GetValue<double>(), least, 1);
            Assert.InRange(job["metrics"]!["macro_f1"]!.GetValue<double>(), least - 0.05, 1);
            Assert.InRange(job["metrics"]!["log_loss"]!.GetValue<double>(), 0, 1);
            Assert.True(job["accepted"]!.GetValue<bool>());
            Assert.Contains(
                job["inputs"]!.AsArray(),
                i => i!["role"]!.GetValue<string>() == "dataset" && i["name"]!.GetValue<string>().StartsWith(
                    $"{dataset}/{version}/", StringComparison.Ordinal));
            await CheckReportAsync(job, "Feature importance");

            // The whole set holds the rows that were learnt from: the model must know nearly all of it.
            var model = await RegisterAsync(job, "classification");
            var evaluation = await app.RunJobAsync("evaluate", new JsonObject
            {
                ["model"] = model, ["dataset"] = dataset, ["label"] = "label", ["task"] = "classification", ["accept"] = "accuracy >= 0.99 and log_loss < 0.000001",
            });
            Assert.Equal("completed", evaluation["status"]!.GetValue<string>());
            Assert.InRange(evaluation["metrics"]!["accuracy"]!.GetValue<double>(), least, 1);
            Assert.False(evaluation["accepted"]!.GetValue<bool>());
            await CheckReportAsync(evaluation, "Confusion matrix");
        }
    }

    [Theory]
    [InlineData("linear", 0.15)]
    [InlineData("boosted-trees", 1.5)]
    public async Task A_regression_is_learnt_evaluated_and_reported(string trainer, double worstMae)
    {
        var dataset = AppStack.Unique("made");
        await app.PutDatasetAsync(dataset, MadeData.Regression(800, 1));
        var job = await app.RunJobAsync("train", new JsonObject
        {
            ["dataset"] = dataset, ["task"] = "regression", ["label"] = "y", ["trainer"] = trainer, ["accept"] = "r2 > 0.95",
        });
        Assert.Equal("completed", job["status"]!.GetValue<string>());
        Assert.InRange(job["metrics"]!["mae"]!.GetValue<double>(), 0.05, worstMae);
        Assert.InRange(job["metrics"]!["r2"]!.GetValue<double>(), 0.95, 1);
        Assert.True(job["accepted"]!.GetValue<bool>());
        await CheckReportAsync(job, "Feature importance");

        var model = await RegisterAsync(job, "regression");
        var fresh = AppStack.Unique("fresh");
        await app.PutDatasetAsync(fresh, MadeData.Regression(300, 2, shift: 5));
        var evaluation = await app.RunJobAsync("evaluate", new JsonObject
        {
            ["model"] = model, ["version"] = "1", ["dataset"] = fresh, ["label"] = "y", ["task"] = "regression", ["accept"] = "mae < 1",
        });
        Assert.Equal("completed", evaluation["status"]!.GetValue<string>());
        Assert.InRange(evaluation["metrics"]!["mae"]!.GetValue<double>(), 4, 6);
        Assert.False(evaluation["accepted"]!.GetValue<bool>());
        await CheckReportAsync(evaluation, "Predicted against true");

        // The model answers over the protocol too: 3 * 5 - 2 * 2 + 4 = 15.
        var inputs = new JsonArray(
            Input("a", "FP32", JsonValue.Create(5.0)), Input("b", "FP32", JsonValue.Create(2.0)), Input("kind", "BYTES", JsonValue.Create("hot")));
        var answer = (await app.PostAsync($"v2/models/{model}/infer", new JsonObject { ["inputs"] = inputs })).Expect(HttpStatusCode.OK);
        Assert.Equal(15, answer["outputs"]![0]!["data"]![0]!.GetValue<double>(), worstMae * 2);
    }

    [Fact]
    public async Task A_hundred_posts_with_one_key_start_one_job()
    {
        var dataset = AppStack.Unique("made");
        await app.PutDatasetAsync(dataset, MadeData.Regression(300, 3));
        var key = AppStack.Unique("once");
        var request = new JsonObject { ["dataset"] = dataset, ["task"] = "regression", ["label"] = "y", ["trainer"] = "linear" };
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => app.PostAsync("api/jobs/train", request, ("Idempotency-Key", key))));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.Accepted, a.Status));
        Assert.Single(answers.Select(a => a.Text).Distinct());
        Assert.Equal(key, answers[0].Json["id"]!.GetValue<string>());

        var instances = (await app.GetAsync($"runtime/webhooks/durabletask/instances?instanceIdPrefix=job-{key}")).Expect(HttpStatusCode.OK).AsArray();
        Assert.Equal("job-" + key, Assert.Single(instances)!["instanceId"]!.GetValue<string>());
        Assert.Equal("completed", (await app.EndOfJobAsync(key))["status"]!.GetValue<string>());

        // After its end too: the key stays taken, for this request and against any other.
        Assert.Equal(answers[0].Text, (await app.PostAsync("api/jobs/train", request, ("Idempotency-Key", key))).Text);
        var other = request.DeepClone().AsObject();
        other["seed"] = 43;
        foreach (var conflict in new[]
        {
            await app.PostAsync("api/jobs/train", other, ("Idempotency-Key", key)),
            await app.PostAsync($"api/jobs/train?id={key}", other),
        })
            Assert.Equal("job.conflict", conflict.Expect(HttpStatusCode.Conflict)["code"]!.GetValue<string>());
        Assert.Single((await app.GetAsync($"runtime/webhooks/durabletask/instances?instanceIdPrefix=job-{key}")).Expect(HttpStatusCode.OK).AsArray());
    }

    [Fact]
    public async Task A_running_job_is_cancelled()
    {
        var dataset = AppStack.Unique("made");
        await app.PutDatasetAsync(dataset, MadeData.Regression(20_000, 4));
        var id = (await app.PostAsync("api/jobs/train", new JsonObject
        {
            ["dataset"] = dataset, ["task"] = "regression", ["label"] = "y", ["trainer"] = "boosted-trees",
            ["parameters"] = new JsonObject { ["rounds"] = 5000, ["max_depth"] = 8, ["early_stopping_rounds"] = 0 },
        })).Expect(HttpStatusCode.Accepted)["id"]!.GetValue<string>();
        await AppStack.UntilAsync(
            async () => (await app.GetAsync($"api/jobs/{id}")).Expect(HttpStatusCode.OK),
            // "running", and "training" as soon as the unit tells how far it is.
            job => job["progress"]?["message"]?.GetValue<string>() is "running" or "training",
            "the job to run");
        Assert.Equal("cancelled", (await app.SendAsync(HttpMethod.Delete, $"api/jobs/{id}")).Expect(HttpStatusCode.OK)["status"]!.GetValue<string>());
        Assert.Equal("cancelled", (await app.EndOfJobAsync(id))["status"]!.GetValue<string>());
        var instance = await AppStack.UntilAsync(
            async () => (await app.GetAsync($"runtime/webhooks/durabletask/instances/job-{id}")).Json,
            i => i["runtimeStatus"]!.GetValue<string>() is "Terminated" or "Completed" or "Failed",
            "the end of the instance");
        Assert.Equal("Terminated", instance["runtimeStatus"]!.GetValue<string>());
        Assert.Equal("cancelled", (await app.GetAsync($"api/jobs/{id}")).Json["status"]!.GetValue<string>());
        Assert.Equal("report.missing", (await app.GetAsync($"api/jobs/{id}/report")).Expect(HttpStatusCode.NotFound)["code"]!.GetValue<string>());
        (await app.SendAsync(HttpMethod.Delete, $"api/jobs/{id}")).Expect(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_job_that_fails_says_why_and_at_which_field()
    {
        var dataset = AppStack.Unique("made");
        await app.PutDatasetAsync(dataset, MadeData.Regression(300, 5));
        foreach (var (field, value, path) in new (string, JsonNode, string)[]
        {
            ("dataset", "nothing-here", "dataset"), ("label", "watts", "label"), ("features", new JsonArray("a", "humidity"), "features"),
            ("minRows", 1000, "dataset"),
            ("datasetVersion", "7", "datasetVersion"),
        })
        {
            var request = new JsonObject { ["dataset"] = dataset, ["task"] = "regression", ["label"] = "y", ["trainer"] = "linear" };
            request[field] = value;
            var job = await app.RunJobAsync("train", request);
            Assert.Equal("failed", job["status"]!.GetValue<string>());
            var error = job["error"]!.GetValue<string>();
            Assert.True(error.Contains(path, StringComparison.Ordinal), $"'{error}' does not name '{path}'");
            Assert.DoesNotContain("Exception", error, StringComparison.Ordinal);
            var report = await app.GetAsync($"api/jobs/{job["id"]!.GetValue<string>()}/report.json");
            Assert.Contains(error, report.Expect(HttpStatusCode.NotFound)["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Requests_that_make_no_job_are_refused_at_the_door()
    {
        (await app.PostAsync("api/jobs/compress", new JsonObject())).Expect(HttpStatusCode.NotFound);
        (await app.GetAsync("api/jobs/never-started")).Expect(HttpStatusCode.NotFound);
        (await app.SendAsync(HttpMethod.Delete, "api/jobs/never-started")).Expect(HttpStatusCode.NotFound);
        var good = new JsonObject { ["dataset"] = "d", ["task"] = "regression", ["label"] = "y", ["trainer"] = "linear" };
        foreach (var (field, value, path) in new (string, JsonNode?, string)[]
        {
            ("trainer", "oracle", "trainer"), ("task", "guess", "task"), ("holdout", 0.9, "holdout"), ("holdout", "half", "holdout"), ("window", 1, "window"),
            ("accept", "mae <", "accept"), ("accept", "beauty > 1", "accept"), ("colour", "red", "colour"), ("lags", new JsonArray((JsonNode?)null), "lags[0]"),
            ("features", new JsonArray((JsonNode?)null), "features[0]"), ("lags", new JsonArray(new JsonObject { ["column"] = "a" }), "lags[0].lags"),
            ("parameters", new JsonObject { ["magic"] = 1 }, "parameters.magic"), ("label", null, "label"), ("windowSearch", true, "windowSearch"),
        })
        {
            var request = good.DeepClone().AsObject();
            request[field] = value;
            (await app.PostAsync("api/jobs/train", request)).ExpectProblemAt(path);
        }

        foreach (var key in new[] { "../x", "a b", new string('k', 101), "a/b" })
            (await app.PostAsync("api/jobs/train", good, ("Idempotency-Key", key))).ExpectProblemAt("id");
    }

    private static JsonObject Input(string name, string datatype, JsonValue value) => new()
    {
        ["name"] = name, ["datatype"] = datatype, ["shape"] = new JsonArray(1, 1), ["data"] = new JsonArray(value),
    };

    private async Task CheckReportAsync(JsonNode job, string section)
    {
        var id = job["id"]!.GetValue<string>();
        var json = await app.GetAsync($"api/jobs/{id}/report.json");
        Assert.Equal("application/json", json.MediaType);
        Assert.Contains(section, json.Expect(HttpStatusCode.OK).ToJsonString(), StringComparison.Ordinal);
        foreach (var html in new[]
        {
            await app.GetAsync($"api/jobs/{id}/report.html"), await app.SendAsync(HttpMethod.Get, $"api/jobs/{id}/report", null, ("Accept", "text/html")),
        })
        {
            Assert.Equal(HttpStatusCode.OK, html.Status);
            Assert.Equal("text/html", html.MediaType);
            Assert.Contains(section, html.Text, StringComparison.Ordinal);
            Assert.Contains("<svg", html.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("src=\"http", html.Text, StringComparison.Ordinal);
        }

        foreach (var pdf in new[]
        {
            await app.GetAsync($"api/jobs/{id}/report.pdf"), await app.SendAsync(HttpMethod.Get, $"api/jobs/{id}/report", null, ("Accept", "application/pdf")),
        })
        {
            Assert.Equal((HttpStatusCode.OK, "application/pdf"), (pdf.Status, pdf.MediaType));
            Assert.StartsWith("%PDF-1.7", pdf.Text, StringComparison.Ordinal);
        }
    }

    // What a job has trained lies in the artefacts under its digest; registering it makes it a model.
    private async Task<string> RegisterAsync(JsonNode job, string task)
    {
        var digest = job["outputs"]!.AsArray().Single(o => o!["role"]!.GetValue<string>() == "model")!["digest"]!.GetValue<string>();
        var onnx = await app.ReadArtefactAsync(digest);
        var model = AppStack.Unique("trained");
        var answer = await app.SendAsync(HttpMethod.Put, $"api/models/{model}/versions?task={task}", AppStack.Bytes(onnx, "application/octet-stream"));
        Assert.Equal(digest, answer.Expect(HttpStatusCode.Created)["digest"]!.GetValue<string>());
        return model;
    }
}
