using System.Net;
using System.Text.Json.Nodes;
using Iml4e.Catalog;

namespace Iml4e.Tests.Integration.App;

/// <summary>Trainings whose process is killed.</summary>
[Collection(AppCollection.Name)]
public sealed class TrainingCheckpointTests(AppStack app)
{
    private const string Series = "fit1";

    [Fact]
    public async Task A_killed_training_is_carried_on_and_ends_with_the_same_bits()
    {
        var dataset = AppStack.Unique("made");
        await app.PutDatasetAsync(dataset, MadeData.Regression(2_000, 3));
        JsonObject Request(int seconds) => new()
        {
            ["dataset"] = dataset, ["task"] = "regression", ["label"] = "y", ["trainer"] = "network",
            ["parameters"] = new JsonObject
            {
                ["hidden"] = new JsonArray(128, 64), ["epochs"] = 24, ["patience"] = 0, ["batch_size"] = 256, ["dropout"] = 0.1, ["noise"] = 0.02,
                ["checkpoint_seconds"] = seconds, ["schedule"] = "one_cycle",
            },
        };
        var whole = await app.RunJobAsync("train", Request(3600));
        Assert.Equal("completed", whole["status"]!.GetValue<string>());

        var id = (await app.PostAsync("api/jobs/train", Request(0))).Expect(HttpStatusCode.Accepted)["id"]!.GetValue<string>();
        await using var catalog = app.OpenCatalog();
        var before = await EpochsAsync(catalog, id, 2);
        await app.CrashAsync();
        // Times are not learnt: an epoch that took as long to the last digit is the one that was done before.
        var after = await EpochsAsync(catalog, id, before.Count + 1);
        Assert.Equal(before.Select(e => e!["seconds"]!.GetValue<double>()), after.Take(before.Count).Select(e => e!["seconds"]!.GetValue<double>()));

        var carriedOn = await app.EndOfJobAsync(id);
        Assert.Equal("completed", carriedOn["status"]!.GetValue<string>());
        Assert.Equal(ModelOf(whole), ModelOf(carriedOn));
        // With the job they are gone.
        Assert.DoesNotContain(id, await catalog.Checkpoints.RunsAsync());
    }

    private static string ModelOf(JsonNode job) =>
        job["outputs"]!.AsArray().Single(o => o!["role"]!.GetValue<string>() == "model")!["digest"]!.GetValue<string>();

    // The epochs in the newest checkpoint, once there are so many.
    private static Task<JsonArray> EpochsAsync(CatalogStore catalog, string job, int least) => AppStack.UntilAsync(
        async () =>
        {
            var series = $"{job}/{Series}";
            try
            {
                return await catalog.Checkpoints.StepsAsync(series) is [.., var last]
                    ? JsonNode.Parse(await catalog.Checkpoints.ReadAsync(series, last, "state.json"))!["epochs"]!.AsArray() : [];
            }
            catch (CatalogNotFoundException)
            {
                // It gave way to a newer one in between.
                return [];
            }
        },
        epochs => epochs.Count >= least, $"{least} epochs of job {job}");
}
