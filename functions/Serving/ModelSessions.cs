using Iml4e.Catalog;
using Iml4e.Inference;

namespace Iml4e.Functions.Serving;

/// <summary>Sessions of registered model versions, loaded from the artefact store on first use.</summary>
internal sealed class ModelSessions(CatalogStore catalog, SessionCache cache)
{
    /// <summary>Leases the session of a version.</summary>
    public ValueTask<SessionLease> GetAsync(ModelVersion version, CancellationToken cancellationToken) =>
        cache.GetAsync(version.Digest, ct => catalog.Artefacts.ReadAsync(version.Digest, ct), cancellationToken);
}
