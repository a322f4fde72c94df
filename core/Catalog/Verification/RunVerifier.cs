using Azure.Storage.Blobs;

namespace Iml4e.Catalog;

/// <summary>Checks runs: the artefacts that they name, and that they stand in the lists they belong to.</summary>
internal sealed class RunVerifier(BlobContainerClient container, DocumentStore runs)
{
    public Task VerifyAsync(Verification verification, CancellationToken ct)
        => verification.EachAsync<RunRecord>(
            runs,
            "runs",
            async (path, run, cancel) =>
            {
                var place = $"runs/{path}";
                if (run.RunId != path)
                    await verification.FaultAsync(place, "order", $"is the record of run {ResourceName.Quote(run.RunId)}");
                foreach (var digest in RunStore.Digests(run))
                    await verification.ReferenceAsync(place, digest, null, cancel);
                foreach (var name in RunStore.IndexNames(run))
                {
                    if (!await container.GetBlobClient(name).ExistsAsync(cancel))
                        await verification.FaultAsync(place, "missing", $"does not stand in the list {name[..name.LastIndexOf('/')]}");
                }
            },
            ct);
}
