using Azure.Storage.Blobs;

namespace Iml4e.Catalog;

/// <summary>Checks the audit logs' chains, and that the prediction logs can be read and name versions as they were registered.</summary>
internal sealed class LogVerifier(BlobContainerClient logs, AuditLog audit, PredictionLog predictions, ModelRegistry models)
{
    public async Task VerifyAuditAsync(Verification verification, CancellationToken ct)
    {
        await foreach (var model in FoldersAsync("audit/", ct))
        {
            var found = await audit.VerifyAsync(model, ct);
            verification.Count("auditLogs");
            verification.Count("auditEntries", found.Entries);
            if (!found.Intact)
                await verification.FaultAsync($"audit/{model}/{found.FirstBroken}", "chain", $"the chain is not intact at this entry: {found.Problem}");
        }
    }

    public async Task VerifyPredictionsAsync(Verification verification, CancellationToken ct)
    {
        await foreach (var model in FoldersAsync("predictions/", ct))
        {
            var digests = await DigestsAsync(model, ct);
            var told = new HashSet<string>(StringComparer.Ordinal);
            var cursor = LogCursor.Start;
            long skipped = 0;
            LogBatch<PredictionRecord> batch;
            do
            {
                batch = await predictions.ReadSlimAsync(model, cursor, ct: ct);
                cursor = batch.Next;
                skipped += batch.Skipped;
                verification.Count("predictions", batch.Records.Count);
                if (batch.Records.Any(r => !digests.ContainsKey(r.Version)))
                    digests = await DigestsAsync(model, ct);
                foreach (var record in batch.Records)
                {
                    if (digests.GetValueOrDefault(record.Version) != record.Digest && told.Count < 100 && told.Add(record.Version))
                    {
                        await verification.FaultAsync(
                            $"predictions/{record.Id}", "reference",
                            $"was made by version {ResourceName.Quote(record.Version)}, which is not registered with its artefact");
                    }
                }
            }
            while (!batch.CaughtUp);
            if (skipped > 0)
                await verification.FaultAsync($"predictions/{model}", "unreadable", $"{skipped} lines cannot be read, or are doubled");
        }
    }

    private async Task<Dictionary<string, string>> DigestsAsync(string model, CancellationToken ct)
        => (await models.GetAsync(model, ct))?.Versions.ToDictionary(v => v.Version, v => v.Digest, StringComparer.Ordinal) ?? [];

    private async IAsyncEnumerable<string> FoldersAsync(string root, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var item in logs.GetBlobsByHierarchyAsync(prefix: root, delimiter: "/", cancellationToken: ct))
        {
            if (item.IsPrefix && item.Prefix[root.Length..^1] is var model && ResourceName.IsValid(model))
                yield return model;
        }
    }
}
