using System.Globalization;
using Iml4e.Catalog;

namespace Iml4e.Functions.Serving;

/// <summary>Everything that routing a request needs, read once and kept for about a second.</summary>
/// <param name="Model">The model with its aliases.</param>
/// <param name="Traffic">The running split; null when all traffic goes to the champion.</param>
/// <param name="ReadAt">When it was read, in ticks of the time provider.</param>
/// <param name="Serving">How the model is served; null = as the defaults say.</param>
internal sealed record RoutingSnapshot(Model Model, TrafficDocument? Traffic, long ReadAt, Document<ServingDocument>? Serving = null)
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, ModelVersion> _versions = new(StringComparer.Ordinal);

    /// <summary>Version that serves by default; null when the model has none.</summary>
    public string? Champion => Model.Aliases.TryGetValue("champion", out var version) ? version : null;

    /// <summary>Version that serves when none is asked for and no experiment runs: the champion, else the one called production, else the highest that is served.</summary>
    public string? Default => Champion ?? Model.Alias("production") ?? Highest();

    /// <summary>The split's version as answers tell it; 0 without a split.</summary>
    public string RoutingVersion { get; } = (Traffic?.Version ?? 0).ToString(CultureInfo.InvariantCulture);

    /// <summary>Where the split's units come from; null without a split.</summary>
    public UnitSource? Units { get; } = Traffic is null ? null : new UnitSource(Traffic.UnitKey);

    /// <summary>Whether a version was taken out of service.</summary>
    public bool IsUnloaded(string version) => Serving?.Value.IsUnloaded(version) == true;

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

    private string? Highest() =>
        Model.Versions.Where(version => !IsUnloaded(version.Version)).Select(version => version.Version).MaxBy(version => version, VersionOrder.Instance)
        ?? Model.Versions.Select(version => version.Version).MaxBy(version => version, VersionOrder.Instance);
}
