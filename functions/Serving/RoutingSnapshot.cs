using Iml4e.Catalog;

namespace Iml4e.Functions.Serving;

/// <summary>Everything that routing a request needs, read once and kept for about a second.</summary>
/// <param name="Model">The model with its aliases.</param>
/// <param name="Traffic">The running split; null when all traffic goes to the champion.</param>
/// <param name="ReadAt">When it was read, in ticks of the time provider.</param>
internal sealed record RoutingSnapshot(Model Model, TrafficDocument? Traffic, long ReadAt)
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, ModelVersion> _versions = new(StringComparer.Ordinal);

    /// <summary>Version that serves by default; null when the model has none.</summary>
    public string? Champion => Model.Aliases.TryGetValue("champion", out var version) ? version : null;

    /// <summary>Details of a version once they were read.</summary>
    public ModelVersion? Known(string version) => _versions.GetValueOrDefault(version);

    /// <summary>Keeps the details of a version.</summary>
    public void Remember(ModelVersion version) => _versions[version.Version] = version;

    /// <summary>Takes over what an older snapshot knew of versions, which are immutable.</summary>
    public RoutingSnapshot Inherit(RoutingSnapshot? older)
    {
        if (older is not null)
        {
            foreach (var (key, value) in older._versions)
                _versions.TryAdd(key, value);
        }

        return this;
    }
}
