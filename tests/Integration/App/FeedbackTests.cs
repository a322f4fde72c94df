using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Iml4e.Catalog;
using Iml4e.CatalogTrials.Predictions;

namespace Iml4e.Tests.Integration.App;

/// <summary>Outcomes that come twice, corrected or before their predictions, over HTTP.</summary>
[Collection(AppCollection.Name)]
public sealed class FeedbackTests(AppStack app)
{
    [Fact]
    public async Task An_outcome_counts_once_and_another_value_needs_a_higher_revision()
    {
        var model = await RegisterAsync();
        var id = await PredictAsync(model);
        Assert.Equal((1, 0), await TakenAsync(Item(id, 4), HttpStatusCode.OK));
        Assert.Equal((1, 0), await TakenAsync(Item(id, 4.0), HttpStatusCode.OK));
        Assert.Equal((1, 0), await TakenAsync(Item(id, 4, 0), HttpStatusCode.OK));
        await RefusedAsync(Item(id, 5), "outcome.conflict");
        await RefusedAsync(Item(id, 5, 0), "outcome.conflict");
        await RefusedAsync(new JsonArray(Item(id, 5), Item(id, 6)), "outcome.conflict");

        var both = (await app.PostAsync("api/feedback", new JsonArray(Item(id, 5), Item(id, 4), Item(id, 7, 1), Item(id, 8, 1)))).Expect(HttpStatusCode.MultiStatus);
        Assert.Equal(2, (int)both["accepted"]!);
        Assert.Equal([0, 3], both["rejected"]!.AsArray().Select(r => (int)r!["index"]!));
        Assert.Contains("revision 1", (string)both["rejected"]![1]!["message"]!, StringComparison.Ordinal);

        // What the log says is what another process, or the same after a crash, goes by.
        await app.CrashAsync();
        await RefusedAsync(Item(id, 4), "outcome.conflict");
        Assert.Equal((1, 0), await TakenAsync(Item(id, 7), HttpStatusCode.OK));
        Assert.Equal((1, 0), await TakenAsync(Item(id, 9, 5), HttpStatusCode.OK));
        await RefusedAsync(Item(id, 7, 4), "outcome.conflict");
        var joined = await JoinedAsync(model, id);
        Assert.Equal(("[\"9\"]", 5, 1, 6.0), (joined!["actual"]!.ToJsonString(), (int)joined["revision"]!, (int)joined["replaces"]!, (double)joined["loss"]!));

        foreach (var wrong in new JsonNode?[] { -1, 1.5, "1", 3_000_000_000, new JsonArray(1) })
        {
            var answer = await app.PostAsync("api/feedback", new JsonObject { ["predictionId"] = id, ["value"] = 9, ["revision"] = wrong?.DeepClone() });
            Assert.Equal("outcome.invalid", (string)answer.Expect(HttpStatusCode.BadRequest)["code"]!);
        }
    }

    [Fact]
    public async Task Contradictions_of_the_same_moment_leave_one_outcome()
    {
        var model = await RegisterAsync();
        var id = await PredictAsync(model);
        var answers = await Task.WhenAll(Enumerable.Range(1, 16).Select(i => app.PostAsync("api/feedback", Item(id, i))));
        Assert.Single(answers, a => a.Status == HttpStatusCode.OK);
        Assert.Equal(15, answers.Count(a => a.Status == HttpStatusCode.Conflict));
        var first = Array.FindIndex(answers, a => a.Status == HttpStatusCode.OK) + 1;
        Assert.Equal($"[\"{first}\"]", (await JoinedAsync(model, id))!["actual"]!.ToJsonString());
    }

    [Fact]
    public async Task An_outcome_that_comes_before_its_prediction_waits_for_it_over_a_crash()
    {
        var model = await RegisterAsync();
        await using var elsewhere = app.OpenCatalog();
        var at = DateTimeOffset.UtcNow;
        var (joins, fails, mismatches) = (elsewhere.Predictions.NewId(model, at), elsewhere.Predictions.NewId(model, at), elsewhere.Predictions.NewId(model, at));
        var known = await PredictAsync(model);
        Assert.Equal((1, 1), await TakenAsync(Item(joins, 4), HttpStatusCode.Accepted));
        Assert.Equal((4, 3), await TakenAsync(new JsonArray(Item(known, 4), Item(fails, 4), Item(mismatches, 4), Item(joins, 5)), HttpStatusCode.Accepted));
        Assert.Null(await JoinedAsync(model, joins));

        await app.CrashAsync();
        var letters = (await app.GetAsync("api/feedback/dead-letters")).Expect(HttpStatusCode.OK);
        Assert.True((int)letters["waiting"]! >= 4, letters.ToJsonString());
        await elsewhere.Predictions.AppendAsync(Prediction(joins, model, at, 3));
        await elsewhere.Predictions.AppendAsync(Prediction(fails, model, at) with { Status = "error" });
        await elsewhere.Predictions.AppendAsync(Prediction(mismatches, model, at, 3, 4));

        var joined = await AppStack.UntilAsync(async () => await JoinedAsync(model, joins) ?? new JsonObject(), o => o["actual"] is not null, "the outcome that waited");
        Assert.Equal(("[\"4\"]", 1.0), (joined["actual"]!.ToJsonString(), (double)joined["loss"]!));

        // The one that contradicts the first, and those that do not fit what came, are told and counted.
        var dead = await AppStack.UntilAsync(() => DeadAsync(model), d => d.AsArray().Count == 3, "the dead letters");
        Assert.Equal(
            [(joins, "outcome.conflict"), (fails, "prediction.failed"), (mismatches, "outcome.mismatch")],
            dead.AsArray().Select(d => ((string)d!["predictionId"]!, (string)d["code"]!)).OrderBy(d => d.Item1, StringComparer.Ordinal));
        Assert.Equal(["4", "4", "5"], dead.AsArray().Select(d => (string)d!["value"]![0]!).Order());
        var counted = $"iml4e_feedback_total{{model=\"{model}\",result=\"dead_letter\"}} 3";
        await AppStack.UntilAsync(async () => (JsonNode)(await app.GetAsync("metrics")).Text, m => ((string)m!).Contains(counted, StringComparison.Ordinal), counted);
        (await app.GetAsync("api/feedback/dead-letters?limit=0")).ExpectProblemAt("limit");
        (await app.GetAsync("api/feedback/dead-letters?after=%00")).ExpectProblemAt("after");
        var page = (await app.GetAsync("api/feedback/dead-letters?limit=1")).Expect(HttpStatusCode.OK);
        Assert.NotEmpty(page["deadLetters"]!.AsArray());
    }

