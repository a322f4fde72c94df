using Iml4e.Catalog;
using Iml4e.Functions.Models;
using Iml4e.Inference;

namespace Iml4e.Functions.Serving;

/// <summary>Sessions of registered model versions, loaded from the artefact store on first use.</summary>
internal sealed class ModelSessions(ModelVetting vetting, SessionCache cache)
{
    /// <summary>Leases the session of a version.</summary>
    public ValueTask<SessionLease> GetAsync(ModelVersion version, CancellationToken cancellationToken) =>
        cache.GetAsync(version.Digest, ct => vetting.ReadAsync(version, ct), cancellationToken);

    /// <summary>Loads a version anew and runs it once before it takes the place of the session that is there.</summary>
    /// <exception cref="InvalidModelException">The version cannot be loaded; the session that is there stays.</exception>
    public Task ReloadAsync(ModelVersion version, CancellationToken cancellationToken) =>
        cache.ReloadAsync(version.Digest, ct => vetting.ReadAsync(version, ct), cancellationToken);

    /// <summary>Lets a version's session go, as soon as nobody uses it.</summary>
    public void Release(string digest) => cache.Remove(digest);

    /// <summary>True = loaded, false = being loaded, null = neither.</summary>
    public bool? IsLoaded(string digest) => cache.IsLoaded(digest);
}
