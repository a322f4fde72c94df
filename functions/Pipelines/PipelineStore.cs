using System.Collections.Concurrent;
using Iml4e.Assessment.Pipelines;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Telemetry;

namespace Iml4e.Functions.Pipelines;

/// <summary>A stored pipeline with the revision that the catalogue gives it.</summary>
internal sealed record StoredPipeline(PipelineDefinition Definition, DateTimeOffset ChangedAt, string ChangedBy);

/// <summary>Pipelines as small documents in the catalogue, read through a cache of about a second.</summary>
internal sealed class PipelineStore(CatalogStore catalog, DamageReport damage, TimeProvider time) : IDisposable
{
    private const string Folder = "pipelines/";
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly DocumentMirror<StoredPipeline> _documents = new(catalog.Documents, Folder, damage.Found);
    private readonly SemaphoreSlim _loading = new(1, 1);
    private (IReadOnlyList<PipelineDefinition> Items, long ReadAt)? _all;

    /// <summary>All pipelines, in order of their names.</summary>
    public async Task<IReadOnlyList<PipelineDefinition>> ListAsync(CancellationToken cancellationToken)
    {
        if (_all is { } known && time.GetElapsedTime(known.ReadAt) < Fresh)
            return known.Items;
        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (_all is { } again && time.GetElapsedTime(again.ReadAt) < Fresh)
                return again.Items;
            var readAt = time.GetTimestamp();
            var items = await ReadAllAsync(cancellationToken);
            _all = (items, readAt);
            return items;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>All pipelines as they are stored at this moment, past the cache, in order of their names.</summary>
    public async Task<IReadOnlyList<PipelineDefinition>> ReadAllAsync(CancellationToken cancellationToken)
    {
        var items = new List<PipelineDefinition>();
        foreach (var document in (await _documents.RefreshAsync(cancellationToken)).Values)
            items.Add(document.Value.Definition);
        items.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return items;
    }

    /// <summary>Pipelines that learn from a data set.</summary>
    public async Task<IReadOnlyList<PipelineDefinition>> BoundToAsync(string dataset, CancellationToken cancellationToken) =>
        [.. (await ListAsync(cancellationToken)).Where(p => p.Data.Dataset == dataset)];

    /// <summary>A pipeline, read from the catalogue; null when there is none.</summary>
    public async Task<PipelineDefinition?> FindAsync(string name, CancellationToken cancellationToken) =>
        ResourceName.IsValid(name)
            ? (await catalog.Documents.ReadAsync<StoredPipeline>(PathOf(name), cancellationToken))?.Value.Definition
            : null;

    /// <summary>A pipeline; 404 when there is none.</summary>
    public async Task<PipelineDefinition> GetAsync(string name, CancellationToken cancellationToken) =>
        await FindAsync(name, cancellationToken) ?? throw ApiException.NotFound("pipeline", name);

    /// <summary>Stores a pipeline; true when it is new.</summary>
    public async Task<bool> PutAsync(PipelineDefinition pipeline, string actor, CancellationToken cancellationToken)
    {
        var created = false;
        await catalog.Documents.UpdateAsync<StoredPipeline>(
            PathOf(pipeline.Name),
            old =>
            {
                created = old is null;
                return new StoredPipeline(pipeline, time.GetUtcNow(), actor);
            },
            cancellationToken);
        _all = null;
        return created;
    }

    /// <summary>Removes a pipeline; false when there was none.</summary>
    public async Task<bool> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        _all = null;
        return ResourceName.IsValid(name) && await catalog.Documents.DeleteAsync(PathOf(name), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _documents.Dispose();
        _loading.Dispose();
    }

    private static string PathOf(string name) => $"{Folder}{name}.json";
}
