using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Iml4e.Tests.Integration.App;

/// <summary>What starts a retraining, over HTTP: a storm of requests, new data, drifting inputs, a push.</summary>
[Collection(AppCollection.Name)]
public sealed class TriggerTests(AppStack app)
{
    private const int Storm = 1000;

    [Fact]
    public async Task A_storm_of_a_thousand_alerts_starts_one_retraining_and_all_are_in_the_audit()
    {
        var name = AppStack.Unique("storm");
        await app.PutDatasetAsync(name, MadeData.Regression(400, 51));
        await app.CreatePipelineAsync(name);
        await app.RetrainAsync(name, "first");

        // The challenger's experiment waits for traffic that never comes, so that the retraining runs as long as the storm does.
        var runs = new List<Answer>();
        for (var i = 0; i < Storm; i += 50)
        {
            runs.AddRange(await Task.WhenAll(Enumerable.Range(i, 50).Select(k =>
                app.PostAsync($"api/pipelines/{name}/runs", new JsonObject { ["reason"] = $"alert {k}" }, ("Idempotency-Key", $"storm-{k}")))));
        }

        Assert.All(runs, r => Assert.Equal(HttpStatusCode.Accepted, r.Status));
        Assert.Single(runs, r => r.Json["started"]!.GetValue<bool>());
        Assert.Single(runs.Select(r => r.Json["runId"]!.GetValue<string>()).Distinct());
        var audit = await AppStack.UntilAsync(
            () => app.VerifiedAuditAsync(name), a => Count(a, "TriggerCoalesced") == Storm - 1, "all of the storm to be told");
        Assert.Equal((2, 2, Storm - 1), (Count(audit, "TriggerReceived"), Count(audit, "RetrainStarted"), Count(audit, "TriggerCoalesced")));
        var status = (await app.GetAsync($"api/pipelines/{name}/status")).Expect(HttpStatusCode.OK);
        Assert.Equal(Storm - 1, status["retrain"]!["coalesced"]!.GetValue<int>());
        Assert.Equal(50, status["retrain"]!["evidence"]!.AsArray().Count);

        await app.PostAsync($"api/experiments/{name}-v2/stop", new JsonObject());
        var run = await app.EndOfRunAsync(name, r => r["coalesced"]!.GetValue<int>() > 0);
        Assert.Equal(("Aborted", Storm - 1), (run["result"]!.GetValue<string>(), run["coalesced"]!.GetValue<int>()));
        Assert.Equal(2, (await app.GetAsync($"api/pipelines/{name}/status")).Expect(HttpStatusCode.OK)["lastRuns"]!.AsArray().Count);
    }

    /// <summary>Looks come every two seconds; a schedule keeps its own time between them.</summary>
    [Fact]
    public async Task A_schedule_fires_between_two_looks_at_the_triggers_and_once_at_each_of_its_times()
    {
        var name = AppStack.Unique("often");
        await app.CreatePipelineAsync(name, document =>
        {
            document["train"]!["schedule"] = "* * * * * *";
            document["train"]!["triggers"] = new JsonArray("schedule");
        });
        try
        {
            var times = await AppStack.UntilAsync(TimesAsync, all => all.Zip(all.Skip(1)).Any(pair => pair.Second - pair.First == TimeSpan.FromSeconds(1)), "firings a second apart");
            Assert.Equal(times.Distinct(), times);
        }
        finally
        {
            await app.SendAsync(HttpMethod.Delete, $"api/pipelines/{name}");
        }

        async Task<IReadOnlyList<DateTimeOffset>> TimesAsync() =>
        [
            .. ((await app.GetAsync($"api/models/{name}/audit")) is { Status: HttpStatusCode.OK } log ? log.Json["entries"]!.AsArray() : [])
                .Where(e => e!["event"]!.GetValue<string>() is "TriggerReceived" or "TriggerCoalesced")
                .Select(e => e!["fields"]!["trigger"]!.GetValue<string>()["schedule:".Length..])
                .Select(at => DateTimeOffset.Parse(at, CultureInfo.InvariantCulture)).Order(),
        ];
    }

