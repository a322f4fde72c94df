using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Jobs;
using Spectre.Console;

namespace Iml4e.Tests.Integration.App;

/// <summary>Predictions validated over HTTP and from blobs: a job, its figures, its report as PDF.</summary>
[Collection(AppCollection.Name)]
public sealed class ValidationJobTests(AppStack app)
{
    private const string Truth = """
        { "info": { "description": "two boxes" }, "images": [{ "id": 1, "width": 100, "height": 100, "file_name": "a.png" }],
          "categories": [{ "id": 1, "name": "box" }],
          "annotations": [{ "id": 0, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20], "area": 400 },
                          { "id": 1, "image_id": 1, "category_id": 1, "bbox": [50, 50, 20, 20], "area": 400 }] }
        """;

    [Fact]
    public async Task Predictions_over_HTTP_are_judged()
    {
        var dataset = AppStack.Unique("boxes");
        (await PutAsync($"api/datasets/{dataset}", Truth)).Expect(HttpStatusCode.Created);
        Assert.Equal(HttpStatusCode.NotFound, (await PutAsync("api/datasets/none/predictions/net", "[]")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await PutAsync($"api/datasets/{dataset}/predictions/net", "{}")).Status);
        (await PutAsync($"api/datasets/{AppStack.Unique("odd")}", """{"\ud800aa":[]}""")).Expect(HttpStatusCode.BadRequest);
        (await PutAsync($"api/datasets/{AppStack.Unique("odd")}", """{"images":[{"\ud800aa":1}],"annotations":[],"categories":[]}""")).ExpectProblemAt("data");
        var odd = (await PutAsync($"api/datasets/{dataset}/predictions/odd?validate=true", """[{"\ud800aaaaaa":1}]""")).Expect(HttpStatusCode.Created);
        Assert.Contains("not UTF-8 text", (await app.EndOfJobAsync(odd["jobId"]!.GetValue<string>()))["error"]!.GetValue<string>(), StringComparison.Ordinal);
        var stored = (await PutAsync($"api/datasets/{dataset}/predictions/net?validate=true", Predictions(2))).Expect(HttpStatusCode.Created);
        var id = stored["jobId"]!.GetValue<string>();
        var job = await app.EndOfJobAsync(id);
        Assert.Equal("completed", job["status"]!.GetValue<string>());
        Assert.Equal("detection-validate", job["kind"]!.GetValue<string>());
        Assert.Equal(1, job["metrics"]!["ap"]!.GetValue<double>(), 1e-12);
        // The same predictions on the same data: the same job.
        stored = (await PutAsync($"api/datasets/{dataset}/predictions/net?validate=true", Predictions(2))).Expect(HttpStatusCode.Created);
        Assert.Equal(id, stored["jobId"]!.GetValue<string>());

        (await PutAsync($"api/datasets/{dataset}/predictions/worse", Predictions(1))).Expect(HttpStatusCode.Created);
        Assert.Equal(3, (await app.GetAsync($"api/datasets/{dataset}/predictions")).Expect(HttpStatusCode.OK)["predictions"]!.AsArray().Count);
        var judged = await app.RunJobAsync("detection-validate", new JsonObject
        {
            ["dataset"] = dataset, ["predictions"] = "worse", ["compare"] = new JsonObject { ["predictions"] = id, ["title"] = "net" }, ["accept"] = "ap >= 0.9",
        });
        Assert.False(judged["accepted"]!.GetValue<bool>());
        Assert.Equal(51 / 101.0 - 1, judged["metrics"]!["ap_difference"]!.GetValue<double>(), 1e-12);
        var name = judged["id"]!.GetValue<string>();
        Assert.Contains("Beside net", (await app.GetAsync($"api/jobs/{name}/report.html")).Text, StringComparison.Ordinal);
        Assert.StartsWith("%PDF-", (await app.GetAsync($"api/jobs/{name}/report.pdf")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predictions_that_land_as_a_blob_are_validated_once_and_wrong_ones_told()
    {
        var dataset = AppStack.Unique("boxes");
        (await PutAsync($"api/datasets/{dataset}", Truth)).Expect(HttpStatusCode.Created);
        await using var catalog = app.OpenCatalog();
        await catalog.Inbox.GetBlobClient($"predictions/{dataset}/night.json").UploadAsync(new BinaryData(Predictions(2)), overwrite: true);
        await catalog.Inbox.GetBlobClient($"predictions/{dataset}/wrong.json").UploadAsync(
            new BinaryData("""[{ "image_id": 9, "category_id": 1, "score": 1, "bbox": [0, 0, 1, 1] }]"""), overwrite: true);
        await AppStack.UntilAsync(
            () => app.GetAsync($"api/datasets/{dataset}/predictions"), a => a.Expect(HttpStatusCode.OK)["predictions"]!.AsArray().Count == 2, "the predictions of the blobs");
        var jobs = await AppStack.UntilAsync(() => app.GetAsync("api/jobs?kind=detection-validate&top=500"), a => Ended(a, dataset).Count == 2, "the jobs of the blobs");
        Assert.Equal(["completed", "failed"], Ended(jobs, dataset).Select(j => j!["status"]!.GetValue<string>()).Order());
        var told = await AppStack.UntilAsync(
            () => Task.FromResult(app.Mlflow.Runs.Values.FirstOrDefault(r => r.Parameters.GetValueOrDefault("dataset") == dataset && r.Status == "FINISHED")), r => r is not null, "the run in the tracking server");
        Assert.Equal("night", told!.Name);
        Assert.Contains(told.Metrics, m => m is { Key: "bbox/AP", Value: > 0.999 });
        Assert.Equal(["evaluation.json", "report.json", "report.pdf"], told.Files.Keys.Order());
        Assert.Contains("[0].image_id", Ended(jobs, dataset).Single(j => j!["status"]!.GetValue<string>() == "failed")!["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_named_in_a_request_are_put_there_by_the_command()
    {
        var folder = Directory.CreateTempSubdirectory("predictions-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "gt.json"), Truth);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "net.json"), Predictions(2));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "old.json"), Predictions(1));
            var file = new FileInfo(Path.Combine(folder.FullName, "request.yaml"));
            await File.WriteAllTextAsync(file.FullName, "dataset: file:gt.json\npredictions: file:net.json\ncompare: { predictions: file:old.json }\n");
            var options = new JobOptions("detection-validate", file, [], folder, "ap_difference > 0.4", app.Url, null);
            await using var written = new StringWriter();
            using var api = new ApiClient(app.Url);
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(written), Ansi = AnsiSupport.No });
            Assert.Equal(0, await new JobRunner(api, console).RunAsync(options, JobRunner.ReadRequest(options), CancellationToken.None));
            Assert.Contains("as predictions net-", written.ToString(), StringComparison.Ordinal);
            Assert.Contains("Beside before", await File.ReadAllTextAsync(Path.Combine(folder.FullName, "report.html")), StringComparison.Ordinal);
            options = options with { Assignments = ["dataset=none"] };
            await Assert.ThrowsAsync<ApiException>(() => new JobRunner(api, console).RunAsync(options, JobRunner.ReadRequest(options), CancellationToken.None));
            var alone = new JsonObject { ["predictions"] = "file:net.json" };
            await Assert.ThrowsAsync<RequestException>(() => new JobRunner(api, console).RunAsync(options, alone, CancellationToken.None));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static List<JsonNode?> Ended(Answer answer, string dataset) =>
        [.. answer.Expect(HttpStatusCode.OK)["jobs"]!.AsArray().Where(j => j!["status"]!.GetValue<string>() is "completed" or "failed"
            && j["inputs"]!.ToJsonString().Contains($"\"{dataset}/", StringComparison.Ordinal))];

    private Task<Answer> PutAsync(string path, string body) => app.SendAsync(HttpMethod.Put, path, new StringContent(body, Encoding.UTF8, "application/json"));

    private static string Predictions(int found) => new JsonArray([.. Enumerable.Range(0, found).Select(i => (JsonNode)new JsonObject
    {
        ["image_id"] = 1, ["category_id"] = 1, ["score"] = 0.9 - (0.1 * i), ["bbox"] = new JsonArray(10 + (40 * i), 10 + (40 * i), 20, 20),
    })]).ToJsonString();
}
