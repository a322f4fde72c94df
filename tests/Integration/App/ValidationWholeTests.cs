using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.Catalog;
using Iml4e.Tests.Integration.Tracking;
using Xunit.Abstractions;

namespace Iml4e.Tests.Integration.App;

/// <summary>Validations from their beginning to their end, with the process killed in between.</summary>
[Collection(AppCollection.Name)]
public sealed class ValidationWholeTests(AppStack app, ITestOutputHelper output)
{
    [RealDataFact]
    public async Task Poses_that_land_as_a_blob_end_in_figures_a_report_and_a_tracked_run_and_a_killed_process_changes_nothing()
    {
        var dataset = AppStack.Unique("coco");
        var truth = AppStack.Bytes(RealData.Read("pose/coco538-kp/gt.json"), "application/json");
        (await app.SendAsync(HttpMethod.Put, $"api/datasets/{dataset}", truth)).Expect(HttpStatusCode.Created);
        await using var catalog = app.OpenCatalog();
        var clock = Stopwatch.StartNew();
        await catalog.Inbox.GetBlobClient($"predictions/{dataset}/net.json").UploadAsync(new BinaryData(RealData.Read("pose/coco538-kp/dt.json")), overwrite: true);
        var told = await AppStack.UntilAsync(() => Task.FromResult(RunsOf(dataset).SingleOrDefault(r => r.Status == "FINISHED")), r => r is not null, "the tracked run");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"From the blob to the tracked run: {clock.Elapsed.TotalSeconds:F1} s."));

        Assert.Equal(0.5563987830212501, told!.Metrics.Single(m => m.Key == "keypoints/AP").Value, 1e-9);
        Assert.Equal(555 / 13079.0, told.Metrics.Single(m => m.Key == "analysis/strict/inversion_share").Value, 1e-9);
        Assert.Contains(told.Metrics, m => m.Key == "keypoints/AP_oks_0.50");
        Assert.Contains(told.Metrics, m => m.Key == "kp/left_wrist/good_share");
        Assert.Contains(told.Metrics, m => m.Key == "pck/0.1");
        var job = await app.EndOfJobAsync(told.Tags["iml4e.job"]);
        Assert.Equal(("pose-validate", "completed"), (job["kind"]!.GetValue<string>(), job["status"]!.GetValue<string>()));
        var evaluation = await app.ReadArtefactAsync(Output(job, "evaluation"));
        Assert.Equal(evaluation, told.Files["evaluation.json"]);
        Assert.Equal(0.5563987830212501, JsonNode.Parse(evaluation)!["stats"]!["AP"]!.GetValue<double>(), 1e-9);
        var pdf = await app.ReadArtefactAsync(Output(job, "report-pdf"));
        Assert.StartsWith("%PDF-", Encoding.Latin1.GetString(pdf, 0, 5), StringComparison.Ordinal);
        Assert.Equal(pdf, told.Files["report.pdf"]);
        Assert.Equal("coco17", JsonNode.Parse(told.Files["skeleton.json"])!["name"]!.GetValue<string>());
        Assert.Equal(Output(job, "report-pdf"), told.Tags["iml4e.file.report.pdf"]);

        // The same once more, killed while it computes: the same bytes, and the server is told nothing a second time.
        var request = new JsonObject { ["dataset"] = dataset, ["predictions"] = "net", ["mlflow"] = new JsonObject { ["experiment"] = "validations" } };
        var again = await app.RunJobAndCrashAsync("pose-validate", request, p => p["message"]!.GetValue<string>() == "aggregating");
        Assert.Equal(Output(job, "evaluation"), Output(again, "evaluation"));
        await AppStack.UntilAsync(
            async () => (await app.GetAsync($"api/jobs/{again["id"]}")).Expect(HttpStatusCode.OK)["tracking"]?["state"]?.GetValue<string>(), s => s == "logged", "the end of the telling");
        Assert.Equal(told.Id, Assert.Single(RunsOf(dataset)).Id);
        Assert.Equal(told.Metrics.Count, told.Metrics.Select(m => m.Key).Distinct().Count());
    }

    [Fact]
    public async Task A_model_whose_run_over_the_images_is_killed_is_judged_as_without()
    {
        var (model, dataset) = (AppStack.Unique("squares"), AppStack.Unique("squares"));
        (await app.SendAsync(HttpMethod.Put, $"api/models/{model}/versions", AppStack.Bytes(SquareScene.Detector(0.7f), "application/octet-stream"))).Expect(HttpStatusCode.Created);
        (await app.SendAsync(HttpMethod.Put, $"api/datasets/{dataset}", AppStack.Bytes(SquareScene.Images(1_920), "application/zip"))).Expect(HttpStatusCode.Created);
        var request = new JsonObject { ["dataset"] = dataset, ["model"] = model, ["detector"] = new JsonObject { ["family"] = "yolov10" } };
        var whole = await app.RunJobAsync("detection-validate", request);
        Assert.Equal("completed", whole["status"]!.GetValue<string>());
        // An overlap of 5.3 of 6.7 squares' columns: above six thresholds, 0.75 and below.
        Assert.Equal(0.6, whole["metrics"]!["ap"]!.GetValue<double>(), 1e-9);
        var killed = await app.RunJobAndCrashAsync("detection-validate", request, p => p["total"]!.GetValue<int>() > 0 && p["done"]!.GetValue<double>() >= 1);
        foreach (var role in new[] { "predictions", "evaluation" })
            Assert.Equal(Output(whole, role), Output(killed, role));
    }

    private IReadOnlyList<MlflowRun> RunsOf(string dataset) => [.. app.Mlflow.Runs.Values.Where(r => r.Parameters.GetValueOrDefault("dataset") == dataset)];

    private static string Output(JsonNode job, string role) => job["outputs"]!.AsArray().Last(o => o!["role"]!.GetValue<string>() == role)!["digest"]!.GetValue<string>();
}
