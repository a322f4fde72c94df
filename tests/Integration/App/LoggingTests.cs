using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.CatalogTrials.Predictions;

namespace Iml4e.Tests.Integration.App;

/// <summary>Logging policies, the log to be taken elsewhere, verification and garbage, over HTTP.</summary>
[Collection(AppCollection.Name)]
public sealed class LoggingTests(AppStack app)
{
    [Fact]
    public async Task A_models_policy_decides_what_its_predictions_leave_behind()
    {
        var model = AppStack.Unique("logged");
        await LinearModel.RegisterAsync(app.Http, model, "buffered", CancellationToken.None);
        var policy = (await app.GetAsync($"api/models/{model}/logging")).Expect(HttpStatusCode.OK);
        Assert.Equal("""{"durability":"buffered","mask":[]}""", policy["policy"]!.ToJsonString());
        Assert.Equal("""{"durability":"durable","maxElements":4096,"keyedDigests":false}""", policy["defaults"]!.ToJsonString());

        var full = await PredictAsync(model);
        Assert.Equal("[1.5]", full["inputs"]![0]!["data"]!.ToJsonString());
        Assert.Equal("[3]", full["predicted"]!.ToJsonString());

        var changed = await PutAsync(model, """{"inputs":{"log":"digest"},"outputs":{"log":"all"},"mask":[{"field":"unit"}],"retentionDays":30}""");
        changed.Expect(HttpStatusCode.OK);
        var digest = await PredictAsync(model, ("x-iml4e-unit", "somebody"));
        Assert.Null(digest["inputs"]![0]!["data"]);
        Assert.Equal(64, digest["inputs"]![0]!["sha256"]!.GetValue<string>().Length);
        Assert.Equal("[3]", digest["outputs"]![0]!["data"]!.ToJsonString());
        Assert.Null(digest["unitHash"]);

        (await PutAsync(model, """{"outputs":{"log":"digest"},"mask":[{"input":"x"}]}""")).Expect(HttpStatusCode.OK);
        var masked = await PredictAsync(model);
        Assert.Equal(("[null]", null), (masked["inputs"]![0]!["data"]!.ToJsonString(), masked["predicted"]));
        var refused = await app.PostAsync("api/feedback", new JsonObject { ["predictionId"] = masked["id"]!.GetValue<string>(), ["value"] = 3 });
        Assert.Equal("outcome.not_logged", refused.Expect(HttpStatusCode.BadRequest)["rejected"]![0]!["code"]!.GetValue<string>());
        (await app.PostAsync("api/feedback", new JsonObject { ["predictionId"] = full["id"]!.GetValue<string>(), ["value"] = 4 })).Expect(HttpStatusCode.OK);

        var lines = (await app.GetAsync($"api/models/{model}/predictions?limit=100")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!).ToArray();
        Assert.Equal([full["id"]!.GetValue<string>(), digest["id"]!.GetValue<string>(), masked["id"]!.GetValue<string>()], lines.Select(l => l["prediction"]!["id"]!.GetValue<string>()));
        Assert.Equal(1, lines[0]["outcome"]!["loss"]!.GetValue<double>());
        Assert.Null(lines[1]["outcome"]);

        Assert.Equal(HttpStatusCode.NoContent, (await app.SendAsync(HttpMethod.Delete, $"api/models/{model}/logging")).Status);
        Assert.Null((await app.GetAsync($"api/models/{model}/logging")).Expect(HttpStatusCode.OK)["policy"]);
        var audit = (await app.GetAsync($"api/models/{model}/audit")).Expect(HttpStatusCode.OK)["entries"]!.AsArray();
        Assert.Equal(4, audit.Count(e => e!["event"]!.GetValue<string>() == "LoggingChanged"));
    }

    [Fact]
    public async Task A_policy_that_cannot_be_kept_is_refused_with_what_would_be_right()
    {
        var model = AppStack.Unique("logged");
        Assert.Equal(HttpStatusCode.NotFound, (await app.GetAsync($"api/models/{model}/logging")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await PutAsync(model, "{}")).Status);
        await LinearModel.RegisterAsync(app.Http, model, "durable", CancellationToken.None);
        (await PutAsync(model, """{"durability":"perhaps"}""")).ExpectProblemAt("durability");
        (await PutAsync(model, """{"inputs":{"log":"sampled","rate":2}}""")).ExpectProblemAt("inputs.rate");
        (await PutAsync(model, """{"mask":[{"input":"y"}]}""")).ExpectProblemAt("mask[0].input");
        (await PutAsync(model, """{"mask":[{"input":"x","with":"keyedDigest"}]}""")).ExpectProblemAt("mask[0].with");
        (await PutAsync(model, """{"retention":1}""")).ExpectProblemAt("retention");
        (await app.GetAsync($"api/models/{model}/predictions?from=yesterday")).ExpectProblemAt("from");
        (await app.GetAsync($"api/models/{model}/predictions?limit=0")).ExpectProblemAt("limit");
        (await app.GetAsync("api/lineage/verify?scope=models,nothing")).ExpectProblemAt("scope");
    }

    [Fact]
    public async Task The_catalogue_is_verified_and_its_garbage_told_over_HTTP()
    {
        var model = AppStack.Unique("verified");
        await LinearModel.RegisterAsync(app.Http, model, "durable", CancellationToken.None);
        var models = (await app.GetAsync("api/lineage/verify?scope=models&scope=audit")).Expect(HttpStatusCode.OK);
        Assert.True(models["intact"]!.GetValue<bool>(), models.ToJsonString());
        Assert.True(models["checked"]!["modelVersions"]!.GetValue<long>() > 0);
        Assert.Null(models["checked"]!["artefacts"]);
        var garbage = (await app.GetAsync("api/maintenance/garbage")).Expect(HttpStatusCode.OK);
        Assert.True(garbage["dryRun"]!.GetValue<bool>());
        Assert.True(garbage["referenced"]!.GetValue<long>() > 0);
        Assert.Equal(0, garbage["garbage"]!.GetValue<long>());
    }

    private Task<Answer> PutAsync(string model, string json) =>
        app.SendAsync(HttpMethod.Put, $"api/models/{model}/logging", new StringContent(json, Encoding.UTF8, "application/json"));

    private async Task<JsonNode> PredictAsync(string model, params (string, string)[] headers)
    {
        var answer = await app.PostAsync(
            $"v2/models/{model}/infer", JsonNode.Parse("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1.5]}]}""")!, headers);
        var id = answer.Expect(HttpStatusCode.OK)["parameters"]!["prediction_id"]!.GetValue<string>();
        return (await app.GetAsync($"api/lineage/predictions/{id}")).Expect(HttpStatusCode.OK)["prediction"]!;
    }
}
