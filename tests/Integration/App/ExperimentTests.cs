using System.Net;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Experiment;
using Iml4e.Benchmarks.Trials;

namespace Iml4e.Tests.Integration.App;

/// <summary>Experiments of the running app, from start to end over HTTP.</summary>
[Collection(AppCollection.Name)]
public sealed class ExperimentTests(AppStack app)
{
    private const int Seconds = 60;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(5);

    [Theory]
    [InlineData("Better", "sequential", "promoted", "2")]
    [InlineData("Failing", "sequential", "rolledBack", "1")]
    [InlineData("Worse", "sequential", "rolledBack", "1")]
    [InlineData("Better", "ctcde", "promoted", "2")]
    public async Task A_whole_experiment_ends_as_it_should(string challenger, string mode, string state, string champion)
    {
        var scene = TrialScenes.Plain(20_000);
        var trial = Enum.Parse<TrialCase>(challenger);
        var configuration = TrialPlan.Configuration(scene, trial, mode, Seconds, slowMs: 60_000);
        configuration["postPromotionWatch"] = "1s";
        if (mode == "ctcde")
            configuration["ctcde"] = JsonNode.Parse("""{ "interval": "300ms", "iterationsPerLoop": 8 }""");
        using var play = new HttpTrial(app.Url, scene, $"trial-{challenger}-{mode}".ToLowerInvariant());
        var seen = await play.PlayAsync(trial, configuration, Seconds, Pace, CancellationToken.None);
        Assert.Equal((state, champion), (seen.State, seen.Champion));
        Assert.Equal((0, true, state == "promoted" ? 1 : 0), (seen.Failed, seen.Intact, seen.AliasChanges));
        if (trial == TrialCase.Failing)
            Assert.Equal("Guardrail:errors", seen.Reason);
    }

    [Fact]
    public async Task An_experiment_whose_host_is_killed_after_some_of_its_activities_ends_as_without()
    {
        var scene = TrialScenes.Plain(20_000);
        var configuration = TrialPlan.Configuration(scene, TrialCase.Better, "sequential", 600, slowMs: 60_000);
        configuration["postPromotionWatch"] = "1s";
        var kills = 0;
        using var play = new HttpTrial(app.Url, scene, "trial-killed")
        {
            Disturbance = async (id, over) =>
            {
                // After its first look, some way up the ramp, and as soon as it is decided.
                Func<JsonNode, bool>[] moments = [_ => true, e => (long?)e["control"]?["units"] > 20, e => (string?)e["verdict"] is not null];
                try
                {
                    foreach (var moment in moments)
                    {
                        while (await FindAsync(id, over) is not { } experiment || experiment["nextLook"] is null || !moment(experiment))
                            await Task.Delay(10, over);
                        await app.CrashAsync();
                        kills++;
                    }
                }
                catch (OperationCanceledException) when (over.IsCancellationRequested)
                {
                }
            },
        };
        var seen = await play.PlayAsync(TrialCase.Better, configuration, 600, Pace, CancellationToken.None);
        Assert.Equal(("promoted", "2", 1, true), (seen.State, seen.Champion, seen.AliasChanges, seen.Intact));
        Assert.Equal(3, kills);
    }

