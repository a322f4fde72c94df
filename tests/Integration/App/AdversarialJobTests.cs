using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.Tests.Unit.Assessment;

namespace Iml4e.Tests.Integration.App;

/// <summary>Adversarial jobs over HTTP: a digit classifier and a detector, samples made and transferred, a gate, requests that land as blobs.</summary>
[Collection(AppCollection.Name)]
public sealed class AdversarialJobTests(AppStack app)
{
    [RealDataFact]
    public async Task Digits_are_attacked_and_the_samples_transferred()
    {
        var (model, dataset) = (AppStack.Unique("digits"), AppStack.Unique("digits"));
        await PutModelAsync(model, "mnist.onnx");
        await app.PutDatasetAsync(dataset, Digits(8_000, 20));
        var job = await app.RunJobAsync("adversarial", new JsonObject
        {
            ["model"] = model, ["version"] = "1", ["dataset"] = dataset, ["label"] = "label", ["attack"] = "pgd", ["epsilon"] = 0.2,
                ["accept"] = "robust_accuracy >= 0.9",
        });
        Assert.Equal("completed", job["status"]!.GetValue<string>());
        Assert.False(job["accepted"]!.GetValue<bool>());
        Assert.InRange(job["metrics"]!["clean_accuracy"]!.GetValue<double>(), .9, 1);
        Assert.Contains(job["outputs"]!.AsArray(), o => o!["role"]!.GetValue<string>() == "adversarial-samples");
        var id = job["id"]!.GetValue<string>();
        var manifest = (await app.GetAsync($"api/adversarial/{id}/manifest")).Expect(HttpStatusCode.OK);
        Assert.True(manifest["adversarial"]!.GetValue<bool>());
        Assert.Equal(20, manifest["samples"]!.AsArray().Count);
        Assert.Contains("data:image/png", (await app.GetAsync($"api/jobs/{id}/report.html")).Text, StringComparison.Ordinal);

        var transfer = await app.RunJobAsync("adversarial", new JsonObject
        {
            ["mode"] = "transfer", ["samples"] = id, ["targets"] = new JsonArray(new JsonObject { ["uri"] = $"models/{model}/1" }),
        });
        Assert.Equal(job["metrics"]!["robust_accuracy"]!.GetValue<double>(), transfer["metrics"]!["robust_accuracy"]!.GetValue<double>());
        Assert.Equal(HttpStatusCode.NotFound, (await app.GetAsync($"api/adversarial/{transfer["id"]!.GetValue<string>()}/manifest")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await app.GetAsync("api/adversarial/none/manifest")).Status);
    }

    /// <summary>Part of the samples were made before the kill; all are as without it.</summary>
    [RealDataFact]
    public async Task A_job_whose_process_is_killed_gives_the_same_samples()
    {
        var (model, dataset) = (AppStack.Unique("digits"), AppStack.Unique("digits"));
        await PutModelAsync(model, "mnist.onnx");
        await app.PutDatasetAsync(dataset, Digits(8_000, 640));
        var request = new JsonObject
        {
            ["model"] = model, ["version"] = "1", ["dataset"] = dataset, ["label"] = "label",
            ["attack"] = new JsonObject { ["name"] = "pgd", ["eps"] = 0.1, ["eps_step"] = 0.01, ["max_iter"] = 100, ["num_random_init"] = 1 },
        };
        var whole = await app.RunJobAsync("adversarial", request);
        Assert.Equal("completed", whole["status"]!.GetValue<string>());
        var killed = await app.RunJobAndCrashAsync("adversarial", request, p => p["total"]!.GetValue<int>() > 1 && p["done"]!.GetValue<double>() >= 1);
        string[] Samples(JsonNode job) =>
            [.. job["outputs"]!.AsArray().Where(o => o!["role"]!.GetValue<string>() == "adversarial-samples").Select(o => o!["digest"]!.GetValue<string>()).Order()];
        Assert.NotEmpty(Samples(whole));
        Assert.Equal(Samples(whole), Samples(killed));
        Assert.Equal(whole["metrics"]!.ToJsonString(), killed["metrics"]!.ToJsonString());
    }

