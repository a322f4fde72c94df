using System.Globalization;

namespace Iml4e.Catalog;

/// <summary>Checks data sets: versions without gaps, their manifests, and every part's artefact and size.</summary>
internal sealed class DatasetVerifier(DocumentStore datasets, DocumentStore manifests)
{
    public async Task VerifyAsync(Verification verification, CancellationToken ct)
    {
        await verification.EachAsync<DatasetDocument>(datasets, "datasets", (path, dataset, cancel) => VerifyAsync(verification, path, dataset, cancel), ct);
        await verification.EachAsync<DatasetManifest>(
            manifests,
            "datasetManifests",
            async (path, manifest, cancel) =>
            {
                var place = $"datasets/{path}";
                foreach (var part in manifest.Parts)
                    await verification.ReferenceAsync($"{place}/{part.Name}", part.Digest, part.Bytes, cancel);
                if (manifest.Base is { } below && await ReadAsync(path[..path.IndexOf('/', StringComparison.Ordinal)], below, cancel) is null)
                    await verification.FaultAsync(place, "reference", $"goes on from the manifest {below}, which is not there");
            },
            ct);
    }

    private async Task VerifyAsync(Verification verification, string path, DatasetDocument dataset, CancellationToken ct)
    {
        var place = $"datasets/{path}";
        if (dataset.Name != path)
            await verification.FaultAsync(place, "order", $"is the document of data set {ResourceName.Quote(dataset.Name)}");
        if (dataset.Versions.DistinctBy(v => v.Summary.Key).Count() != dataset.Versions.Count)
            await verification.FaultAsync(place, "order", "has two versions of one key");
        for (var i = 0; i < dataset.Versions.Count; i++)
        {
            verification.Count("datasetVersions");
            var (summary, name) = dataset.Versions[i];
            var at = $"{place}/versions/{summary.Version}";
            if (summary.Version != (i + 1).ToString(CultureInfo.InvariantCulture))
                await verification.FaultAsync(at, "order", $"is the version number {i + 1}");
            if (await ReadAsync(dataset.Name, name, ct) is not { } manifest)
                await verification.FaultAsync(at, "missing", $"its manifest {name} is not there");
            else if (manifest.Key != summary.Key)
                await verification.FaultAsync(at, "reference", $"its manifest {name} is of another key");
        }
    }

    private async Task<DatasetManifest?> ReadAsync(string dataset, string name, CancellationToken ct)
    {
        try
        {
            return (await manifests.ReadAsync<DatasetManifest>($"{dataset}/{name}", ct))?.Value;
        }
        catch (System.Text.Json.JsonException)
        {
            return null; // Told of when the manifests themselves are walked; who names it finds nothing.
        }
    }
}
