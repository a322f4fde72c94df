using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.Catalog;

namespace Iml4e.Tests.Integration.App;

/// <summary>Blobs that land in the inbox, with the app's own trigger.</summary>
[Collection(AppCollection.Name)]
public sealed class InboxTests(AppStack app)
{
    [Fact]
    public async Task A_blob_becomes_a_version_once_and_its_champion_is_evaluated()
    {
        var name = AppStack.Unique("inbox");
        await app.PutDatasetAsync(name, MadeData.Regression(300, 11));
        await app.CreatePipelineAsync(name);
        await app.RetrainAsync(name, "first");
        await using var catalog = app.OpenCatalog();
        var blob = catalog.Inbox.GetBlobClient($"datasets/{name}/x.csv");

        await blob.UploadAsync(new BinaryData(MadeData.Regression(200, 12)));
        Assert.Equal(500, await RowsOfNewestAsync(name, versions: 2));
        var evaluation = await EndOfEvaluationAsync($"evaluate-{name}-1-{name}-2");
        Assert.Equal("completed", evaluation["status"]!.GetValue<string>());
        Assert.Equal("evaluate", evaluation["kind"]!.GetValue<string>());
        Assert.Equal(name, evaluation["pipeline"]!.GetValue<string>());
        Assert.InRange(evaluation["metrics"]!["mae"]!.GetValue<double>(), 0.05, 0.2);

        // The same content again, then another blob: when that one is in, the first would be too.
        await blob.UploadAsync(new BinaryData(MadeData.Regression(200, 12)), overwrite: true);
        await AwaitReceiptAsync(name, "y.csv", MadeData.Regression(100, 13));
        Assert.Equal(600, await RowsOfNewestAsync(name, versions: 3));

        await blob.UploadAsync(new BinaryData(MadeData.Regression(200, 14)), overwrite: true);
        Assert.Equal(800, await RowsOfNewestAsync(name, versions: 4));
        foreach (var version in new[] { 3, 4 })
            Assert.Equal("completed", (await EndOfEvaluationAsync($"evaluate-{name}-1-{name}-{version}"))["status"]!.GetValue<string>());
        var jobs = (await app.GetAsync("api/jobs?kind=evaluate&top=500")).Expect(HttpStatusCode.OK)["jobs"]!.AsArray();
        Assert.Equal(3, jobs.Count(j => j!["pipeline"]?.GetValue<string>() == name));
    }

    [Fact]
    public async Task A_blob_that_cannot_be_read_is_refused_once_and_the_reason_kept()
    {
        var name = AppStack.Unique("inbox");
        await using var catalog = app.OpenCatalog();
        await catalog.Inbox.GetBlobClient($"datasets/{name}/bad.csv").UploadAsync(new BinaryData(new byte[] { 0x61, 0x00, 0x62, 0xff, 0xfe }));
        var note = await AppStack.UntilAsync(
            () => RefusalsAsync(catalog, name), found => found.Count > 0, "the note of the refusal");
        Assert.Equal("bad.csv", Assert.Single(note)["file"]!.GetValue<string>());
        Assert.Equal("data", note[0]["path"]!.GetValue<string>());
        Assert.NotEmpty(note[0]["message"]!.GetValue<string>());

        // A good blob after it is taken in: the bad one holds nothing up, is not tried again and not put aside as poison.
        await AwaitReceiptAsync(name, "good.csv", MadeData.Regression(100, 15));
        Assert.Equal(100, await RowsOfNewestAsync(name, versions: 1));
        Assert.Single(app.Log.Split('\n'), line => line.Contains($"Blob bad.csv for data set {name} was refused", StringComparison.Ordinal));
        var poison = (await app.GetAsync("admin/blobs/poison")).Expect(HttpStatusCode.OK)["blobs"]!.AsArray();
        Assert.DoesNotContain(poison, p => p!.ToJsonString().Contains(name, StringComparison.Ordinal));
        Assert.Single(await RefusalsAsync(catalog, name));
    }

    [Fact]
    public async Task Folders_that_are_no_names_and_other_places_are_left_alone()
    {
        await using var catalog = app.OpenCatalog();
        foreach (var path in new[] { "datasets/Not A Name/x.csv", "datasets/..x/x.csv", "elsewhere/good/x.csv" })
            await catalog.Inbox.GetBlobClient(path).UploadAsync(new BinaryData(MadeData.Regression(100, 16)), overwrite: true);
        var name = AppStack.Unique("inbox");
        await AwaitReceiptAsync(name, "x.csv", MadeData.Regression(100, 17));
        var names = (await app.GetAsync("api/datasets")).Expect(HttpStatusCode.OK)["datasets"]!.AsArray().Select(d => d!.ToJsonString());
        Assert.DoesNotContain(
            names,
            n => n.Contains("Not A Name", StringComparison.Ordinal) || n.Contains("..x", StringComparison.Ordinal) || n.Contains(
                "\"good\"", StringComparison.Ordinal));
        var poison = (await app.GetAsync("admin/blobs/poison")).Expect(HttpStatusCode.OK)["blobs"]!.AsArray();
        Assert.DoesNotContain(
            poison, p => p!.ToJsonString().Contains("Not A Name", StringComparison.Ordinal) || p.ToJsonString().Contains("..x", StringComparison.Ordinal));
    }

    // The version is there a moment before its job is.
    private async Task<JsonNode> EndOfEvaluationAsync(string id)
    {
        await AppStack.UntilAsync(() => app.GetAsync($"api/jobs/{id}"), a => a.Status == HttpStatusCode.OK, $"job {id} to start");
        return await app.EndOfJobAsync(id);
    }

    // Uploads a blob and waits until the app has taken it in.
    private async Task AwaitReceiptAsync(string name, string file, byte[] csv)
    {
        await using var catalog = app.OpenCatalog();
        await catalog.Inbox.GetBlobClient($"datasets/{name}/{file}").UploadAsync(new BinaryData(csv), overwrite: true);
        await AppStack.UntilAsync(
            async () => await catalog.Datasets.GetAsync(name) is { Versions: [.., var newest] }
                && (await catalog.Datasets.GetVersionAsync(name, newest.Version))!.Parts[^1].Name == file,
            there => there,
            $"{file} in the newest version of {name}");
    }

    private async Task<long> RowsOfNewestAsync(string name, int versions)
    {
        var dataset = await AppStack.UntilAsync(
            () => app.GetAsync($"api/datasets/{name}"),
            a => a.Status == HttpStatusCode.OK && a.Json["versions"]!.AsArray().Count >= versions,
            $"version {versions} of {name}");
        Assert.Equal(versions, dataset.Json["versions"]!.AsArray().Count);
        var newest = (await app.GetAsync($"api/datasets/{name}/versions/{versions}")).Expect(HttpStatusCode.OK);
        return newest["parts"]!.AsArray().Sum(p => p!["rows"]!.GetValue<long>());
    }

    private static async Task<List<JsonObject>> RefusalsAsync(CatalogStore catalog, string name)
    {
        var notes = new List<JsonObject>();
        await foreach (var document in catalog.Documents.ReadAllAsync<JsonObject>($"inbox/{name}/"))
            notes.Add(document.Value);
        return notes;
    }
}