    [RealDataFact]
    public async Task A_detector_is_attacked_on_a_zip_of_photos_with_a_damaged_one()
    {
        var (model, dataset) = (AppStack.Unique("fast"), AppStack.Unique("photos"));
        await PutModelAsync(model, "FastestDet.onnx");
        var photo = RealData.Read("photos/coco/000000000785.jpg");
        var version = (await app.SendAsync(HttpMethod.Put, $"api/datasets/{dataset}", new ByteArrayContent(Zips.Of(("a.jpg", photo), ("b.jpg",
            photo[..4_000]))))).Expect(HttpStatusCode.Created);
        Assert.Equal(2, version["rows"]!.GetValue<int>());
        var job = await app.RunJobAsync("adversarial", new JsonObject
        {
            ["task"] = "detection", ["dataset"] = dataset, ["attack"] = new JsonObject { ["name"] = "pgd", ["max_iter"] = 4, ["loss"] = "tog_vanishing" },
            ["base_model"] = new JsonObject { ["uri"] = model, ["version"] = "1", ["family"] = "fastestdet",
                ["preprocess"] = new JsonObject { ["color"] = "bgr" } },
            ["gate"] = new JsonObject { ["maxRelativeMapDrop"] = 0.05 },
        });
        Assert.Equal("completed", job["status"]!.GetValue<string>());
        Assert.Equal(1, job["metrics"]!["skipped"]!.GetValue<double>());
        Assert.InRange(job["metrics"]!["map_drop"]!.GetValue<double>(), .3, 1);
        Assert.False(job["accepted"]!.GetValue<bool>());
        var report = (await app.GetAsync($"api/jobs/{job["id"]!.GetValue<string>()}/report.html")).Text;
        Assert.Contains("data:image/jpeg", report, StringComparison.Ordinal);
        Assert.Contains("Images that could not be used", report, StringComparison.Ordinal);
    }

    [RealDataFact]
    public async Task A_request_that_lands_as_a_blob_becomes_a_job_once()
    {
        var (model, dataset) = (AppStack.Unique("digits"), AppStack.Unique("digits"));
        await PutModelAsync(model, "mnist.onnx");
        await app.PutDatasetAsync(dataset, Digits(9_000, 5));
        var yaml = Encoding.UTF8.GetBytes(
            $"base_model: {{ uri: models/{model}/1 }}\ndataset: {{ uri: datasets/{dataset} }}\nlabel: label\nattack: {{ name: fgsm, eps: 25/255 }}\n");
        await using var catalog = app.OpenCatalog();
        await catalog.Inbox.GetBlobClient("adversarial/requests/nightly.yaml").UploadAsync(new BinaryData(yaml), overwrite: true);
        var id = "adversarial-" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(yaml))[..32];
        await AppStack.UntilAsync(() => app.GetAsync($"api/jobs/{id}"), answer => answer.Status == HttpStatusCode.OK, "the job of the blob");
        Assert.Equal(5, (await app.EndOfJobAsync(id))["metrics"]!["samples"]!.GetValue<double>());
    }

    [Fact]
    public async Task A_zip_without_images_and_a_request_without_sense_are_refused()
    {
        var refused = await app.SendAsync(HttpMethod.Put, $"api/datasets/{AppStack.Unique("zip")}", new ByteArrayContent(Zips.Of(("a.txt",
            Encoding.UTF8.GetBytes("a")))));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("no image", refused.Text, StringComparison.Ordinal);
        var request = new JsonObject { ["model"] = "m", ["dataset"] = "d", ["attack"] = new JsonObject { ["name"] = "pgd", ["eps"] = "8/0" } };
        var answer = await app.PostAsync("api/jobs/adversarial", request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("attack.eps", answer.Text, StringComparison.Ordinal);
    }

    private async Task PutModelAsync(string name, string file) => (await app.SendAsync(
        HttpMethod.Put, $"api/models/{name}/versions", new ByteArrayContent(RealData.Read("models/" + file)))).Expect(HttpStatusCode.Created);

    private static byte[] Digits(int first, int count)
    {
        var (pixels, labels) = RealData.Mnist();
        var text = new StringBuilder(string.Join(',', Enumerable.Range(0, 784).Select(j => $"p{j}"))).Append(",label\n");
        for (var i = first; i < first + count; i++)
            text.AppendJoin(',', pixels[(784 * i)..(784 * (i + 1))]).Append(',').Append(labels[i]).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
