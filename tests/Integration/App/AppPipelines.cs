using System.Net;
using System.Text.Json.Nodes;

namespace Iml4e.Tests.Integration.App;

/// <summary>Pipelines as most tests need them.</summary>
internal static class AppPipelines
{
    /// <summary>A valid document: a small regression, retrained by hand only, decided quickly.</summary>
    public static JsonObject Document(string name) => JsonNode.Parse($$"""
        {
          "name": "{{name}}", "task": "regression", "tags": { "house": "7" },
          "data": { "dataset": "{{name}}", "label": "y", "lags": [{ "column": "a", "lags": [1, 2] }] },
          "train": { "trainer": "linear", "parameters": { "l2": 0.001 }, "triggers": [], "cooldown": "0s" },
          "evaluate": { "holdout": 0.2, "metric": "mae", "accept": "mae <= champion.mae * 100" },
          "experiment": {
            "design": "abTest", "unitKey": "prediction", "stages": [0.5], "stageMinDwell": "0s", "stageMinUnitsPerArm": 1,
            "primary": { "name": "absError", "type": "continuous", "direction": "lower" }, "minUnitsPerArm": 100, "maxDuration": "1h",
            "labels": { "maturity": "0s", "deadline": "1h" }, "evaluationInterval": "1s", "guardrails": [{ "name": "errors" }]
          },
          "monitor": { "window": 100, "high": 1.5, "low": 1.2 }
        }
        """)!.AsObject();

    /// <summary>Stores the document, with a change of one's own.</summary>
    public static async Task CreatePipelineAsync(this AppStack app, string name, Action<JsonObject>? change = null)
    {
        var document = Document(name);
        document["data"]!.AsObject().Remove("lags");
        change?.Invoke(document);
        (await app.SendJsonAsync(HttpMethod.Put, $"api/pipelines/{name}", document)).Expect(HttpStatusCode.Created);
    }

    /// <summary>Retrains by hand and waits for the end of the run.</summary>
    public static async Task<JsonNode> RetrainAsync(this AppStack app, string name, string key)
    {
        var run = (await app.PostAsync($"api/pipelines/{name}/runs", new JsonObject { ["reason"] = "test" }, ("Idempotency-Key", key))).Expect(
            HttpStatusCode.Accepted);
        var id = run["runId"]!.GetValue<string>();
        return await app.EndOfRunAsync(name, r => r["runId"]!.GetValue<string>() == id);
    }

    /// <summary>Waits until a run of the pipeline has ended.</summary>
    public static async Task<JsonNode> EndOfRunAsync(this AppStack app, string name, Func<JsonNode, bool> which)
    {
        var status = await AppStack.UntilAsync(
            async () => (await app.GetAsync($"api/pipelines/{name}/status")).Expect(HttpStatusCode.OK),
            s => s["lastRuns"]!.AsArray().Any(r => which(r!) && r!["endedAt"] is not null),
            $"the end of a run of {name}");
        return status["lastRuns"]!.AsArray().First(r => which(r!))!.DeepClone();
    }

    /// <summary>The audit entries of a model by event name, after checking the chain.</summary>
    public static async Task<IReadOnlyList<JsonNode>> VerifiedAuditAsync(this AppStack app, string model)
    {
        var verdict = (await app.GetAsync($"api/models/{model}/audit/verify")).Expect(HttpStatusCode.OK);
        Assert.True(verdict["intact"]!.GetValue<bool>(), verdict.ToJsonString());
        return [.. (await app.GetAsync($"api/models/{model}/audit")).Expect(HttpStatusCode.OK)["entries"]!.AsArray().Select(e => e!)];
    }
}
