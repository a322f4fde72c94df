using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Iml4e.Catalog;

/// <summary>Reads every artefact and compares it with its name.</summary>
internal sealed class ArtefactVerifier(BlobContainerClient container, ArtefactStore store)
{
    public ArtefactStore Store => store;

    public Task VerifyAsync(Verification verification, CancellationToken ct)
        => Parallel.ForEachAsync(
            container.GetBlobsAsync(BlobTraits.Metadata, cancellationToken: ct),
            new ParallelOptions { MaxDegreeOfParallelism = Verification.Parallel, CancellationToken = ct },
            async (blob, cancel) =>
            {
                if (ArtefactStore.IsAbandoned(blob.Metadata))
                    return;
                verification.Count("artefacts");
                if (!DigestScanner.TryName(blob.Name, out _) || !Digest.IsValid(DigestScanner.Digest(blob.Name)))
                {
                    await verification.FaultAsync($"artefacts/{blob.Name}", "foreign", "is not named by a digest");
                    return;
                }

                var digest = DigestScanner.Digest(blob.Name);
                try
                {
                    await using var stream = await store.OpenReadAsync(digest, cancel);
                    await stream.CopyToAsync(Stream.Null, cancel);
                }
                catch (DigestMismatchException e)
                {
                    await verification.FaultAsync($"artefacts/{digest}", "digest", $"its bytes have the digest {e.Actual}");
                }
                catch (CatalogNotFoundException)
                {
                    // Collected since it was listed.
                }
            });
}
