using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.Inference;
using Iml4e.Learning;

namespace Iml4e.Tests.Integration.App;

/// <summary>Pipelines whose trainer is a service of one's own: a real HTTP server, called by the app and calling it back.</summary>
[Collection(AppCollection.Name)]
public sealed class ExternalTrainerTests(AppStack app)
{
    [Fact]
    public async Task A_trainer_fetches_the_data_and_delivers_a_model_that_passes_like_ours()
    {
        var (name, runId) = await StartAsync("fit", 41);
        var call = await app.Trainer.CallAsync("/" + name, 1);
        Assert.True(call.IsSigned);
        Assert.Equal(runId, call.Body["runId"]!.GetValue<string>());
        Assert.Equal("y", call.Body["data"]!["label"]!.GetValue<string>());

        // A fifth of the rows judge, and are not among those that the trainer gets.
        var data = await app.GetAsync(call.Data);
        Assert.Equal((HttpStatusCode.OK, "text/csv"), (data.Status, data.MediaType));
        var frame = DataFrame.Read(new MemoryStream(data.Body));
        Assert.Equal((320, 320), (frame.RowCount, call.Body["data"]!["rows"]!.GetValue<int>()));
        Assert.Equal(call.Body["data"]!["digest"]!.GetValue<string>(), "sha256:" + Convert.ToHexStringLower(SHA256.HashData(data.Body)));

        Assert.Equal(
            HttpStatusCode.OK, (await app.PostAsync(call.Callback("heartbeat"), new JsonObject { ["progress"] = 0.5, ["message"] = "half way" })).Status);
        (await app.PostAsync(call.Callback("heartbeat"), new JsonObject { ["progress"] = 2 })).ExpectProblemAt("progress");
        var onnx = Fit(frame);
        (await PredictAsync(call, Predict(onnx, frame, 99))).ExpectProblemAt("rows");
        Assert.Equal(HttpStatusCode.OK, (await PredictAsync(call, Predict(onnx, frame, 120))).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await DeliverAsync(call, onnx)).Status);

        // The address was good for one model, and the attempt is over.
        Assert.Equal("training.over", (await DeliverAsync(call, onnx)).Expect(HttpStatusCode.Conflict)["code"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.Conflict, (await app.PostAsync(call.Callback("heartbeat"), new JsonObject())).Status);

        var run = await app.EndOfRunAsync(name, r => r["runId"]!.GetValue<string>() == runId);
        Assert.Equal("Promoted", run["result"]!.GetValue<string>());
        var version = (await app.GetAsync($"api/models/{name}/versions/1")).Expect(HttpStatusCode.OK);
        Assert.NotNull(version["probedWith"]);
        Assert.True(version["metrics"]!["mae"]!.GetValue<double>() < 0.5);
        var events = (await app.VerifiedAuditAsync(name)).Select(e => e["event"]!.GetValue<string>()).ToList();
        Assert.Equal(["TrainerCalled", "TrainerDelivered", "OfflineGate"], events.Where(e => e is "TrainerCalled" or "TrainerDelivered" or "OfflineGate"));
    }

