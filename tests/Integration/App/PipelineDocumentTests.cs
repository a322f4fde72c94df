using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Iml4e.Tests.Integration.App;

/// <summary>Pipeline documents over HTTP: what is accepted, and where exactly what is not.</summary>
[Collection(AppCollection.Name)]
public sealed class PipelineDocumentTests(AppStack app)
{
    /// <summary>Where the document is changed, to what (null removes the field), and where the error must be.</summary>
    public static TheoryData<string, string?, string> Mistakes => new()
    {
        // Unknown fields, at every level.
        { "colour", "\"red\"", "colour" },
        { "data.tabel", "\"x\"", "data.tabel" },
        { "train.traner", "\"x\"", "train.traner" },
        { "evaluate.hold_out", "0.2", "evaluate.hold_out" },
        { "experiment.stage", "[0.5]", "experiment.stage" },
        { "experiment.primary.unit", "\"kWh\"", "experiment.primary.unit" },
        { "experiment.labels.matured", "\"1h\"", "experiment.labels.matured" },
        { "experiment.guardrails.0.alfa", "0.1", "experiment.guardrails[0].alfa" },
        { "data.lags.0.lag", "1", "data.lags[0].lag" },
        { "monitor.windows", "100", "monitor.windows" },

        // Required fields that are missing or null.
        { "name", null, "name" },
        { "task", null, "task" },
        { "data", null, "data" },
        { "train", null, "train" },
        { "data.label", null, "data.label" },
        { "data.dataset", null, "data.dataset" },
        { "train.trainer", null, "train.trainer" },
        { "data.lags.0.lags", null, "data.lags[0].lags" },
        { "data.lags.0.column", null, "data.lags[0].column" },
        { "data.label", "null", "data.label" },
        { "tags.house", "null", "tags.house" },
        { "data.lags.0", "null", "data.lags[0]" },
        { "data.features", "[\"a\",null]", "data.features[1]" },
        { "experiment.guardrails.0", "null", "experiment.guardrails[0]" },

        // Wrong types.
        { "name", "7", "name" },
        { "task", "\"guessing\"", "task" },
        { "task", "1", "task" },
        { "tags", "[1]", "tags" },
        { "tags.house", "7", "tags.house" },
        { "data", "\"x\"", "data" },
        { "data.features", "\"a\"", "data.features" },
        { "data.features", "[1]", "data.features[0]" },
        { "data.lags.0.lags", "[\"one\"]", "data.lags[0].lags[0]" },
        { "data.lags.0.lags", "[1.5]", "data.lags[0].lags[0]" },
        { "data.calendar", "\"yes\"", "data.calendar" },
        { "train.window", "\"all\"", "train.window" },
        { "train.window", "1e999", "train.window" },
        { "train.window", "99999999999999999999", "train.window" },
        { "train.triggers", "[\"moon\"]", "train.triggers[0]" },
        { "train.cooldown", "6", "train.cooldown" },
        { "train.cooldown", "\"six hours\"", "train.cooldown" },
        { "evaluate.holdout", "\"0.2\"", "evaluate.holdout" },
        { "experiment.stages", "[\"half\"]", "experiment.stages[0]" },
        { "experiment.primary.type", "\"odd\"", "experiment.primary.type" },
        { "experiment.alpha", "true", "experiment.alpha" },
        { "monitor.high", "\"NaN\"", "monitor.high" },

        // Values out of range, and fields that contradict one another.
        { "name", "\"another\"", "name" },
        { "data.dataset", "\"../x\"", "data.dataset" },
        { "data.features", "[\"y\"]", "data.features" },
        { "data.features", "[]", "data.features" },
        { "data.lags.0.lags", "[0]", "data.lags[0].lags" },
        { "data.lags.0.lags", "[-1]", "data.lags[0].lags" },
        { "train.trainer", "\"oracle\"", "train.trainer" },
        { "train.parameters.magic", "1", "train.parameters.magic" },
        { "train.parameters.l2", "-1", "train.parameters.l2" },
        { "train.parameters.l2", "null", "train.parameters.l2" },
        { "train.window", "0", "train.window" },
        { "train.minRows", "0", "train.minRows" },
        { "train.minNewRows", "0", "train.minNewRows" },
        { "train.cooldown", "\"-1h\"", "train.cooldown" },
        { "train.triggers", "[\"manual\"]", "train.triggers" },
        { "train.triggers", "[\"schedule\"]", "train.schedule" },
        { "train.schedule", "\"every day\"", "train.schedule" },
        { "train.schedule", "\"99 * * * * *\"", "train.schedule" },
        { "evaluate.holdout", "0.9", "evaluate.holdout" },
        { "evaluate.metric", "\"beauty\"", "evaluate.metric" },
        { "evaluate.metric", "\"accuracy\"", "evaluate.metric" },
        { "evaluate.accept", "\"mae <\"", "evaluate.accept" },
        { "evaluate.accept", "\"beauty > 1\"", "evaluate.accept" },
        { "experiment.stages", "[0.5,0.25]", "experiment.stages[1]" },
        { "experiment.stages", "[]", "experiment.stages" },
        { "experiment.alpha", "0", "experiment.alpha" },
        { "experiment.unitKey", "\"cookie:x\"", "experiment.unitKey" },
        { "experiment.unitKey", "\"json:$.x[\"", "experiment.unitKey" },
        { "experiment.primary.name", "\"happiness\"", "experiment.primary.name" },
        { "experiment.labels.maturity", "\"2h\"", "experiment.labels.maturity" },
        { "experiment.maxDuration", "\"0s\"", "experiment.maxDuration" },
        { "experiment.evaluationInterval", "\"1ms\"", "experiment.evaluationInterval" },
        { "experiment.guardrails.0.alpha", "0.9", "experiment.guardrails[0].alpha" },
        { "monitor.window", "5", "monitor.window" },
        { "monitor.high", "1", "monitor.high" },
        { "monitor.maxPerDay", "0", "monitor.maxPerDay" },
        { "monitor.signal", "\"mood\"", "monitor.signal" },
        { "monitor.driftShare", "1.5", "monitor.driftShare" },
        { "evaluate.gap", "24", "evaluate.gap" },
        { "evaluate.gap", "-1", "evaluate.gap" },
        { "train.url", "\"https://train.example.com\"", "train.url" },
        { "triggers", "{\"monitor\":{}}", "triggers.monitor" },
        { "triggers", "{\"periodic\":{}}", "triggers.periodic.cron" },
        { "triggers", "{\"periodic\":{\"cron\":\"daily\"}}", "triggers.periodic.cron" },
        { "triggers", "{\"monitoring\":{\"signal\":\"mood\"}}", "triggers.monitoring.signal" },
        { "triggers", "{\"monitoring\":{\"low\":0.9}}", "triggers.monitoring.low" },
        { "triggers", "{\"monitoring\":{\"window\":5}}", "triggers.monitoring.window" },
        { "triggers", "{\"monitoring\":{\"failureBackoffCap\":\"1h\"}}", "triggers.monitoring.failureBackoffCap" },
        { "triggers", "{\"monitoring\":{\"highs\":0.9}}", "triggers.monitoring.highs" },
        { "triggers", "{\"dataUpdate\":{\"minNewRows\":0}}", "triggers.dataUpdate.minNewRows" },
        { "triggers", "{\"dataUpdate\":{\"blobPrefix\":\"elsewhere/\"}}", "triggers.dataUpdate.blobPrefix" },
        { "triggers", "{\"repository\":{\"paths\":[\"/a\"]}}", "triggers.repository.paths[0]" },
        { "triggers", "{\"repository\":{\"branch\":\"\"}}", "triggers.repository.branch" },
        { "gates", "[{\"job\":\"magic\",\"accept\":\"mae < 1\"}]", "gates[0].job" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_told_with_the_path_of_its_field(string where, string? value, string path)
    {
        const string Name = "mistaken";
        var text = Changed(AppPipelines.Document(Name), where, value);
        (await PutAsync(Name, text, "application/json")).ExpectProblemAt(path);
        (await app.GetAsync($"api/pipelines/{Name}")).Expect(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("name: p\ntask: regression\ndata: { dataset: d, label: y, colour: red }\ntrain: { trainer: linear }\n", "data.colour")]
    [InlineData("name: p\ntask: regression\ndata: { dataset: d, label: y }\ntrain: { trainer: linear, window: many }\n", "train.window")]
    [InlineData("name: p\ntask: regression\ndata: { dataset: d, label: y }\ntrain: { trainer: linear, seed: 1.5 }\n", "train.seed")]
    [InlineData("name: p\ntask: regression\ndata: { dataset: d }\ntrain: { trainer: linear }\n", "data.label")]
    [InlineData("name: p\ntask: regression\ndata: &d { dataset: d, label: y }\ntrain: *d\n", "")]
    [InlineData("name: p\nname: q\n", "")]
    [InlineData("name: !!str p\n", "")]
    [InlineData("name: [p\n", "")]
    [InlineData("- p\n", "")]
    [InlineData("p", "")]
    [InlineData("", "")]
    public async Task Mistakes_in_yaml_are_told_as_well(string yaml, string path) => (await PutAsync("p", yaml, "application/yaml")).ExpectProblemAt(path);

    [Fact]
    public async Task Json_and_yaml_of_the_same_content_make_the_same_pipeline()
    {
        var json = AppStack.Unique("doc");
        var yaml = AppStack.Unique("doc");
        var made = await PutAsync(json, AppPipelines.Document(json).ToJsonString(), "application/json");
        Assert.Equal($"/api/pipelines/{json}", made.Headers["Location"]);
        var first = made.Expect(HttpStatusCode.Created).ToJsonString();
        var second = (await PutAsync(yaml, $$"""
            # Said in YAML.
            name: {{yaml}}
            task: regression
            tags: { house: "7" }
            data: { dataset: {{yaml}}, label: y, lags: [{ column: a, lags: [1, 2] }] }
            train: { trainer: linear, parameters: { l2: 0.001 }, triggers: [], cooldown: 0s }
            evaluate: { holdout: 0.2, metric: mae, accept: "mae <= champion.mae * 100" }
            experiment:
              design: abTest
              unitKey: prediction
              stages: [0.5]
              stageMinDwell: 0s
              stageMinUnitsPerArm: 1
              primary: { name: absError, type: continuous, direction: lower }
              minUnitsPerArm: 100
              maxDuration: 1h
              labels: { maturity: 0s, deadline: 1h }
              evaluationInterval: 1s
              guardrails:
                - name: errors
            monitor: { window: 100, high: 1.5, low: 1.2 }
            """, "application/yaml")).Expect(HttpStatusCode.Created).ToJsonString();
        Assert.Equal(first.Replace(json, "NAME", StringComparison.Ordinal), second.Replace(yaml, "NAME", StringComparison.Ordinal));
        Assert.Equal(first, (await app.GetAsync($"api/pipelines/{json}")).Expect(HttpStatusCode.OK).ToJsonString());

        // A document that is read back can be stored as it is, and a change is seen.
        var again = (await PutAsync(json, first, "application/json")).Expect(HttpStatusCode.OK).ToJsonString();
        Assert.Equal(first, again);
        Assert.Contains(json, (await app.GetAsync("api/pipelines")).Text, StringComparison.Ordinal);
        foreach (var name in new[] { json, yaml })
        {
            Assert.Equal(HttpStatusCode.NoContent, (await app.SendAsync(HttpMethod.Delete, $"api/pipelines/{name}")).Status);
            (await app.SendAsync(HttpMethod.Delete, $"api/pipelines/{name}")).Expect(HttpStatusCode.NotFound);
            (await app.GetAsync($"api/pipelines/{name}")).Expect(HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task All_mistakes_of_a_document_are_told_at_once()
    {
        var document = AppPipelines.Document("mistaken");
        document["evaluate"]!["holdout"] = 0.9;
        document["monitor"]!["window"] = 5;
        document["experiment"]!["alpha"] = 2;
        var answer = await PutAsync("mistaken", document.ToJsonString(), "application/json");
        foreach (var path in new[] { "evaluate.holdout", "monitor.window", "experiment.alpha" })
            answer.ExpectProblemAt(path);
    }

    [Fact]
    public async Task A_damaged_document_is_told_as_such_and_leaves_the_others_alone()
    {
        var (damaged, whole) = (AppStack.Unique("damaged"), AppStack.Unique("whole"));
        foreach (var name in new[] { damaged, whole })
            (await app.SendJsonAsync(HttpMethod.Put, $"api/pipelines/{name}", AppPipelines.Document(name))).Expect(HttpStatusCode.Created);
        await using var catalog = app.OpenCatalog();
        try
        {
            await catalog.Documents.PutAsync($"pipelines/{damaged}.json", new List<int> { 1 });
            var answer = await app.GetAsync($"api/pipelines/{damaged}");
            Assert.Equal("document.damaged", answer.Expect(HttpStatusCode.ServiceUnavailable)["code"]!.GetValue<string>());
            await AppStack.UntilAsync(
                async () => (await app.GetAsync("api/pipelines")).Expect(HttpStatusCode.OK),
                all => all.ToJsonString() is var text && text.Contains(whole, StringComparison.Ordinal) && !text.Contains(damaged, StringComparison.Ordinal),
                "a list without the damaged pipeline");
        }
        finally
        {
            await catalog.Documents.DeleteAsync($"pipelines/{damaged}.json");
            await app.SendAsync(HttpMethod.Delete, $"api/pipelines/{whole}");
        }
    }

    private Task<Answer> PutAsync(string name, string text, string mediaType) =>
        app.SendAsync(HttpMethod.Put, $"api/pipelines/{name}", new StringContent(text, Encoding.UTF8, mediaType));

    // A value goes in as text, because some are no JSON node: 1e999.
    private static string Changed(JsonObject document, string where, string? value)
    {
        const string Mark = "\u0001value\u0001";
        JsonNode node = document;
        var steps = where.Split('.');
        foreach (var step in steps[..^1])
            node = (node is JsonArray list ? list[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)] : node[step])!;
        if (value is null)
            Assert.True(node.AsObject().Remove(steps[^1]));
        else if (node is JsonArray list)
            list[int.Parse(steps[^1], System.Globalization.CultureInfo.InvariantCulture)] = Mark;
        else
            node[steps[^1]] = Mark;
        return document.ToJsonString().Replace(JsonValue.Create(Mark)!.ToJsonString(), value ?? "", StringComparison.Ordinal);
    }
}
