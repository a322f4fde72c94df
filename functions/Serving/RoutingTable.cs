using System.Collections.Concurrent;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Serving;

/// <summary>
/// Routing snapshots by model, read from the catalogue and refreshed in the background, so that no storage call stands on the request path. A change made
/// in this process is seen at once, one made in another within the refresh time. When the storage cannot be read a split goes on for ten minutes; then the
/// champion alone serves.
/// </summary>
internal sealed class RoutingTable(CatalogStore catalog, IOptions<AppOptions> options, TimeProvider time, ILogger<RoutingTable> logger)
{
    private const int MaxModels = 100_000;

    /// <summary>The oldest that a snapshot may be without an attempt to renew it first.</summary>
    private static readonly TimeSpan LongestAge = TimeSpan.FromSeconds(5);

    /// <summary>How long a request waits for that.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>How long a split is trusted that cannot be renewed.</summary>
    private static readonly TimeSpan LongestTrust = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>The snapshot of a model; null when there is no such model.</summary>
    public ValueTask<RoutingSnapshot?> FindAsync(string model, CancellationToken cancellationToken)
    {
        if (!_entries.TryGetValue(model, out var entry) || entry.Snapshot is not { } snapshot)
            return new(LoadAsync(model, cancellationToken));
        var age = time.GetElapsedTime(snapshot.ReadAt);
        if (age <= options.Value.RoutingRefresh)
            return new(snapshot);
        var refresh = entry.Refresh(this, model);
        // A model that nobody asked about for a while: the split may have changed since.
        return age <= LongestAge || entry.IsUnreachable ? new(Trusted(snapshot, age)) : new(AwaitAsync(entry, refresh, snapshot, cancellationToken));
    }

    /// <summary>Details of a version, from the snapshot or the catalogue.</summary>
    public async ValueTask<ModelVersion> VersionAsync(RoutingSnapshot snapshot, string version, CancellationToken cancellationToken)
    {
        if (snapshot.Known(version) is { } known)
            return known;
        var found = await catalog.Models.GetVersionAsync(snapshot.Model.Name, version, cancellationToken)
            ?? throw ApiException.NotFound("model version", $"{snapshot.Model.Name}/{version}");
        snapshot.Remember(found);
        return found;
    }

    /// <summary>Forgets a model, so that the next request reads it anew.</summary>
    public void Invalidate(string model) => _entries.TryRemove(model, out _);

    private async Task<RoutingSnapshot?> LoadAsync(string model, CancellationToken cancellationToken)
    {
        if (!ResourceName.IsValid(model))
            return null;
        if (_entries.Count >= MaxModels)
            _entries.Clear();
        // The entry is taken before the catalogue is read: a change meanwhile takes it out of the table, and what was read before the change goes with it.
        var entry = _entries.GetOrAdd(model, _ => new Entry());
        var readAt = time.GetTimestamp();
        var found = await catalog.Models.GetAsync(model, cancellationToken);
        if (found is null)
        {
            _entries.TryRemove(KeyValuePair.Create(model, entry));
            return null;
        }

        var traffic = catalog.Documents.ReadAsync<TrafficDocument>(TrafficDocument.PathOf(model), cancellationToken);
        var serving = catalog.Documents.ReadAsync<ServingDocument>(ServingDocument.PathOf(model), cancellationToken);
        await Task.WhenAll(traffic, serving);
        return entry.Take(new RoutingSnapshot(found, (await traffic)?.Value, readAt, await serving));
    }

    private async Task<RoutingSnapshot?> AwaitAsync(Entry entry, Task refresh, RoutingSnapshot known, CancellationToken cancellationToken)
    {
        try
        {
            await refresh.WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            entry.IsUnreachable = true;
        }

        // Without a snapshot the refresh has found that the model is gone.
        return entry.Snapshot is { } snapshot ? Trusted(snapshot, time.GetElapsedTime(snapshot.ReadAt)) : entry.IsUnreachable ? Trusted(known, time.GetElapsedTime(known.ReadAt)) : null;
    }

    // A split that nobody could confirm for so long may be one that was taken back: the champion alone serves.
    private static RoutingSnapshot Trusted(RoutingSnapshot snapshot, TimeSpan age) =>
        age <= LongestTrust || snapshot.Traffic is null ? snapshot : snapshot with { Traffic = null };

    private void LogRefreshFailure(Exception e, string model) =>
        logger.LogWarning(e, "The routing of model {Model} could not be refreshed; the known one goes on.", model);

    private sealed class Entry
    {
        private readonly Lock _lock = new();
        private Task _refresh = Task.CompletedTask;

        public volatile RoutingSnapshot? Snapshot;

        /// <summary>Whether the last refresh failed, or takes too long: requests do not wait for the next.</summary>
        public volatile bool IsUnreachable;

        /// <summary>Takes what was read, unless something newer was.</summary>
        public RoutingSnapshot Take(RoutingSnapshot read)
        {
            lock (_lock)
            {
                IsUnreachable = false;
                var known = Snapshot;
                if (known is not null && (known.ReadAt > read.ReadAt || known.Traffic?.Version > read.Traffic?.Version))
                    return known;
                return Snapshot = read.Inherit(known);
            }
        }

        /// <summary>The refresh that runs, begun now when none does.</summary>
        public Task Refresh(RoutingTable table, string model)
        {
            lock (_lock)
                return _refresh.IsCompleted ? _refresh = RefreshAsync(table, model) : _refresh;
        }

        private async Task RefreshAsync(RoutingTable table, string model)
        {
            try
            {
                await Task.Yield();
                if (await table.LoadAsync(model, CancellationToken.None) is null)
                {
                    Snapshot = null;
                    table.Invalidate(model);
                }
            }
            catch (Exception e)
            {
                // The old snapshot goes on serving; the next request tries again.
                IsUnreachable = true;
                table.LogRefreshFailure(e, model);
            }
        }
    }
}
