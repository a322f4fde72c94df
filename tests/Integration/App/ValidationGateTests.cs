using System.Net;
using System.Text.Json.Nodes;

namespace Iml4e.Tests.Integration.App;

/// <summary>A detection model as a pipeline's challenger: judged on labelled images beside its champion.</summary>
[Collection(AppCollection.Name)]
public sealed class ValidationGateTests(AppStack app)
{
    [Fact]
    public async Task A_challenger_that_finds_less_than_the_champion_is_stopped_and_one_that_finds_as_much_goes_on()
    {
        var name = AppStack.Unique("squares");
        await app.PutDatasetAsync(name, SquareScene.Table(250));
        (await app.SendAsync(HttpMethod.Put, $"api/datasets/{name}-images", AppStack.Bytes(SquareScene.Images(40), "application/zip"))).Expect(HttpStatusCode.Created);
        await app.CreatePipelineAsync(name, document =>
        {
            document["data"]!["label"] = "x";
            document["train"] = new JsonObject { ["trainer"] = "external", ["url"] = $"{app.Trainer.Address}/{name}", ["timeout"] = "5m", ["cooldown"] = "0s" };
            document["evaluate"]!["accept"] = "mae < 100";
            document["gates"] = JsonNode.Parse($$"""
                [{ "job": "detection-validate", "with": { "dataset": "{{name}}-images", "detector": { "family": "yolov10" } }, "accept": "ap >= champion.ap - 0.005" }]
                """);
        });
        try
        {
            Assert.Equal("Promoted", (await EndAsync(name, await DeliverAsync(name, "first", shift: 0)))["result"]!.GetValue<string>());

            // A pixel too far right: an overlap of 30 of 42 pixels, enough for five of the ten thresholds.
            var worse = await EndAsync(name, await DeliverAsync(name, "second", shift: 1));
            Assert.Equal("OfflineRejected", worse["result"]!.GetValue<string>());
            var refused = await GateOfAsync(name, worse["runId"]!.GetValue<string>());
            Assert.False(refused["accepted"]!.GetValue<bool>());
            Assert.Equal(0.5, refused["challenger"]!["ap"]!.GetValue<double>(), 1e-9);
            Assert.Equal(1, refused["champion"]!["ap"]!.GetValue<double>(), 1e-9);
            Assert.Contains("Validation of a detection model", await ReportAsync(refused["report"]!), StringComparison.Ordinal);
            Assert.Contains("Validation of a detection model", await ReportAsync(refused["championReport"]!), StringComparison.Ordinal);
            Assert.Single((await app.GetAsync($"api/models/{name}")).Expect(HttpStatusCode.OK)["versions"]!.AsArray());

            var run = await DeliverAsync(name, "third", shift: 0.02f);
            var passed = await GateOfAsync(name, run);
            Assert.True(passed["accepted"]!.GetValue<bool>(), passed.ToJsonString());
            Assert.Equal(1, passed["challenger"]!["ap"]!.GetValue<double>(), 1e-9);
            await AppStack.UntilAsync(
                async () => (await app.GetAsync($"api/models/{name}")).Expect(HttpStatusCode.OK)["versions"]!.AsArray().Count, n => n == 2, "the challenger as a version");
        }
        finally
        {
            // The experiment would go on beside other tests.
            await app.PostAsync($"api/experiments/{name}-2/stop", new JsonObject { ["reason"] = "test" });
            await app.SendAsync(HttpMethod.Post, $"runtime/webhooks/durabletask/instances/retrain-{name}/terminate?reason=test");
            await app.SendAsync(HttpMethod.Delete, $"api/pipelines/{name}");
        }
    }

    [Theory]
    [InlineData("""{ "dataset": "d", "detector": { "family": "yolov99" } }""", "gates[0].with.detector.family")]
    [InlineData("""{ "dataset": "d", "detector": { "family": "yolov10" }, "analysis": "loose" }""", "gates[0].with.analysis")]
    [InlineData("""{ "dataset": "d", "predictions": "night" }""", "gates[0].with.model")]
    [InlineData("""{ "dataset": "d" }""", "gates[0].with.detector")]
    public async Task What_makes_no_gate_is_told_when_the_pipeline_is_stored(string with, string path)
    {
        var document = AppPipelines.Document("no-gate");
        document["gates"] = JsonNode.Parse($$"""[{ "job": "detection-validate", "with": {{with}}, "accept": "ap >= champion.ap" }]""");
        (await app.SendJsonAsync(HttpMethod.Put, "api/pipelines/no-gate", document)).ExpectProblemAt(path);
    }

    // Starts a run and delivers its model; the run's id.
    private async Task<string> DeliverAsync(string name, string key, float shift)
    {
        var started = (await app.PostAsync($"api/pipelines/{name}/runs", new JsonObject(), ("Idempotency-Key", key))).Expect(HttpStatusCode.Accepted);
        var run = started["runId"]!.GetValue<string>();
        var ended = "";
        var call = (await AppStack.UntilAsync(
            async () =>
            {
                var status = (await app.GetAsync($"api/pipelines/{name}/status")).Expect(HttpStatusCode.OK);
                if (status["lastRuns"]!.AsArray().Any(r => r!["runId"]!.GetValue<string>() == run && r["endedAt"] is not null))
                    ended = status.ToJsonString();
                return app.Trainer.CallOf(run);
            },
            c => c is not null || ended.Length > 0, $"the call of the trainer for run {run}"))!;
        Assert.True(ended.Length == 0, ended);
        (await app.SendAsync(HttpMethod.Put, call.Callback("model"), AppStack.Bytes(SquareScene.Detector(shift), "application/octet-stream")))
            .Expect(HttpStatusCode.Accepted);
        return run;
    }

    private Task<JsonNode> EndAsync(string name, string run) => app.EndOfRunAsync(name, r => r["runId"]!.GetValue<string>() == run);

    private async Task<JsonNode> GateOfAsync(string name, string run) => (await AppStack.UntilAsync(
        async () => (await app.VerifiedAuditAsync(name)).LastOrDefault(
            e => e["event"]!.GetValue<string>() == "QualityGate" && e["fields"]!["runId"]!.GetValue<string>() == run)!,
        e => e is not null, $"the verdict of the gate in run {run}"))["fields"]!;

    private async Task<string> ReportAsync(JsonNode path) =>
        (await app.GetAsync(path.GetValue<string>().TrimStart('/'))).Expect(HttpStatusCode.OK).ToJsonString();
}