    [Fact]
    public async Task Addresses_are_good_for_one_purpose_and_their_time_alone()
    {
        var (name, runId) = await StartAsync("links", 42, train => train["timeout"] = "4s");
        var call = await app.Trainer.CallAsync("/" + name, 1);
        var model = call.Callback("model");
        foreach (var forged in new[]
        {
            model.Replace("/model?", "/heartbeat?", StringComparison.Ordinal), model.Replace("/1/", "/2/", StringComparison.Ordinal),
            model.Replace("expires=", "expires=9", StringComparison.Ordinal), model[..^1] + (model[^1] == '0' ? '1' : '0'),
            model[..model.IndexOf('&', StringComparison.Ordinal)],
            model[..model.IndexOf('?', StringComparison.Ordinal)], model.Replace(runId, "retrain-another-0123456789abcdef", StringComparison.Ordinal),
        })
        {
            var answer = await app.SendAsync(
                forged.Contains("/heartbeat", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Put, forged,
                AppStack.Bytes([1], "application/octet-stream"));
            Assert.Equal("link.signature", answer.Expect(HttpStatusCode.Forbidden)["code"]!.GetValue<string>());
        }

        await AppStack.UntilAsync(
            async () => (await app.PostAsync(call.Callback("heartbeat"), new JsonObject())).Json["code"]?.GetValue<string>(), code => code == "link.expired",
            "the address to expire");
        Assert.Equal("link.expired", (await DeliverAsync(call, [1])).Expect(HttpStatusCode.Forbidden)["code"]!.GetValue<string>());
        await StopAsync(name, runId);
    }

    [Fact]
    public async Task A_sign_of_life_that_comes_too_late_is_refused()
    {
        var (name, runId) = await StartAsync("late", 43, train => train["heartbeat"] = "1s");
        var call = await app.Trainer.CallAsync("/" + name, 1);
        var over = await AppStack.UntilAsync(
            async () =>
            {
                // Three seconds of silence between two signs of life.
                await Task.Delay(TimeSpan.FromSeconds(3));
                return await app.PostAsync(call.Callback("heartbeat"), new JsonObject());
            },
            a => a.Status == HttpStatusCode.Conflict, "the attempt to be over");
        Assert.Contains("no sign of life", over.Text, StringComparison.Ordinal);
        await StopAsync(name, runId);
    }

    [Fact]
    public async Task A_garbage_model_ends_the_attempt_and_says_why()
    {
        var (name, runId) = await StartAsync("garbage", 44);
        var call = await app.Trainer.CallAsync("/" + name, 1);
        (await DeliverAsync(call, Encoding.UTF8.GetBytes("this is no ONNX file"))).ExpectProblemAt("body");
        Assert.Equal(HttpStatusCode.Conflict, (await DeliverAsync(call, [1, 2, 3])).Status);
        var failed = await AuditOfAsync(name, "TrainerFailed");
        Assert.Contains("its model was refused", failed["fields"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        await StopAsync(name, runId);
    }

    [Fact]
    public async Task A_model_that_does_not_do_what_its_trainer_says_is_refused()
    {
        var (name, runId) = await StartAsync("parity", 45);
        var call = await app.Trainer.CallAsync("/" + name, 1);
        var frame = DataFrame.Read(new MemoryStream((await app.GetAsync(call.Data)).Body));
        var onnx = Fit(frame);
        var predictions = Predict(onnx, frame, 150);
        predictions["values"]![7] = predictions["values"]![7]!.GetValue<double>() + 0.5;
        Assert.Equal(HttpStatusCode.OK, (await PredictAsync(call, predictions)).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await DeliverAsync(call, onnx)).Status);
        var run = await app.EndOfRunAsync(name, r => r["runId"]!.GetValue<string>() == runId);
        Assert.Equal("Failed", run["result"]!.GetValue<string>());
        Assert.Contains("differs from the trainer's own predictions", run["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(302)]
    public async Task A_trainer_that_does_not_take_the_work_on_is_not_followed(int status)
    {
        var name = AppStack.Unique("refusing");
        app.Trainer.Answers["/" + name] = status;
        var (_, runId) = await StartAsync(name, 46, null, name);
        await app.Trainer.CallAsync("/" + name, 1);
        Assert.Contains($"answered {status}", (await AuditOfAsync(name, "TrainerFailed"))["fields"]!["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(0, app.Trainer.Count("/elsewhere"));
        await StopAsync(name, runId);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest", "train.url")]
    [InlineData("https://train.example.com.evil.example/fit", "train.url")]
    [InlineData("https://train.example.com:8443/fit", "train.url")]
    [InlineData("http://train.example.com/fit", "train.url")]
    [InlineData("https://user@train.example.com/fit", "train.url")]
    [InlineData("file:///etc/passwd", "train.url")]
    [InlineData("/fit", "train.url")]
    [InlineData(null, "train.url")]
    public async Task Only_trainers_of_allowed_origins_can_be_named(string? url, string path)
    {
        var document = AppPipelines.Document("external");
        document["train"] = new JsonObject { ["trainer"] = "external", ["url"] = url };
        (await app.SendJsonAsync(HttpMethod.Put, "api/pipelines/external", document)).ExpectProblemAt(path);
    }

    private async Task<(string Name, string RunId)> StartAsync(string prefix, int seed, Action<JsonObject>? change = null, string? name = null)
    {
        name ??= AppStack.Unique(prefix);
        await app.PutDatasetAsync(name, MadeData.Regression(400, seed));
        await app.CreatePipelineAsync(name, document =>
        {
            var train = new JsonObject { ["trainer"] = "external", ["url"] = $"{app.Trainer.Address}/{name}", ["timeout"] = "5m", ["parameters"] = new JsonObject { ["depth"] = 3 } };
            change?.Invoke(train);
            document["train"] = train;
        });
        var run = (await app.PostAsync($"api/pipelines/{name}/runs", new JsonObject(), ("Idempotency-Key", "k"))).Expect(HttpStatusCode.Accepted);
        return (name, run["runId"]!.GetValue<string>());
    }

    private Task<Answer> DeliverAsync(TrainerCall call, byte[] onnx) =>
        app.SendAsync(HttpMethod.Put, call.Callback("model"), AppStack.Bytes(onnx, "application/octet-stream"));

    private Task<Answer> PredictAsync(TrainerCall call, JsonObject predictions) => app.SendJsonAsync(HttpMethod.Put, call.Callback("predictions"), predictions);

    private Task<JsonNode> AuditOfAsync(string name, string wanted) => AppStack.UntilAsync(
        async () => (await app.VerifiedAuditAsync(name)).FirstOrDefault(e => e["event"]!.GetValue<string>() == wanted)!, e => e is not null,
        $"{wanted} in the audit of {name}");

    // The next attempts would go on beside other tests.
    private async Task StopAsync(string name, string runId)
    {
        foreach (var instance in new[] { "train-" + runId, "retrain-" + name })
            await app.SendAsync(HttpMethod.Post, $"runtime/webhooks/durabletask/instances/{instance}/terminate?reason=test");
        await app.SendAsync(HttpMethod.Delete, $"api/pipelines/{name}");
    }

    private static byte[] Fit(DataFrame frame) =>
        Trainer.Train(frame, new TrainingOptions { Task = LearningTask.Regression, Label = "y", Trainer = "linear" }).Onnx;

    private static JsonObject Predict(byte[] onnx, DataFrame frame, int rows)
    {
        using var session = ModelSession.Load(onnx);
        var values = FrameScorer.Score(session, frame, "y", new ScoringOptions { Rows = [.. Enumerable.Range(0, rows)] }).Values!;
        return new JsonObject
        {
            ["rows"] = new JsonArray([.. Enumerable.Range(0, rows).Select(r => (JsonNode)r)]), ["values"] = new JsonArray([.. values.Select(v => (JsonNode)v)]),
        };
    }
}
