using System.Text;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Iml4e.Catalog;

namespace Iml4e.Tests.Integration.Catalog;

/// <summary>
/// A catalogue with two of everything, of which the first ('m') stays whole and the second ('n') is damaged in every way that there is, by writing to the
/// storage past the catalogue.
/// </summary>
internal sealed class DamagedCatalogue
{
    private readonly string prefix;

    private DamagedCatalogue(CatalogStore store, string prefix)
    {
        Store = store;
        this.prefix = prefix;
    }

    /// <summary>The catalogue.</summary>
    public CatalogStore Store { get; }

    /// <summary>The artefact whose bytes are changed.</summary>
    public string Part { get; } = Digest.Of("part"u8);

    /// <summary>The artefact that is deleted.</summary>
    public string Gone { get; } = Digest.Of("gone"u8);

    /// <summary>The one fault before the damage, a part of a wrong size; its place ends in the manifest's name and the part's.</summary>
    public const string SizedPlace = "datasets/sized/";

    /// <summary>What is wrong after the damage: path and kind, in order.</summary>
    public IReadOnlyList<string> Faults =>
    [
        "artefacts/notes.txt foreign", $"artefacts/{Part} digest", "audit/n/2 chain", "datasets/n/versions/1 missing", "datasets/n/versions/9 missing",
        "datasets/n/versions/9 order", $"{SizedPlace}… size", "documents/things/n.json unreadable", "models/n/aliases chain",
        "models/n/aliases/champion reference",
        "models/n/versions/2 reference", "predictions/n unreadable", "predictions/n.… reference", "runs/m reference", "runs/n missing", "runs/n reference",
    ];

    /// <summary>A fault as <see cref="Faults"/> tells it: without what differs from run to run.</summary>
    public static string Told(string path, string kind)
    {
        foreach (var start in new[] { "predictions/n.", SizedPlace })
            path = path.StartsWith(start, StringComparison.Ordinal) ? start + "…" : path;
        return $"{path} {kind}";
    }

    /// <summary>Fills a new catalogue.</summary>
    public static async Task<DamagedCatalogue> CreateAsync()
    {
        var (store, prefix) = await CatalogFixture.CreateAsync();
        var model = (await store.Artefacts.PutAsync("model"u8.ToArray(), "application/onnx")).Digest;
        var part = (await store.Artefacts.PutAsync("part"u8.ToArray())).Digest;
        var gone = (await store.Artefacts.PutAsync("gone"u8.ToArray())).Digest;
        foreach (var name in new[] { "m", "n" })
        {
            var second = name == "n" ? gone : model;
            await store.Models.RegisterAsync(new ModelRegistration { Model = name, Key = "a", Digest = model, Size = 5 });
            await store.Models.RegisterAsync(new ModelRegistration { Model = name, Key = "b", Digest = second, Size = name == "n" ? 4 : 5 });
            await store.Models.MoveAliasAsync(name, "champion", "1", null, "me", "first");
            await store.Models.MoveAliasAsync(name, "champion", "2", "1", "me", "second");
            await store.Audit.AppendAsync(name, "me", "Look", new JsonObject { ["n"] = 1 });
            await store.Audit.AppendAsync(name, "me", "Look", new JsonObject { ["n"] = 2 });
            await store.Datasets.AddVersionAsync(name, [new DatasetPart(part, "a.csv", 4, "text/csv")], DatasetMode.Replace, "a");
            await store.Datasets.AddVersionAsync(name, [new DatasetPart(part, "b.csv", 4, "text/csv")], DatasetMode.Append, "b");
            await store.Runs.SaveAsync(new RunRecord
            {
                RunId = name, Kind = "train", Model = name, StartedAt = DateTimeOffset.UtcNow,
                Inputs = [new RunArtefact("data", gone), new RunArtefact("version", "", "m/1")],
            });
            await store.Documents.PutAsync($"things/{name}.json", new JsonObject { ["n"] = 1 });
            await store.Predictions.AppendAsync(
                CatalogFixture.Prediction(store, name, DateTimeOffset.UtcNow, 1) with { Version = name == "n" ? "2" : "1", Digest = second });
        }

        await store.Datasets.AddVersionAsync("sized", [new DatasetPart(part, "a.csv", 5, "text/csv")], DatasetMode.Replace, "a");
        return new DamagedCatalogue(store, prefix);
    }

    /// <summary>Does the damage.</summary>
    public async Task DamageAsync()
    {
        var service = Azurite.Shared.CreateClient();
        var catalog = service.GetBlobContainerClient(prefix + "catalog");
        var logs = service.GetBlobContainerClient(prefix + "logs");
        var artefacts = service.GetBlobContainerClient(prefix + "artefacts");
        await Store.Artefacts.DeleteAsync(Gone);
        await artefacts.GetBlobClient($"sha256/{Part[7..9]}/{Part[9..]}").UploadAsync(new BinaryData("parT"), overwrite: true);
        await artefacts.UploadBlobAsync("notes.txt", new BinaryData("x"));
        await ChangeAsync(catalog, "models/n", text => text.Replace("\"champion\":\"2\"", "\"champion\":\"3\"", StringComparison.Ordinal));
        await ChangeAsync(catalog, "datasets/n", text => text.Replace("\"version\":\"2\"", "\"version\":\"9\"", StringComparison.Ordinal));
        await ChangeAsync(catalog, "documents/things/n.json", _ => "{");
        foreach (var folder in new[] { "dataset-manifests/n/", "run-index/model/n/" })
        {
            await foreach (var blob in catalog.GetBlobsAsync(prefix: folder))
                await catalog.DeleteBlobAsync(blob.Name);
        }

        await foreach (var blob in logs.GetBlobsAsync(prefix: "audit/n/"))
        {
            var lines = (await logs.GetBlobClient(blob.Name).DownloadContentAsync()).Value.Content.ToString();
            var log = logs.GetAppendBlobClient(blob.Name);
            await log.CreateAsync(new AppendBlobCreateOptions());
            await log.AppendBlockAsync(new MemoryStream(Encoding.UTF8.GetBytes(lines.Replace("\"n\":2", "\"n\":3", StringComparison.Ordinal))));
        }

        await foreach (var blob in logs.GetBlobsAsync(prefix: "predictions/n/"))
            await logs.GetAppendBlobClient(blob.Name).AppendBlockAsync(new MemoryStream("torn\n"u8.ToArray()));
        await Store.Predictions.AppendAsync(CatalogFixture.Prediction(Store, "n", DateTimeOffset.UtcNow, 1) with { Version = "7" });
    }

    private static async Task ChangeAsync(BlobContainerClient container, string name, Func<string, string> change)
    {
        var blob = container.GetBlobClient(name);
        var text = (await blob.DownloadContentAsync()).Value.Content.ToString();
        Assert.NotEqual(text, change(text));
        await blob.UploadAsync(new BinaryData(change(text)), overwrite: true);
    }
}
