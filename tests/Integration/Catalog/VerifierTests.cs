using System.Text;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Iml4e.Catalog;

namespace Iml4e.Tests.Integration.Catalog;

public sealed class VerifierTests
{
    [Fact]
    public async Task A_catalogue_as_it_was_written_is_intact_and_each_damage_is_told_with_its_path()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        var model = (await store.Artefacts.PutAsync("model"u8.ToArray(), "application/onnx")).Digest;
        var part = (await store.Artefacts.PutAsync("part"u8.ToArray())).Digest;
        var gone = (await store.Artefacts.PutAsync("gone"u8.ToArray())).Digest;
        foreach (var name in new[] { "m", "n" })
        {
            await store.Models.RegisterAsync(new ModelRegistration { Model = name, Key = "a", Digest = model, Size = 5 });
            await store.Models.RegisterAsync(new ModelRegistration { Model = name, Key = "b", Digest = name == "n" ? gone : model, Size = name == "n" ? 4 : 5 });
            await store.Models.MoveAliasAsync(name, "champion", "1", null, "me", "first");
            await store.Models.MoveAliasAsync(name, "champion", "2", "1", "me", "second");
            await store.Audit.AppendAsync(name, "me", "Look", new JsonObject { ["n"] = 1 });
            await store.Audit.AppendAsync(name, "me", "Look", new JsonObject { ["n"] = 2 });
            await store.Datasets.AddVersionAsync(name, [new DatasetPart(part, "a.csv", 4, "text/csv")], DatasetMode.Replace, "a");
            await store.Datasets.AddVersionAsync(name, [new DatasetPart(part, "b.csv", name == "n" ? 5 : 4, "text/csv")], DatasetMode.Append, "b");
            await store.Runs.SaveAsync(
                new RunRecord { RunId = name, Kind = "train", Model = name, StartedAt = DateTimeOffset.UtcNow, Inputs = [new RunArtefact("data", gone), new RunArtefact("version", "", "m/1")] });
            await store.Documents.PutAsync($"things/{name}.json", new JsonObject { ["n"] = 1 });
            await store.Predictions.AppendAsync(CatalogFixture.Prediction(store, name, DateTimeOffset.UtcNow, 1) with { Version = name == "n" ? "2" : "1", Digest = name == "n" ? gone : model });
        }

        // Of 'n' everything but the size of a part is right as yet.
        var (before, size) = await VerifyAsync(store);
        Assert.Equal("datasets/n/", Assert.Single(size).Path[..11]);
        Assert.Equal("size", size[0].Kind);
        Assert.Equal(
            """{"aliasMoves":4,"artefacts":3,"auditEntries":4,"auditLogs":2,"datasetManifests":4,"datasetVersions":4,"datasets":2,"documents":2,"modelVersions":4,"models":2,"predictions":2,"references":10,"runs":2}""",
            System.Text.Json.JsonSerializer.Serialize(before.Checked));

        var service = Azurite.Shared.CreateClient();
        var catalog = service.GetBlobContainerClient(prefix + "catalog");
        var logs = service.GetBlobContainerClient(prefix + "logs");
        var artefacts = service.GetBlobContainerClient(prefix + "artefacts");
        await store.Artefacts.DeleteAsync(gone);
        await artefacts.GetBlobClient($"sha256/{part[7..9]}/{part[9..]}").UploadAsync(new BinaryData("parT"), overwrite: true);
        await artefacts.UploadBlobAsync("notes.txt", new BinaryData("x"));
        await ChangeAsync(catalog, "models/n", text => text.Replace("\"champion\":\"2\"", "\"champion\":\"3\"", StringComparison.Ordinal));
        await ChangeAsync(catalog, "documents/things/n.json", _ => "{");
        await foreach (var blob in catalog.GetBlobsAsync(prefix: "dataset-manifests/n/"))
            await catalog.DeleteBlobAsync(blob.Name);
        await foreach (var blob in catalog.GetBlobsAsync(prefix: "run-index/model/n/"))
            await catalog.DeleteBlobAsync(blob.Name);
        await foreach (var blob in logs.GetBlobsAsync(prefix: "audit/n/"))
        {
            var lines = (await logs.GetBlobClient(blob.Name).DownloadContentAsync()).Value.Content.ToString().Replace("\"n\":2", "\"n\":3", StringComparison.Ordinal);
            var log = logs.GetAppendBlobClient(blob.Name);
            await log.CreateAsync(new AppendBlobCreateOptions());
            await log.AppendBlockAsync(new MemoryStream(Encoding.UTF8.GetBytes(lines)));
        }

        await foreach (var blob in logs.GetBlobsAsync(prefix: "predictions/n/"))
            await logs.GetAppendBlobClient(blob.Name).AppendBlockAsync(new MemoryStream("torn\n"u8.ToArray()));
        await store.Predictions.AppendAsync(CatalogFixture.Prediction(store, "n", DateTimeOffset.UtcNow, 1) with { Version = "7" });

        var (after, faults) = await VerifyAsync(store);
        Assert.False(after.Intact);
        Assert.Equal(
            [
                $"artefacts/notes.txt foreign", $"artefacts/{part} digest", "audit/n/2 chain", "datasets/n/versions/1 missing", "datasets/n/versions/2 missing",
                "documents/things/n.json unreadable", "models/n/aliases chain", "models/n/aliases/champion reference", "models/n/versions/2 reference",
                "predictions/n unreadable", "predictions/n.… reference", "runs/m reference", "runs/n missing", "runs/n reference",
            ],
            faults.Select(f => $"{(f.Path.StartsWith("predictions/n.", StringComparison.Ordinal) ? "predictions/n.…" : f.Path)} {f.Kind}").Order(StringComparer.Ordinal));
        Assert.All(faults, f => Assert.NotEmpty(f.Problem));
        Assert.Equal(["audit/n/2"], (await VerifyAsync(store, VerificationScope.Audit)).Faults.Select(f => f.Path));
    }

    private static async Task<(VerificationSummary Summary, List<CatalogFault> Faults)> VerifyAsync(CatalogStore store, VerificationScope scope = VerificationScope.All)
    {
        var faults = new List<CatalogFault>();
        var summary = await store.Verifier.VerifyAsync(scope, fault =>
        {
            faults.Add(fault);
            return ValueTask.CompletedTask;
        });
        Assert.Equal(faults.Count, summary.Faults);
        return (summary, faults);
    }

    private static async Task ChangeAsync(BlobContainerClient container, string name, Func<string, string> change)
    {
        var blob = container.GetBlobClient(name);
        var text = (await blob.DownloadContentAsync()).Value.Content.ToString();
        Assert.NotEqual(text, change(text));
        await blob.UploadAsync(new BinaryData(change(text)), overwrite: true);
    }
}
