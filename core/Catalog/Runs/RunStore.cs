using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Iml4e.Catalog;

/// <summary>Run records, found by id and listed newest first.</summary>
/// <remarks>
/// A record is one document. Beside it lie empty blobs, one for each way of listing (all, by kind, by pipeline, by model), whose names begin with the inverted
/// start time: the storage lists by name, so the newest come first and a page costs what it shows.
/// </remarks>
public sealed class RunStore
{
    private const string IndexRoot = "run-index/";
    private const int MaxExamined = 2000;
    private const long MaxTime = 999_999_999_999_999;
    private readonly BlobContainerClient container;
    private readonly DocumentStore records;
    private readonly ArtefactStore artefacts;

    internal RunStore(BlobContainerClient container, DocumentStore records, ArtefactStore artefacts)
    {
        this.artefacts = artefacts;
        this.container = container;
        this.records = records;
    }

    /// <summary>
    /// Writes the record; doing it twice is doing it once. A record that has ended is not put back to running by a late or repeated save of the same start.
    /// </summary>
    /// <returns>The record as it stands afterwards.</returns>
    /// <exception cref="ArgumentException">Id, kind, pipeline or model are not valid names.</exception>
    /// <exception cref="CatalogNotFoundException">An artefact that went in or came out is not there.</exception>
    public async Task<RunRecord> SaveAsync(RunRecord run, CancellationToken ct = default)
    {
        CheckId(run.RunId);
        ResourceName.Check(run.Kind, "kind");
        if (run.Pipeline is not null)
            ResourceName.Check(run.Pipeline, "pipeline");
        if (run.Model is not null)
            ResourceName.Check(run.Model, "model");

        var before = await GetAsync(run.RunId, ct);
        await HoldAsync(before, run, ct);

        // The signposts go first: a record without them would never be listed, one without a record is passed over.
        var old = before is null ? [] : IndexNames(before).ToArray();
        foreach (var name in IndexNames(run).Except(old))
            await SignpostAsync(name, ct);
        RunRecord? replaced = null;
        var saved = await records.UpdateAsync<RunRecord>(
            run.RunId,
            there =>
            {
                replaced = there;
                return there is { Ended: true } && !run.Ended && !(run.StartedAt > there.EndedAt) ? there : run;
            },
            ct);
        var now = IndexNames(saved!.Value).ToHashSet();
        foreach (var name in IndexNames(run).Concat(replaced is null ? [] : IndexNames(replaced)).Concat(old).Distinct().Where(n => !now.Contains(n)))
            await container.GetBlobClient(name).DeleteIfExistsAsync(cancellationToken: ct);
        return saved.Value;
    }

    /// <summary>Changes a record by compare-and-swap. Kind, pipeline, model and start stay as they are: the lists are made of them.</summary>
    /// <exception cref="CatalogNotFoundException">There is no such run, or an artefact that it newly names is not there.</exception>
    public async Task<RunRecord> UpdateAsync(string runId, Func<RunRecord, RunRecord> change, CancellationToken ct = default)
    {
        var saved = await records.UpdateAsync<RunRecord>(
            CheckId(runId),
            async (there, cancel) =>
            {
                if (there is null)
                    throw new CatalogNotFoundException($"there is no run '{runId}'");
                var after = change(there) with
                {
                    RunId = there.RunId, Kind = there.Kind, Pipeline = there.Pipeline, Model = there.Model, StartedAt = there.StartedAt,
                };
                await HoldAsync(there, after, cancel);
                return after;
            },
            ct);
        return saved!.Value;
    }

    /// <summary>The record; null when it is not there.</summary>
    public async Task<RunRecord?> GetAsync(string runId, CancellationToken ct = default) => (await records.ReadAsync<RunRecord>(CheckId(runId), ct))?.Value;

