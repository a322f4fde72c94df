using System.Collections.Concurrent;
using Iml4e.Catalog;
using Iml4e.Inference;
using Iml4e.Inference.Statistics;

namespace Iml4e.Functions.Serving;

/// <summary>The model versions that this process has served since it began.</summary>
internal sealed class ServedVersions(TimeProvider time)
{
    private readonly ConcurrentDictionary<(string Model, string Version), ServedVersion> _versions = new();

    /// <summary>All of them, by model and version.</summary>
    public IEnumerable<((string Model, string Version) Key, ServedVersion Value)> All =>
        _versions.OrderBy(v => v.Key.Model, StringComparer.Ordinal).ThenBy(v => v.Key.Version, VersionOrder.Instance).Select(v => (v.Key, v.Value));

    /// <summary>A version as its model's document says it is to be served; made anew, with the statistics so far, when the document has changed.</summary>
    public ServedVersion Of(ModelVersion version, ModelMetadata metadata, RoutingSnapshot snapshot)
    {
        var key = (version.Model, version.Version);
        return _versions.TryGetValue(key, out var served) && served.ETag == snapshot.Serving?.ETag ? served : Renew(key, metadata, snapshot);
    }

    /// <summary>What was counted of a version; null when it was not served yet.</summary>
    public ModelStatistics? Statistics(string model, string version) => _versions.TryGetValue((model, version), out var served) ? served.Statistics : null;

    private ServedVersion Renew((string Model, string Version) key, ModelMetadata metadata, RoutingSnapshot snapshot)
    {
        return _versions.AddOrUpdate(
            key,
            (k, s) => Create(k, new ModelStatistics(), s),
            (k, old, s) => old.ETag == s.Serving?.ETag ? old : Create(k, old.Statistics, s),
            snapshot);

        ServedVersion Create((string Model, string Version) k, ModelStatistics statistics, RoutingSnapshot s) =>
            new(k.Model, k.Version, metadata, s.Serving?.Value, s.Serving?.ETag, statistics, time);
    }
}
