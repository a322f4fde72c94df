using System.Net;
using System.Text.Json.Nodes;

namespace Iml4e.Tests.Integration.App.Pages;

/// <summary>An app with keys and an experiment that waits for an approval, and what Chromium found on the pages.</summary>
public sealed class PipelineBrowser : IAsyncLifetime
{
    private const string Hostile = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>";

    private readonly AppStack _app = new(keys: true);
    private readonly string _name = AppStack.Unique("page");
    private readonly Random _random = new(7);
    private IReadOnlyDictionary<string, string> _found = new Dictionary<string, string>();

    /// <summary>What came of a check: "ok", or what was wrong.</summary>
    public string this[string check] =>
        _found.TryGetValue(check, out var result) ? result : $"the check was not made; made were: {string.Join("; ", _found.Keys)}";

    public async Task InitializeAsync()
    {
        await _app.InitializeAsync();
        await _app.PutDatasetAsync(_name, MadeData.Regression(300, 41));
        await _app.CreatePipelineAsync(_name, document =>
        {
            document["tags"] = new JsonObject { ["house"] = Hostile };
            var experiment = document["experiment"]!.AsObject();
            experiment["stages"] = new JsonArray(0.25, 0.5);
            experiment["approval"] = "beforePromotion";
            experiment["smoke"] = new JsonObject { ["minRequests"] = 20 };
            experiment["postPromotionWatch"] = "1h";
            experiment["tuningN"] = 500;
            experiment["guardrails"] = new JsonArray(
                new JsonObject { ["name"] = "errors" }, new JsonObject { ["name"] = Hostile[..40], ["event"] = "latencyMs > 5000" });
        });
        await _app.RetrainAsync(_name, "first");
        await _app.PutDatasetAsync(_name, MadeData.Regression(300, 42, shift: 6));
        (await _app.PostAsync($"api/pipelines/{_name}/runs", new JsonObject { ["reason"] = Hostile }, ("x-iml4e-actor", Hostile))).Expect(
            HttpStatusCode.Accepted);
        await AppStack.UntilAsync(StepAsync, state => state == "AwaitingApproval", "the experiment to wait for an approval");
        _found = await BrowserScript.RunAsync("App/Pages/pipeline.mjs", _app.Url.AbsoluteUri, _app.MasterKey, _name, Hostile);
    }

    public Task DisposeAsync() => _app.DisposeAsync();

    // Some traffic with its outcomes, and where the pipeline stands after it.
    private async Task<string> StepAsync()
    {
        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => PredictAsync(_random.NextDouble() * 10, _random.NextDouble() * 5)));
        return (await _app.GetAsync($"api/pipelines/{_name}/overview")).Expect(HttpStatusCode.OK)["state"]!.GetValue<string>();
    }

    private async Task PredictAsync(double a, double b)
    {
        var inputs = new JsonArray(Input("a", "FP32", a), Input("b", "FP32", b), Input("kind", "BYTES", "hot"));
        var answer = (await _app.PostAsync($"v2/models/{_name}/infer", new JsonObject { ["inputs"] = inputs })).Expect(HttpStatusCode.OK);
        var outcome = new JsonObject { ["predictionId"] = answer["parameters"]!["prediction_id"]!.GetValue<string>(), ["value"] = (3 * a) - (2 * b) + 4 + 6 };
        (await _app.PostAsync("api/feedback", outcome)).Expect(HttpStatusCode.OK);

        static JsonObject Input(string name, string datatype, JsonNode value) =>
            new() { ["name"] = name, ["datatype"] = datatype, ["shape"] = new JsonArray(1, 1), ["data"] = new JsonArray(value) };
    }
}