    /// <summary>Runs, newest start first.</summary>
    /// <param name="filter">Which; null = all.</param>
    /// <param name="size">1 to 1000.</param>
    /// <param name="after"><see cref="RunPage.Next"/> of the page before; null = the newest.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<RunPage> ListAsync(RunFilter? filter = null, int size = 50, string? after = null, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        size = Math.Min(size, 1000);
        filter ??= new RunFilter();
        var prefix = IndexRoot + IndexOf(filter);
        var token = PageToken.Open(after);
        var runs = new List<RunRecord>();
        var examined = 0;
        do
        {
            Page<BlobItem>? page = null;
            await foreach (var first in container.GetBlobsAsync(prefix: prefix, cancellationToken: ct).AsPages(token, size - runs.Count))
            {
                page = first;
                break;
            }

            token = string.IsNullOrEmpty(page?.ContinuationToken) ? null : page.ContinuationToken;
            foreach (var window in (page?.Values ?? []).Chunk(8))
            {
                var found = await Task.WhenAll(window.Select(async item =>
                {
                    var id = item.Name[(prefix.Length + 16)..];
                    var run = await GetAsync(id, ct);
                    return run is not null && prefix + Inverted(run) + id == item.Name && Matches(run, filter) ? run : null;
                }));
                runs.AddRange(found.OfType<RunRecord>());
                examined += window.Length;
            }
        }
        while (token is not null && runs.Count < size && examined < MaxExamined);
        return new RunPage(runs, PageToken.Seal(token));
    }

    private static string CheckId(string? runId)
        => runId is { Length: <= 200 } && !runId.Contains('/') && DocumentStore.IsValidPath(runId)
            ? runId
            : throw new CatalogArgumentException($"run id: {ResourceName.Quote(runId)} is not valid; use 1 to 200 of letters, digits and - _ . = @ : + ~");

    /// <summary>The artefacts that a run names; inputs and outputs that are not artefacts (a data set version, a model version) have no digest.</summary>
    internal static IEnumerable<string> Digests(RunRecord run) => run.Inputs.Concat(run.Outputs).Select(a => a.Digest).Where(d => d.Length > 0);

    private async Task HoldAsync(RunRecord? before, RunRecord after, CancellationToken ct)
    {
        var known = before is null ? [] : Digests(before);
        foreach (var digest in Digests(after).Except(known, StringComparer.Ordinal))
        {
            if (!await artefacts.HoldAsync(digest, ct))
                throw new CatalogNotFoundException($"there is no artefact {digest}");
        }
    }

    private static string IndexOf(RunFilter filter)
    {
        if (filter.Pipeline is not null)
            return $"pipeline/{ResourceName.Check(filter.Pipeline, "pipeline")}/";
        if (filter.Model is not null)
            return $"model/{ResourceName.Check(filter.Model, "model")}/";
        return filter.Kind is not null ? $"kind/{ResourceName.Check(filter.Kind, "kind")}/" : "all/";
    }

    internal static IEnumerable<string> IndexNames(RunRecord run)
    {
        var name = Inverted(run) + run.RunId;
        yield return $"{IndexRoot}all/{name}";
        yield return $"{IndexRoot}kind/{run.Kind}/{name}";
        if (run.Pipeline is not null)
            yield return $"{IndexRoot}pipeline/{run.Pipeline}/{name}";
        if (run.Model is not null)
            yield return $"{IndexRoot}model/{run.Model}/{name}";
    }

    /// <summary>16 characters that sort the newer before the older.</summary>
    private static string Inverted(RunRecord run)
        => string.Create(CultureInfo.InvariantCulture, $"{MaxTime - Math.Max(0, run.StartedAt.ToUnixTimeMilliseconds()):D15}-");

    private static bool Matches(RunRecord run, RunFilter filter)
        => (filter.Kind is null || run.Kind == filter.Kind)
            && (filter.Pipeline is null || run.Pipeline == filter.Pipeline)
            && (filter.Model is null || run.Model == filter.Model)
            && (filter.Status is null || run.Status == filter.Status);

    private async Task SignpostAsync(string name, CancellationToken ct)
    {
        try
        {
            await container.GetBlobClient(name).UploadAsync(
                new BinaryData(Array.Empty<byte>()), new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } }, ct);
        }
        catch (RequestFailedException e) when (BlobFaults.IsConflict(e))
        {
            // It stands already; it says nothing but its name.
        }
    }
}