    [Fact]
    public async Task Inputs_that_have_drifted_start_a_retraining_and_a_new_champion_is_watched_anew()
    {
        var name = AppStack.Unique("drift");
        await app.PutDatasetAsync(name, MadeData.Regression(2000, 52));
        await app.CreatePipelineAsync(name, document => document["triggers"] = JsonNode.Parse(
            """{"monitoring":{"signal":"dataset_drift_share","window":60,"high":0.5,"low":0.3,"consecutiveHigh":2,"cooldown":"0s"}}"""));
        await app.RetrainAsync(name, "first");

        // As in training: a uniform on 0..10, b on 0..5, half of the kinds hot.
        await PredictAsync(name, 240, 53, shift: 0);
        var quiet = await SignalAsync(name, s => s["score"] is not null);
        Assert.True(quiet["score"]!.GetValue<double>() < 0.5, quiet.ToJsonString());
        Assert.Single((await app.GetAsync($"api/pipelines/{name}/status")).Expect(HttpStatusCode.OK)["lastRuns"]!.AsArray());

        await PredictAsync(name, 240, 54, shift: 20);
        var run = await AppStack.UntilAsync(
            async () => (await app.GetAsync($"api/pipelines/{name}/status")).Expect(HttpStatusCode.OK)["retrain"]!, r => r["reason"]?.GetValue<string>() == "drift", "the drift to be acted on");
        Assert.NotNull(run);
        var fired = (await app.VerifiedAuditAsync(name)).Single(e => e["event"]!.GetValue<string>() == "TriggerReceived" && e["fields"]!["reason"]!.GetValue<string>() == "drift");
        Assert.Contains("2 of 3 inputs drifted", fired["fields"]!["evidence"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains("calibrated(", fired["fields"]!["evidence"]!.GetValue<string>(), StringComparison.Ordinal);
        await app.PostAsync($"api/experiments/{name}-v2/stop", new JsonObject());
    }

    [Fact]
    public async Task New_data_wait_for_the_quiet_after_the_last_event_and_for_enough_rows()
    {
        var name = AppStack.Unique("data");
        await app.PutDatasetAsync(name, MadeData.Regression(400, 55));
        await app.CreatePipelineAsync(name, document => document["triggers"] = JsonNode.Parse("""{"dataUpdate":{"minNewRows":100,"debounce":"2s"}}"""));
        await app.RetrainAsync(name, "first");
        await app.PutDatasetAsync(name, MadeData.Regression(60, 56), "append");
        var pending = await DataAsync(name, t => t["pending"]?.GetValue<string>() == "2");
        Assert.StartsWith("sha256:", pending["tag"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(60, pending["rows"]!.GetValue<long>());
        await app.PutDatasetAsync(name, MadeData.Regression(60, 57), "append");
        await AppStack.UntilAsync(
            async () => (await app.GetAsync($"api/pipelines/{name}/status")).Expect(HttpStatusCode.OK)["lastRuns"]!.AsArray(), r => r.Count == 2, "the second run");
        var fired = (await app.VerifiedAuditAsync(name)).Single(e => e["event"]!.GetValue<string>() == "TriggerReceived" && e["fields"]!["reason"]!.GetValue<string>() == "data");
        Assert.StartsWith("120 new rows", fired["fields"]!["evidence"]!.GetValue<string>(), StringComparison.Ordinal);
        await app.PostAsync($"api/experiments/{name}-v2/stop", new JsonObject());
    }

    [Fact]
    public async Task A_signed_push_to_a_listed_path_starts_a_retraining_once()
    {
        var name = AppStack.Unique("push");
        await app.PutDatasetAsync(name, MadeData.Regression(400, 58));
        await app.CreatePipelineAsync(name, document => document["triggers"] = new JsonObject
        {
            ["repository"] = new JsonObject { ["branch"] = "main", ["paths"] = new JsonArray($"pipelines/{name}/**") },
        });
        var body = Push("main", $"pipelines/{name}/train.yaml", DateTimeOffset.UtcNow);

        (await SendAsync(body, Guid.NewGuid().ToString(), "sha256=" + new string('0', 64))).Expect(HttpStatusCode.Unauthorized);
        (await SendAsync(body, Guid.NewGuid().ToString(), null)).Expect(HttpStatusCode.Unauthorized);
        (await SendAsync(body, Guid.NewGuid().ToString(), Sign(body + " "))).Expect(HttpStatusCode.Unauthorized);
        (await SendAsync(body, "", Sign(body))).ExpectProblemAt("X-GitHub-Delivery");
        var stale = Push("main", $"pipelines/{name}/a", DateTimeOffset.UtcNow.AddMinutes(-6));
        Assert.Equal("webhook.stale", (await SendAsync(stale, "s", Sign(stale))).Expect(HttpStatusCode.Forbidden)["code"]!.GetValue<string>());
        var timeless = """{"ref":"refs/heads/main"}""";
        (await SendAsync(timeless, "t", Sign(timeless))).ExpectProblemAt("repository.pushed_at");
        foreach (var other in new[] { Push("dev", $"pipelines/{name}/a", DateTimeOffset.UtcNow), Push("main", "docs/a.md", DateTimeOffset.UtcNow) })
            Assert.Empty((await SendAsync(other, Guid.NewGuid().ToString(), Sign(other))).Expect(HttpStatusCode.Accepted)["pipelines"]!.AsArray());

        var id = Guid.NewGuid().ToString();
        var first = (await SendAsync(body, id, Sign(body))).Expect(HttpStatusCode.Accepted);
        var asked = Assert.Single(first["pipelines"]!.AsArray())!;
        Assert.Equal((name, true), (asked["pipeline"]!.GetValue<string>(), asked["started"]!.GetValue<bool>()));

        // The same delivery again, and the same body under another id: somebody who recorded it.
        Assert.True((await SendAsync(body, id, Sign(body))).Expect(HttpStatusCode.Accepted)["duplicate"]!.GetValue<bool>());
        Assert.True((await SendAsync(body, Guid.NewGuid().ToString(), Sign(body))).Expect(HttpStatusCode.Accepted)["duplicate"]!.GetValue<bool>());
        var run = await app.EndOfRunAsync(name, r => r["runId"]!.GetValue<string>() == asked["runId"]!.GetValue<string>());
        Assert.StartsWith("repository: push of 0123456789ab to main", run["reason"]!.GetValue<string>(), StringComparison.Ordinal);

        // GitLab shows the secret instead of signing.
        var lab = Push("main", $"pipelines/{name}/b", DateTimeOffset.UtcNow.AddDays(-1));
        var answer = await app.SendAsync(
            HttpMethod.Post, "api/webhooks/repository", new StringContent(lab, Encoding.UTF8, "application/json"),
            ("X-Gitlab-Token", AppStack.WebhookSecret), ("X-Gitlab-Event", "Push Hook"), ("X-Gitlab-Event-UUID", Guid.NewGuid().ToString()));
        Assert.Single(answer.Expect(HttpStatusCode.Accepted)["pipelines"]!.AsArray());
        await AppStack.UntilAsync(
            async () => (await app.GetAsync($"api/pipelines/{name}/status")).Expect(HttpStatusCode.OK)["lastRuns"]!.AsArray(), r => r.Count == 2, "the second run");
        await app.PostAsync($"api/experiments/{name}-v2/stop", new JsonObject());
    }

    private static int Count(IReadOnlyList<JsonNode> audit, string name) => audit.Count(e => e["event"]!.GetValue<string>() == name);

    private static string Push(string branch, string path, DateTimeOffset at) => new JsonObject
    {
        ["ref"] = "refs/heads/" + branch,
        ["after"] = "0123456789abcdef",
        ["repository"] = new JsonObject { ["pushed_at"] = at.ToUnixTimeSeconds() },
        ["commits"] = new JsonArray(new JsonObject { ["added"] = new JsonArray(), ["modified"] = new JsonArray(path), ["removed"] = new JsonArray() }),
    }.ToJsonString();

    private static string Sign(string body) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(AppStack.WebhookSecret), Encoding.UTF8.GetBytes(body)));

    private Task<Answer> SendAsync(string body, string id, string? signature) => app.SendAsync(
        HttpMethod.Post, "api/webhooks/repository", new StringContent(body, Encoding.UTF8, "application/json"),
        [("X-GitHub-Event", "push"), .. id.Length == 0 ? [] : new[] { ("X-GitHub-Delivery", id) }, .. signature is null ? [] : new[] { ("X-Hub-Signature-256", signature) }]);

    private async Task PredictAsync(string name, int rows, int seed, double shift)
    {
        var random = new Random(seed);
        for (var done = 0; done < rows; done += 20)
        {
            var (a, b, kind) = (new JsonArray(), new JsonArray(), new JsonArray());
            for (var i = 0; i < 20; i++)
            {
                a.Add((random.NextDouble() * 10) + shift);
                b.Add((random.NextDouble() * 5) + shift);
                kind.Add(random.Next(2) == 0 ? "hot" : "cold");
            }

            (await app.PostAsync($"v2/models/{name}/infer", new JsonObject { ["inputs"] = new JsonArray(Input("a", "FP32", a), Input("b", "FP32", b), Input("kind", "BYTES", kind)) }))
                .Expect(HttpStatusCode.OK);
        }
    }

    private static JsonObject Input(string name, string type, JsonArray data) =>
        new() { ["name"] = name, ["datatype"] = type, ["shape"] = new JsonArray(data.Count, 1), ["data"] = data };

    private Task<JsonNode> SignalAsync(string name, Func<JsonNode, bool> isSo) => TriggerAsync(name, "drift", isSo);

    private Task<JsonNode> DataAsync(string name, Func<JsonNode, bool> isSo) => TriggerAsync(name, "data", isSo);

    private Task<JsonNode> TriggerAsync(string name, string kind, Func<JsonNode, bool> isSo) => AppStack.UntilAsync(
        async () => (await app.GetAsync($"api/pipelines/{name}/status")).Expect(HttpStatusCode.OK)["triggers"]!.AsArray().Single(t => t!["kind"]!.GetValue<string>() == kind)!,
        isSo, string.Create(CultureInfo.InvariantCulture, $"the trigger {kind} of {name}"));
}
