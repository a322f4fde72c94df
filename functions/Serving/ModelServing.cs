using System.Text.Json.Nodes;
using Iml4e.Catalog;
using Iml4e.Inference.Batching;
using Iml4e.Inference.OpenInference;

namespace Iml4e.Functions.Serving;

/// <summary>Takes models into service and out of it.</summary>
internal sealed class ModelServing(CatalogStore catalog, RoutingTable routing, ModelSessions sessions)
{
    /// <summary>
    /// Loads the version that serves by default, or the one named, and marks it as to be served. The session that is there serves until the new one has run
    /// once; when the new one cannot be loaded nothing has changed.
    /// </summary>
    /// <exception cref="OpenInferenceException">404: the model or version is not known; 400: it cannot be batched, but the configuration says so.</exception>
    /// <exception cref="Inference.InvalidModelException">The version cannot be loaded.</exception>
    public async Task LoadAsync(string model, string? version, ServingConfiguration? configuration, string actor, CancellationToken cancellationToken)
    {
        var snapshot = await FindAsync(model, version, cancellationToken);
        var chosen = version ?? snapshot.Default ?? throw new OpenInferenceException(404, $"model '{model}' has no version to load");
        var details = await routing.VersionAsync(snapshot, chosen, cancellationToken);
        await sessions.ReloadAsync(details, cancellationToken);
        using (var lease = await sessions.GetAsync(details, cancellationToken))
        {
            if (configuration is { MaxBatchSize: > 1 } && !SessionBatches.CanBatch(lease.Session.Metadata))
                throw new OpenInferenceException(400, "parameter 'config': max_batch_size needs a model whose inputs and outputs all have a variable first dimension");
        }

        await UpdateAsync(model, actor, "ModelLoaded", chosen, document => document with
        {
            Unloaded = version is null ? [] : [.. Expand(document, snapshot).Where(v => v != chosen)],
            Batching = configuration?.Batching() ?? document.Batching,
            Cache = configuration?.Cache() ?? document.Cache,
        }, cancellationToken);
    }

    /// <summary>Marks a model, or one version of it, as not to be served, and lets its sessions go.</summary>
    /// <exception cref="OpenInferenceException">404: the model or version is not known.</exception>
    public async Task UnloadAsync(string model, string? version, string actor, CancellationToken cancellationToken)
    {
        var snapshot = await FindAsync(model, version, cancellationToken);
        await UpdateAsync(model, actor, "ModelUnloaded", version ?? "*", document => document with
        {
            Unloaded = version is null ? ["*"] : [.. document.Unloaded.Append(version).Distinct(StringComparer.Ordinal)],
        }, cancellationToken);
        foreach (var summary in snapshot.Model.Versions.Where(v => version is null || v.Version == version))
            sessions.Release(summary.Digest);
    }

    // "All of them" less one is the others by name.
    private static IEnumerable<string> Expand(ServingDocument document, RoutingSnapshot snapshot) =>
        document.Unloaded.Contains("*") ? snapshot.Model.Versions.Select(v => v.Version) : document.Unloaded;

    private async Task<RoutingSnapshot> FindAsync(string model, string? version, CancellationToken cancellationToken)
    {
        routing.Invalidate(model);
        var snapshot = await routing.FindAsync(model, cancellationToken) ?? throw new OpenInferenceException(404, $"model '{model}' is not known");
        if (version is not null && snapshot.Model.Versions.All(v => v.Version != version))
            throw new OpenInferenceException(404, $"model '{model}' has no version '{version}'");
        return snapshot;
    }

    private async Task UpdateAsync(
        string model, string actor, string action, string version, Func<ServingDocument, ServingDocument> change, CancellationToken cancellationToken)
    {
        await catalog.Documents.UpdateAsync<ServingDocument>(
            ServingDocument.PathOf(model), document => change(document ?? new ServingDocument { Model = model }), cancellationToken);
        await catalog.Audit.AppendAsync(model, actor, action, new JsonObject { ["version"] = version }, null, cancellationToken);
        routing.Invalidate(model);
    }
}
