using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Iml4e.Catalog;

/// <summary>
/// Deletes artefacts that nothing names any more, a grace time after they were last stored or named, and the blocks of uploads that were cut off.
/// </summary>
/// <remarks>
/// Mark: whatever has the form of a digest, in any document of the catalogue, in the audit logs, and in JSON artefacts (reports, manifests) that are
/// themselves named; for models also in the prediction logs. Sweep: what is neither marked nor young is deleted in the version that was listed.
/// A registration that runs at the same time is safe: it stores or holds the artefact first (<see cref="ArtefactStore.HoldAsync"/>), which makes it young or,
/// if it had been listed before, another version than the one listed; or it finds it gone, and stores it again or is refused. Two collections at once do no
/// harm. Work under way that knows an artefact from its orchestration alone is protected by the grace time: it has to be longer than such work.
/// All ages are of the storage's clock.
/// </remarks>
public sealed class GarbageCollector
{
    /// <summary>The least grace time: a day.</summary>
    public static readonly TimeSpan LeastGrace = TimeSpan.FromDays(1);

    private const int Parallel = 8;
    private readonly BlobContainerClient artefacts;
    private readonly BlobContainerClient catalog;
    private readonly BlobContainerClient logs;

    internal GarbageCollector(BlobContainerClient artefacts, BlobContainerClient catalog, BlobContainerClient logs)
    {
        this.artefacts = artefacts;
        this.catalog = catalog;
        this.logs = logs;
    }

    /// <summary>Collects.</summary>
    /// <param name="grace">How long an artefact stays after it was last stored or named; at least <see cref="LeastGrace"/>.</param>
    /// <param name="dryRun">Looks only.</param>
    /// <param name="ct">Cancels.</param>
    public Task<GarbageReport> CollectAsync(TimeSpan grace, bool dryRun, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(grace, LeastGrace);
        return CollectUncheckedAsync(grace, dryRun, ct);
    }

    /// <summary>With any grace time, for tests.</summary>
    internal async Task<GarbageReport> CollectUncheckedAsync(TimeSpan grace, bool dryRun, CancellationToken ct)
    {
        var marked = await MarkAsync(ct);
        var report = new GarbageReport { DryRun = dryRun, Grace = grace };
        var digests = new List<string>();
        HashSet<UInt128>? predicted = null;
        await foreach (var page in artefacts.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, cancellationToken: ct).AsPages())
        {
            var limit = (page.GetRawResponse().Headers.Date ?? throw new InvalidOperationException("the storage does not tell the time")) - grace;
            foreach (var blob in page.Values)
            {
                if (!DigestScanner.TryName(blob.Name, out var name))
                    continue;
                if (ArtefactStore.IsAbandoned(blob.Metadata))
                {
                    report = report with { AbandonedUploads = report.AbandonedUploads + 1 };
                    if (!dryRun)
                        await DeleteAsync(blob, ct);
                    continue;
                }

                report = report with { Artefacts = report.Artefacts + 1 };
                if (marked.Contains(name) || (IsOld(blob, limit) && IsModel(blob) && (predicted ??= await PredictedAsync(ct)).Contains(name)))
                {
                    report = report with { Referenced = report.Referenced + 1 };
                    continue;
                }

                if (!IsOld(blob, limit))
                {
                    report = report with { Young = report.Young + 1 };
                    continue;
                }

                if (!dryRun && !await DeleteAsync(blob, ct))
                {
                    report = report with { Rescued = report.Rescued + 1 };
                    continue;
                }

                report = report with { Garbage = report.Garbage + 1, GarbageBytes = report.GarbageBytes + (blob.Properties.ContentLength ?? 0) };
                if (digests.Count < GarbageReport.MaxListed)
                    digests.Add(DigestScanner.Digest(blob.Name));
            }
        }

