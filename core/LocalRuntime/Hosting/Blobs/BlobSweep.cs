using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>
/// The repeated listing of one container for the functions that watch it. A listing may take several polls; when it is through, later ones leave out what
/// was last written before it.
/// </summary>
/// <param name="container">The container; it may come into being later.</param>
/// <param name="triggers">The functions that watch it, with their patterns.</param>
/// <param name="receipts">Keeps the scan information beside the receipts.</param>
/// <param name="hostId">Names this app in the storage account.</param>
/// <param name="time">The clock.</param>
internal sealed class BlobSweep(
    BlobContainerClient container, IReadOnlyList<(FunctionDescriptor Function, BlobPath Pattern)> triggers, BlobReceipts receipts, string hostId,
    TimeProvider time)
{
    private const int PageSize = 5000;

    // The service tells times to the second.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(1);
    private readonly Dictionary<(string, string, string, string), DateTimeOffset> seen = [];
    private readonly string prefix = CommonPrefix([.. triggers.Select(trigger => trigger.Pattern.Prefix)]);
    private readonly string[] watchers = [.. triggers.Select(trigger => $"{trigger.Function.Name} {trigger.Pattern.Text}").Order(StringComparer.Ordinal)];
    private DateTimeOffset since;
    private DateTimeOffset saved;
    private DateTimeOffset latest;
    private DateTimeOffset? began;
    private string? continuation;

    public BlobContainerClient Container => container;

    /// <summary>Blobs that were last written before this are not looked at.</summary>
    public DateTimeOffset Since => since;

    /// <summary>Takes up where the last process left off.</summary>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        try
        {
            var info = (await (await InfoAsync(cancellationToken)).DownloadContentAsync(cancellationToken)).Value.Content;
            var scan = JsonSerializer.Deserialize<ScanInfo>(info.ToMemory().Span);
            // A function that did not watch when the mark was made has not seen what lies before it.
            since = saved = scan?.Watchers is { } seen && watchers.All(seen.Contains) ? scan.LatestScan : default;
        }
        catch (Exception exception)
            when (exception is RequestFailedException or AggregateException or JsonException && !cancellationToken.IsCancellationRequested)
        {
            // No scan is known: all blobs are looked at, and their receipts keep them from being processed again.
            since = saved = default;
        }
    }

    /// <summary>Lists up to a number of blobs, from where the last call stopped, and hands over those that are new to a function.</summary>
    /// <returns>How many were listed.</returns>
    public async Task<int> ListAsync(int budget, Action<TriggeringBlob> found, CancellationToken cancellationToken)
    {
        var listed = 0;
        while (listed < budget)
        {
            var pages = container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix, cancellationToken)
                .AsPages(continuation, Math.Min(PageSize, budget - listed));
            await using var page = pages.GetAsyncEnumerator(cancellationToken);
            try
            {
                if (!await page.MoveNextAsync())
                    return listed;
            }
            catch (RequestFailedException exception) when (exception.Status == 404)
            {
                // The container comes into being with its first blob.
                continuation = null;
                began = null;
                return listed;
            }

            // What is written behind the cursor while a sweep is under way has a later time than the sweep's begin, by the service's own clock.
            began ??= page.Current.GetRawResponse().Headers.Date ?? time.GetUtcNow();
            foreach (var item in page.Current.Values)
            {
                listed++;
                Take(item, found);
            }

            continuation = page.Current.ContinuationToken is { Length: > 0 } token ? token : null;
            if (continuation is null)
            {
                End();
                return listed;
            }
        }

        return listed;
    }

    /// <summary>Keeps how far the sweeps came, but never beyond a blob that is still under way.</summary>
    public async Task SaveAsync(IEnumerable<TriggeringBlob> underWay, CancellationToken cancellationToken)
    {
        var done = since;
        foreach (var blob in underWay)
        {
            if (blob.Container == container.Name && blob.LastModified - Step < done)
                done = blob.LastModified - Step;
        }

        // Each sweep moves on a little; one write a minute keeps the next start short enough.
        if (done - saved < TimeSpan.FromMinutes(1))
            return;
        await (await InfoAsync(cancellationToken)).UploadAsync(
            BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(new ScanInfo(done, watchers))), overwrite: true, cancellationToken);
        saved = done;
    }

    private static string CommonPrefix(string[] prefixes)
    {
        var length = prefixes.Min(text => text.Length);
        for (var i = 0; i < length; i++)
        {
            if (prefixes.Any(text => text[i] != prefixes[0][i]))
                return prefixes[0][..i];
        }

        return prefixes[0][..length];
    }

    // The mark is the latest time that was seen, less a millisecond, but not beyond the begin of the sweep: a page that was listed already may have got a new
    // blob.
    private void End()
    {
        if (latest > since)
        {
            var mark = latest - Step;
            since = began!.Value - Margin < mark ? began.Value - Margin : mark;
        }

        began = null;
        foreach (var (key, modified) in seen)
        {
            // No later sweep looks at these again.
            if (modified < since)
                seen.Remove(key);
        }
    }

    private void Take(BlobItem item, Action<TriggeringBlob> found)
    {
        if (item.Properties is not { ETag: { } etag, LastModified: { } modified } || modified < since)
            return;
        if (modified > latest)
            latest = modified;
        foreach (var (function, pattern) in triggers)
        {
            if (pattern.Match(item.Name) is null)
                continue;
            var blob = new TriggeringBlob(function, container.Name, item.Name, TriggeringBlob.Quoted(etag), modified)
            {
                Client = container.GetBlockBlobClient(item.Name),
            };
            if (seen.TryAdd(blob.Key, modified))
                found(blob);
        }
    }

    private async Task<BlobClient> InfoAsync(CancellationToken cancellationToken)
    {
        var hosts = await receipts.ContainerAsync(cancellationToken);
        return hosts.GetBlobClient($"blobscaninfo/{hostId}/{container.AccountName}/{container.Name}/scanInfo");
    }

    private sealed record ScanInfo(DateTimeOffset LatestScan, IReadOnlyList<string>? Watchers);
}