    [Fact]
    public async Task What_can_be_no_prediction_does_not_wait()
    {
        var model = await RegisterAsync();
        await using var elsewhere = app.OpenCatalog();
        var now = DateTimeOffset.UtcNow;
        foreach (var id in new[]
                 {
                     "", "x", model, $"{model}.{new string('0', 25)}", $"{model}.{new string('!', 26)}", elsewhere.Predictions.NewId("nobody-" + model, now),
                     new PredictionId(model, now.AddHours(1).ToUnixTimeMilliseconds(), 1, 1).ToString(), new string('a', 10_000),
                 })
            await RefusedAsync(Item(id, 4), "prediction.unknown", HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task The_units_id_is_nowhere_in_the_storage()
    {
        var model = await RegisterAsync();
        var unit = AppStack.Unique("somebody");
        var id = await PredictAsync(model, ("x-iml4e-unit", unit));
        await TakenAsync(Item(id, 4), HttpStatusCode.OK);
        Assert.Equal(UnitHash.Of(unit), (string)(await JoinedAsync(model, id))!["unitHash"]!);
        var hashes = 0;
        foreach (var container in app.OpenStorage().GetBlobContainers().Where(c => c.Name is "logs" or "catalog").ToList())
        {
            var client = app.OpenStorage().GetBlobContainerClient(container.Name);
            await foreach (var blob in client.GetBlobsAsync())
            {
                if (!blob.Name.Contains(model, StringComparison.Ordinal))
                    continue;
                var text = Encoding.UTF8.GetString((await client.GetBlobClient(blob.Name).DownloadContentAsync()).Value.Content);
                Assert.DoesNotContain(unit, text, StringComparison.Ordinal);
                hashes += text.Contains(UnitHash.Of(unit), StringComparison.Ordinal) ? 1 : 0;
            }
        }

        Assert.Equal(2, hashes);
    }

    private static async Task<string> RegisterAsync(AppStack app)
    {
        var model = AppStack.Unique("told");
        await LinearModel.RegisterAsync(app.Http, model, "durable", CancellationToken.None);
        return model;
    }

    private static JsonObject Item(string id, double value, int? revision = null)
    {
        var item = new JsonObject { ["predictionId"] = id, ["value"] = value };
        if (revision is { } told)
            item["revision"] = told;
        return item;
    }

    private static PredictionRecord Prediction(string id, string model, DateTimeOffset at, params double[] predicted) => new()
    {
        Id = id, At = at, Model = model, Version = "1", Digest = "sha256:0", Predicted = predicted,
    };

    private Task<string> RegisterAsync() => RegisterAsync(app);

    private async Task<string> PredictAsync(string model, params (string, string)[] headers)
    {
        var answer = await app.PostAsync(
            $"v2/models/{model}/infer", JsonNode.Parse("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1.5]}]}""")!, headers);
        return (string)answer.Expect(HttpStatusCode.OK)["parameters"]!["prediction_id"]!;
    }

    private async Task<(int Accepted, int Waiting)> TakenAsync(JsonNode body, HttpStatusCode status)
    {
        var answer = (await app.PostAsync("api/feedback", body)).Expect(status);
        return ((int)answer["accepted"]!, (int)answer["waiting"]!);
    }

    private async Task RefusedAsync(JsonNode body, string code, HttpStatusCode status = HttpStatusCode.Conflict)
    {
        var answer = await app.PostAsync("api/feedback", body);
        var problem = answer.Expect(status);
        Assert.Equal(("application/problem+json", code, (int)status), (answer.MediaType, (string)problem["code"]!, (int)problem["status"]!));
    }

    private async Task<JsonNode?> JoinedAsync(string model, string id)
    {
        var lines = (await app.GetAsync($"api/models/{model}/predictions")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Select(l => JsonNode.Parse(l)!).SingleOrDefault(l => (string)l["prediction"]!["id"]! == id)?["outcome"];
    }

    private async Task<JsonNode> DeadAsync(string model)
    {
        var letters = new JsonArray();
        string? next = null;
        do
        {
            var page = (await app.GetAsync($"api/feedback/dead-letters?limit=100{(next is null ? "" : "&after=" + next)}")).Expect(HttpStatusCode.OK);
            foreach (var letter in page["deadLetters"]!.AsArray().Where(l => ((string)l!["predictionId"]!).StartsWith(model, StringComparison.Ordinal)))
                letters.Add(letter!.DeepClone());
            next = (string?)page["next"];
        }
        while (next is not null);
        return letters;
    }
}
