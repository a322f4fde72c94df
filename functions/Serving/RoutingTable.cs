using System.Collections.Concurrent;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Serving;

/// <summary>
/// Routing snapshots by model, read from the catalogue and refreshed in the background, so that no storage call stands on the request path. A change made
/// in this process is seen at once, one made in another within the refresh time.
/// </summary>
internal sealed class RoutingTable(CatalogStore catalog, IOptions<AppOptions> options, TimeProvider time, ILogger<RoutingTable> logger)
{
    private const int MaxModels = 100_000;

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>The snapshot of a model; null when there is no such model.</summary>
    public ValueTask<RoutingSnapshot?> FindAsync(string model, CancellationToken cancellationToken)
    {
        if (_entries.TryGetValue(model, out var entry) && entry.Snapshot is { } snapshot)
        {
            if (time.GetElapsedTime(snapshot.ReadAt) > options.Value.RoutingRefresh)
                entry.RefreshInBackground(this, model);
            return new(snapshot);
        }

        return new(LoadAsync(model, cancellationToken));
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
        return entry.Snapshot = new RoutingSnapshot(found, (await traffic)?.Value, readAt, await serving).Inherit(entry.Snapshot);
    }

    private sealed class Entry
    {
        private int _refreshing;

        public volatile RoutingSnapshot? Snapshot;

        public void RefreshInBackground(RoutingTable table, string model)
        {
            if (Interlocked.Exchange(ref _refreshing, 1) == 0)
                _ = RefreshAsync(table, model);
        }

        private async Task RefreshAsync(RoutingTable table, string model)
        {
            try
            {
                await Task.Yield();
                if (await table.LoadAsync(model, CancellationToken.None) is null)
                    table.Invalidate(model);
            }
            catch (Exception e)
            {
                // The old snapshot goes on serving; the next request tries again.
                table.LogRefreshFailure(e, model);
            }
            finally
            {
                Volatile.Write(ref _refreshing, 0);
            }
        }
    }

    private void LogRefreshFailure(Exception e, string model) =>
        logger.LogWarning(e, "The routing of model {Model} could not be refreshed; the known one goes on.", model);
}