        return report with { Digests = digests, AbandonedUploads = report.AbandonedUploads + await UploadsAsync(grace, dryRun, ct) };
    }

    private static bool IsOld(BlobItem blob, DateTimeOffset limit) => blob.Properties.LastModified is { } modified && modified <= limit;

    private static bool IsModel(BlobItem blob) => blob.Properties.ContentType == "application/onnx";

    private static bool IsJson(BlobItem blob) => blob.Properties.ContentType?.Contains("json", StringComparison.OrdinalIgnoreCase) == true;

    private async Task<HashSet<UInt128>> MarkAsync(CancellationToken ct)
    {
        var marked = new HashSet<UInt128>();
        await ScanAsync(catalog, null, static _ => true, marked, ct);
        await ScanAsync(logs, "audit/", static _ => true, marked, ct);

        // Reports name other artefacts, and may be named by others: until nothing new turns up.
        var scanned = new HashSet<UInt128>();
        int before;
        do
        {
            before = scanned.Count;
            await ScanAsync(
                artefacts, null, blob => IsJson(blob) && DigestScanner.TryName(blob.Name, out var name) && marked.Contains(name) && scanned.Add(name), marked,
                ct);
        }
        while (scanned.Count > before);
        return marked;
    }

    private async Task<HashSet<UInt128>> PredictedAsync(CancellationToken ct)
    {
        var found = new HashSet<UInt128>();
        await ScanAsync(logs, "predictions/", static _ => true, found, ct);
        return found;
    }

    private static async Task ScanAsync(
        BlobContainerClient container, string? prefix, Func<BlobItem, bool> choice, HashSet<UInt128> found, CancellationToken ct)
    {
        var running = new Queue<Task<HashSet<UInt128>>>();
        await foreach (var blob in container.GetBlobsAsync(prefix: prefix, cancellationToken: ct))
        {
            if (!(blob.Properties.ContentLength > 0) || !choice(blob))
                continue;
            running.Enqueue(ScanAsync(container.GetBlobClient(blob.Name), ct));
            if (running.Count >= Parallel)
                found.UnionWith(await running.Dequeue());
        }

        while (running.TryDequeue(out var task))
            found.UnionWith(await task);
    }

    private static async Task<HashSet<UInt128>> ScanAsync(BlobClient blob, CancellationToken ct)
    {
        var found = new HashSet<UInt128>();
        try
        {
            // In ranges: a log that grows meanwhile is read to where it is then.
            await using var stream = await blob.OpenReadAsync(new BlobOpenReadOptions(allowModifications: true) { BufferSize = 1024 * 1024 }, ct);
            await DigestScanner.ScanAsync(stream, found, ct);
        }
        catch (RequestFailedException e) when (BlobFaults.IsBlobMissing(e))
        {
            // Deleted since it was listed: it names nothing any more.
        }

        return found;
    }

    /// <summary>Deletes the version that was listed; false when it has been touched since, or is gone.</summary>
    private async Task<bool> DeleteAsync(BlobItem blob, CancellationToken ct)
    {
        try
        {
            await artefacts.GetBlobClient(blob.Name).DeleteAsync(
                conditions: new BlobRequestConditions { IfMatch = blob.Properties.ETag }, cancellationToken: ct);
            return true;
        }
        catch (RequestFailedException e) when (BlobFaults.IsConflict(e) || BlobFaults.IsBlobMissing(e))
        {
            return false;
        }
    }

    /// <summary>Throws away blocks that were staged and never committed.</summary>
    private async Task<long> UploadsAsync(TimeSpan grace, bool dryRun, CancellationToken ct)
    {
        long count = 0;
        await foreach (var page in artefacts.GetBlobsAsync(BlobTraits.Metadata, BlobStates.Uncommitted, cancellationToken: ct).AsPages())
        {
            var limit = (page.GetRawResponse().Headers.Date ?? DateTimeOffset.MinValue) - grace;
            foreach (var item in page.Values)
            {
                if (item.Properties.ContentLength > 0 || !IsOld(item, limit))
                    continue;
                var blob = artefacts.GetBlockBlobClient(item.Name);
                if (await blob.ExistsAsync(ct))
                    continue;
                if (dryRun || await AbandonAsync(blob, ct))
                    count++;
            }
        }

        return count;
    }

    private static async Task<bool> AbandonAsync(BlockBlobClient blob, CancellationToken ct)
    {
        try
        {
            // Committing no blocks throws the staged ones away; whoever uploads at this very moment finds a blob that says so, removes it and begins again.
            var empty = await blob.CommitBlockListAsync(
                [],
                new CommitBlockListOptions
                {
                    Metadata = new Dictionary<string, string> { [ArtefactStore.AbandonedKey] = "true" },
                    Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
                },
                ct);
            await blob.DeleteIfExistsAsync(conditions: new BlobRequestConditions { IfMatch = empty.Value.ETag }, cancellationToken: ct);
            return true;
        }
        catch (RequestFailedException e) when (BlobFaults.IsConflict(e) || BlobFaults.IsBlobMissing(e))
        {
            return false; // Committed, or removed, by its own writer after all.
        }
    }
}