    [Fact]
    public async Task A_challenger_that_misses_deadlines_is_taken_out_for_it()
    {
        var scene = TrialScenes.Plain(10);
        var model = await RegisterAsync("pair-late", scene.Champion, scene.Better with { Burden = 2000 });
        var configuration = Quick();
        configuration["guardrails"] = JsonNode.Parse("""[{ "name": "slow", "event": "latencyMs > 30000" }]""");
        var id = await StartAsync(model, configuration);
        var (asked, late) = (0, 0);
        var ended = await AppStack.UntilAsync(
            async () =>
            {
                for (var i = 0; i < 8; i++)
                {
                    var answer = await InferAsync(model, $"unit-{asked++}", ("timeout-ms", "150"));
                    late += answer.Status == HttpStatusCode.GatewayTimeout ? 1 : 0;
                    Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.GatewayTimeout, answer.Text);
                }

                return await GetAsync(id);
            },
            e => e["endedAt"] is not null,
            "the end of an experiment with a challenger that is never in time");
        Assert.Equal(("rolledBack", "Guardrail:slow"), ((string)ended["state"]!, (string)ended["reason"]!));
        Assert.True(late >= 9, $"{late} requests were too late");
        Assert.InRange((long)ended["guardrails"]![0]!["challengerEvents"]!, 9, late);
    }

    [Fact]
    public async Task One_experiment_of_a_model_runs_at_a_time_and_a_challenger_can_be_tried_again()
    {
        var scene = TrialScenes.Plain(10);
        var model = await RegisterAsync("pair-again", scene.Champion, scene.Better);
        var id = await StartAsync(model, Quick());
        Assert.Equal($"{model}-v2", id);
        var second = await app.PostAsync("api/experiments", Request(model, "2", Quick()));
        Assert.Equal("experiment.active", (string)second.Expect(HttpStatusCode.Conflict)["code"]!);
        (await app.PostAsync($"api/experiments/{id}/abort", new JsonObject { ["reason"] = "test" })).Expect(HttpStatusCode.Accepted);
        var ended = await EndAsync(id);
        Assert.Equal("aborted", (string)ended["state"]!);
        var replay = (await app.GetAsync($"api/experiments/{id}/replay")).Expect(HttpStatusCode.OK);
        Assert.Equal((true, true, "aborted"), ((bool)replay["identical"]!, (bool)replay["configurationUnchanged"]!, (string)replay["state"]!));

        var again = await StartAsync(model, Quick());
        Assert.Equal($"{model}-v2x2", again);
        (await app.PostAsync($"api/experiments/{again}/rollback", new JsonObject())).Expect(HttpStatusCode.Accepted);
        Assert.Equal("ByHand", (string)(await EndAsync(again))["reason"]!);
        Assert.Equal(HttpStatusCode.Conflict, (await app.PostAsync($"api/experiments/{again}/looks", new JsonObject())).Status);
    }

    [Fact]
    public async Task What_is_wrong_with_a_start_is_told_by_its_path()
    {
        var scene = TrialScenes.Plain(10);
        var model = await RegisterAsync("pair-wrong", scene.Champion, scene.Better);
        (await app.PostAsync("api/experiments", Request("nobody", "2", Quick()))).Expect(HttpStatusCode.NotFound);
        (await app.PostAsync("api/experiments", Request(model, "1", Quick()))).ExpectProblemAt("challenger");
        (await app.PostAsync("api/experiments", Request(model, "9", Quick()))).ExpectProblemAt("challenger");
        var wrong = Quick();
        wrong["stages"] = new JsonArray(0.5, 0.25);
        (await app.PostAsync("api/experiments", Request(model, "2", wrong))).ExpectProblemAt("experiment.stages[1]");
        var mixed = Quick();
        mixed["ctcde"] = new JsonObject();
        (await app.PostAsync("api/experiments", Request(model, "2", mixed))).ExpectProblemAt("experiment.ctcde");
        var plan = Request(model, "2", Quick());
        plan["plan"] = JsonNode.Parse("""{ "effect": 0, "baseline": 1 }""");
        (await app.PostAsync("api/experiments", plan)).ExpectProblemAt("plan.effect");
        (await app.GetAsync("api/experiments/nobody-v2x")).Expect(HttpStatusCode.NotFound);

        plan["plan"] = JsonNode.Parse("""{ "effect": 0.1, "baseline": 1, "unitsPerDay": 100 }""");
        var started = (await app.PostAsync("api/experiments", plan)).Expect(HttpStatusCode.Created);
        Assert.Equal(1570, (long)started["plan"]!["unitsPerArm"]!);
        Assert.Contains("days are needed", (string)started["plan"]!["warning"]!, StringComparison.Ordinal);
        await StopAsync((string)started["id"]!);
    }

    [Fact]
    public async Task Looks_outside_of_a_plan_are_refused()
    {
        var scene = TrialScenes.Plain(10);
        var model = await RegisterAsync("pair-planned", scene.Champion, scene.Better);
        var configuration = Quick();
        configuration["mode"] = "groupSequential";
        configuration["groupSequential"] = JsonNode.Parse("""{ "unitsPerArm": 400, "looks": [0.5, 1] }""");
        configuration["evaluationInterval"] = "1h";
        var id = await StartAsync(model, configuration);
        await AppStack.UntilAsync(() => GetAsync(id), e => (string)e["state"]! == "ramping", "the ramp");
        var refused = (await app.PostAsync($"api/experiments/{id}/looks", new JsonObject())).Expect(HttpStatusCode.Conflict);
        Assert.Equal("experiment.look_unplanned", (string)refused["code"]!);
        Assert.Contains("at 200 units an arm, and there are 0", (string)refused["detail"]!, StringComparison.Ordinal);

        await PlayAsync(model, 500, better: true);
        await AppStack.UntilAsync(
            async () => await app.PostAsync($"api/experiments/{id}/looks", new JsonObject()), a => a.Status == HttpStatusCode.Accepted, "a look that is due");
        var decided = await AppStack.UntilAsync(() => GetAsync(id), e => (string?)e["verdict"] is not null, "the decision of the planned look");
        Assert.Equal("superior", (string)decided["verdict"]!);
        Assert.Single(decided["plannedLooks"]!.AsArray());
        await StopAsync(id);
    }

    [Fact]
    public async Task A_promotion_waits_for_who_has_to_agree_and_a_rollback_by_hand_ends_the_watch()
    {
        var scene = TrialScenes.Plain(10);
        var model = await RegisterAsync("pair-approved", scene.Champion, scene.Better);
        var configuration = Quick();
        configuration["approval"] = "beforePromotion";
        configuration["postPromotionWatch"] = "1h";
        var id = await StartAsync(model, configuration);
        await PlayAsync(model, 500, better: true);
        var waiting = await AppStack.UntilAsync(() => GetAsync(id), e => (string)e["state"]! == "awaitingApproval", "the wish for an approval");
        Assert.Equal(("promotion", "superior"), ((string)waiting["reason"]!, (string)waiting["verdict"]!));
        Assert.Equal("1", await ChampionAsync(model));
        (await app.PostAsync($"api/experiments/{id}/approve", new JsonObject(), ("x-iml4e-actor", "anna"))).Expect(HttpStatusCode.Accepted);
        await AppStack.UntilAsync(() => GetAsync(id), e => (string)e["state"]! == "watching", "the watch");
        Assert.Equal("2", await ChampionAsync(model));

        (await app.PostAsync($"api/models/{model}/rollback", new JsonObject { ["reason"] = "a feeling" }, ("x-iml4e-actor", "ben"))).Expect(HttpStatusCode.OK);
        var ended = await EndAsync(id);
        Assert.Equal(("rolledBack", "ByHand"), ((string)ended["state"]!, (string)ended["reason"]!));
        Assert.Equal("1", await ChampionAsync(model));
        var by = (await app.VerifiedAuditAsync(model)).Where(e => (string)e["event"]! is "Approved" or "RoutingChanged").Select(e => $"{(string)e["actor"]!} {(string)e["event"]!}");
        Assert.Equal(["api RoutingChanged", "evaluator Approved", "evaluator RoutingChanged", "ben RoutingChanged"], by);
    }

    [Fact]
    public async Task Units_are_taken_from_the_body_where_the_experiment_says()
    {
        var scene = TrialScenes.Plain(10);
        var model = await RegisterAsync("pair-body", scene.Champion, scene.Better);
        var configuration = Quick();
        configuration["unitKey"] = "json:$.parameters['unit id']";
        var id = await StartAsync(model, configuration);
        await AppStack.UntilAsync(() => GetAsync(id), e => (string)e["state"]! == "ramping" && (double)e["share"]! == 0.5, "the first stage");
        foreach (var unit in Enumerable.Range(1, 12).Select(i => (JsonNode)$"building-{i}").Concat([17, 17.50, true]))
        {
            var expected = UnitAssignment.Assign(id, unit.GetValueKind() == System.Text.Json.JsonValueKind.String ? (string)unit! : unit.ToJsonString(), 0.5);
            var answer = await InferFromAsync(model, unit);
            answer.Expect(HttpStatusCode.OK);
            Assert.Equal(expected == Assignment.Challenger ? "challenger" : "control", answer.Headers["x-iml4e-variant"]);
        }

        // Without a unit there, whatever the header says, the champion answers outside of the experiment.
        foreach (var none in new JsonNode?[] { null, "" })
        {
            var answer = await InferFromAsync(model, none);
            answer.Expect(HttpStatusCode.OK);
            Assert.Equal(("outside", "1"), (answer.Headers["x-iml4e-variant"], answer.Headers["x-iml4e-model-version"]));
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await InferFromAsync(model, new JsonArray("a"))).Status);
        Assert.Contains($"iml4e_missing_unit_total{{model=\"{model}\"}} 3", (await app.GetAsync("metrics")).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await app.SendAsync(HttpMethod.Post, $"v2/models/{model}/infer", AppStack.Bytes("{\"parameters\":"u8.ToArray(), "application/json"))).Status);
        await StopAsync(id);
    }

    [Fact]
    public async Task Mode_ctcde_says_what_it_is_in_every_answer()
    {
        var scene = TrialScenes.Plain(10);
        var model = await RegisterAsync("pair-ctcde", scene.Champion, scene.Better);
        var configuration = Quick();
        configuration["mode"] = "ctcde";
        var started = (await app.PostAsync("api/experiments", Request(model, "2", configuration))).Expect(HttpStatusCode.Created);
        var id = (string)started["id"]!;
        var running = await AppStack.UntilAsync(() => GetAsync(id), e => (string)e["state"]! == "ramping", "the first iteration");
        foreach (var answer in new[] { started, running })
            Assert.Equal("not statistically controlled", (string)answer["warning"]!);
        Assert.False((bool)running["statisticallyControlled"]!);
        Assert.Equal((0.05, 1), ((double)running["share"]!, (int)running["iteration"]!));
        await StopAsync(id);
        var own = (await app.VerifiedAuditAsync(model)).Where(e => (string?)e["fields"]!["experimentId"] == id && (string)e["actor"]! == "evaluator").ToList();
        Assert.NotEmpty(own);
        Assert.All(own.Where(e => e["fields"]!["decidedAt"] is not null), e => Assert.Equal("not statistically controlled", (string?)e["fields"]!["warning"]));
    }

    private static JsonObject Quick() => JsonNode.Parse("""
        {
          "stages": [0.5], "stageMinDwell": "0s", "stageMinUnitsPerArm": 1, "minUnitsPerArm": 100, "maxDuration": "1h", "evaluationInterval": "300ms",
          "primary": { "name": "absError", "winsorize": [] }, "labels": { "maturity": "0s", "deadline": "1h" }, "smoke": { "enabled": false },
          "postPromotionWatch": "0s", "circuitBreaker": { "errorRate": 1 }
        }
        """)!.AsObject();

    private static JsonObject Request(string model, string challenger, JsonObject configuration) =>
        new() { ["model"] = model, ["challenger"] = challenger, ["experiment"] = configuration.DeepClone() };

    // Named by its test: the name decides which units go to which version, and that split is to be the same in each run.
    private async Task<string> RegisterAsync(string model, TrialModel champion, TrialModel challenger)
    {
        foreach (var (version, alias) in new[] { (champion with { Name = "a" }, "champion"), (challenger with { Name = "b" }, "none") })
        {
            (await app.SendAsync(
                HttpMethod.Put, $"api/models/{model}/versions?task=regression&alias={alias}", AppStack.Bytes(version.Onnx(), "application/octet-stream")))
                .Expect(HttpStatusCode.Created);
        }

        return model;
    }

    private async Task<string> StartAsync(string model, JsonObject configuration) =>
        (string)(await app.PostAsync("api/experiments", Request(model, "2", configuration))).Expect(HttpStatusCode.Created)["id"]!;

    private async Task<JsonNode> GetAsync(string id) => (await app.GetAsync($"api/experiments/{id}")).Expect(HttpStatusCode.OK);

    private async Task<JsonNode?> FindAsync(string id, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = app.Url };
        using var answer = await http.GetAsync(new Uri($"api/experiments/{id}", UriKind.Relative), ct);
        return answer.StatusCode == HttpStatusCode.OK ? JsonNode.Parse(await answer.Content.ReadAsByteArrayAsync(ct)) : null;
    }

    private Task<JsonNode> EndAsync(string id) => AppStack.UntilAsync(() => GetAsync(id), e => e["endedAt"] is not null, $"the end of experiment {id}");

    private async Task StopAsync(string id)
    {
        (await app.PostAsync($"api/experiments/{id}/stop", new JsonObject())).Expect(HttpStatusCode.Accepted);
        await EndAsync(id);
    }

    private async Task<string> ChampionAsync(string model) => (string)(await app.GetAsync($"api/models/{model}")).Expect(HttpStatusCode.OK)["aliases"]!["champion"]!;

    private Task<Answer> InferAsync(string model, string unit, params (string, string)[] headers) => app.PostAsync(
        $"v2/models/{model}/infer", JsonNode.Parse("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[0.5,0.3,0]}]}""")!,
        [("x-iml4e-unit", unit), .. headers]);

    private Task<Answer> InferFromAsync(string model, JsonNode? unit) => app.PostAsync(
        $"v2/models/{model}/infer",
        new JsonObject
        {
            ["inputs"] = JsonNode.Parse("""[{"name":"x","datatype":"FP32","shape":[1,3],"data":[0.5,0.3,0]}]"""),
            ["parameters"] = unit is null ? new JsonObject() : new JsonObject { ["unit id"] = unit.DeepClone() },
        },
        ("x-iml4e-unit", "building-1"));

    // The better version of the plain scene adds the second feature, 0.3; what happens is what it says, or what the champion says.
    private async Task PlayAsync(string model, int units, bool better)
    {
        var labels = new JsonArray();
        var random = new Random(5);
        for (var i = 0; i < units; i++)
        {
            var answer = (await InferAsync(model, FormattableString.Invariant($"unit-{i}"))).Expect(HttpStatusCode.OK);
            labels.Add(new JsonObject
            {
                ["predictionId"] = (string)answer["parameters"]!["prediction_id"]!, ["value"] = 1.55 + (better ? 0.3 : 0) + (0.1 * random.NextDouble()),
            });
        }

        Assert.Equal(units, (int)(await app.PostAsync("api/feedback", labels)).Expect(HttpStatusCode.OK)["accepted"]!);
    }
}
