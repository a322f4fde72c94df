using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;
using Iml4e.Functions.Experiments;
using Iml4e.Functions.Http;
using Iml4e.Inference;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Channels;

/// <summary>
/// What each channel of a model gives. A channel follows the model's aliases and its experiment when it is asked; each move is one compare-and-swap that
/// reads the model after the channel, so that a process with an old view cannot move it back.
/// </summary>
internal sealed class ChannelService(CatalogStore catalog, ExperimentService experiments, IOptions<AppOptions> options, TimeProvider time)
{
    private static readonly TimeSpan IssueEvery = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, ModelRequirements> _requirements = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _audited = new(StringComparer.Ordinal);

    /// <summary>The manifest that a device gets, as the bytes to sign.</summary>
    /// <param name="model">The model.</param>
    /// <param name="channel">champion or stable, previous, challenger or candidate, or v and a number.</param>
    /// <param name="device">Identity of the device, which places it in a staged rollout; null = not told.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ApiException">404: no such model or channel, or nothing on it.</exception>
    public async Task<byte[]> ManifestAsync(string model, string channel, string? device, CancellationToken cancellationToken)
    {
        var (release, previous) = await ReleaseAsync(model, channel, device, cancellationToken);
        var version = await catalog.Models.GetVersionAsync(model, release.Version, cancellationToken) ?? throw ApiException.NotFound(
            "model version", $"{model}/{release.Version}");
        var now = time.GetUtcNow();
        var hour = new DateTimeOffset(now.Ticks - (now.UtcTicks % IssueEvery.Ticks), TimeSpan.Zero);
        // The same bytes for an hour, whichever process makes them: that is what the entity tag rests on.
        var issued = release.At > hour ? release.At : hour;
        return JsonSerializer.SerializeToUtf8Bytes(
            new ChannelManifest
            {
                Model = model,
                Channel = channel,
                Version = version.Version,
                Sequence = release.Sequence,
                Digest = version.Digest,
                Size = version.Size,
                Content = $"/api/models/{model}/versions/{version.Version}/content",
                IssuedAt = issued,
                Expires = issued + options.Value.ManifestValidity,
                ReleasedAt = release.At,
                Previous = previous,
                Task = version.Task,
                Inputs = [.. version.Inputs.Select(Describe)],
                Outputs = [.. version.Outputs.Select(Describe)],
                Requires = await RequirementsAsync(version, cancellationToken),
                TriedWith = version.ProbedWith,
            },
            ApiJson.Options);
    }

    /// <summary>Where a channel stands.</summary>
    public async Task<ChannelDocument> StateAsync(string model, string channel, CancellationToken cancellationToken) =>
        await FollowAsync(model, ChannelNames.Canonical(channel) ?? throw ApiException.NotFound("channel", Cut(channel)), cancellationToken);

    /// <summary>Sets the share of the devices that get the present release, and perhaps that which each new one begins with.</summary>
    public async Task<ChannelDocument> SetShareAsync(
        string model, string channel, double? share, double? initial, string actor, CancellationToken cancellationToken)
    {
        await StateAsync(model, channel, cancellationToken);
        var name = ChannelNames.Canonical(channel)!;
        var set = await catalog.Documents.UpdateAsync<ChannelDocument>(
            ChannelDocument.PathOf(model, name),
            old => old! with { Share = share ?? old.Share, InitialShare = initial ?? old.InitialShare },
            cancellationToken);
        await catalog.Audit.AppendAsync(
            model, actor, "ChannelRollout",
            new JsonObject { ["channel"] = name, ["sequence"] = set!.Value.Current.Sequence, ["share"] = set.Value.Share, ["initialShare"] = set.Value.InitialShare },
            null, cancellationToken);
        return set.Value;
    }

    /// <summary>Whether a version is blocked, and why; null when it is not.</summary>
    public async Task<VersionBlock?> BlockAsync(string model, string version, CancellationToken cancellationToken) =>
        (await BlockedAsync(model, cancellationToken)).GetValueOrDefault(version);

    /// <summary>Blocks a version, or takes the block away (null).</summary>
    public async Task SetBlockAsync(string model, string version, VersionBlock? block, string actor, CancellationToken cancellationToken)
    {
        var changed = false;
        await catalog.Documents.UpdateAsync<BlockedVersions>(
            BlockedVersions.PathOf(model),
            old =>
            {
                var versions = new SortedDictionary<string, VersionBlock>(
                    (old?.Versions ?? new Dictionary<string, VersionBlock>()).ToDictionary(), StringComparer.Ordinal);
                changed = versions.ContainsKey(version) != (block is not null);
                if (block is null)
                    versions.Remove(version);
                else
                    versions.TryAdd(version, block);
                return changed ? new BlockedVersions { Versions = versions } : old ?? new BlockedVersions();
            },
            cancellationToken);
        if (changed)
        {
            await catalog.Audit.AppendAsync(
                model, actor, block is null ? "VersionUnblocked" : "VersionBlocked", new JsonObject { ["version"] = version, ["reason"] = block?.Reason }, null,
                cancellationToken);
        }
    }

    private static string Cut(string name) => name.Length > 60 ? name[..60] : name;

    private static ChannelTensor Describe(TensorMetadata tensor) => new(tensor.Name, tensor.Datatype, tensor.Shape);

    private async Task<(ChannelRelease Release, string? Previous)> ReleaseAsync(
        string model, string channel, string? device, CancellationToken cancellationToken)
    {
        if (ChannelNames.Pinned(channel) is { } version)
        {
            var found = await FindAsync(model, cancellationToken);
            if (found.Versions.FirstOrDefault(v => v.Version == version) is not { } pinned)
                throw ApiException.NotFound("channel", channel);
            if (await BlockAsync(model, version, cancellationToken) is { } block)
                throw new ApiException(410, "version.blocked", $"Version {version} of model '{model}' is blocked: {block.Reason}");
            return (new ChannelRelease(version, long.Parse(version, CultureInfo.InvariantCulture), pinned.CreatedAt), null);
        }

        var name = ChannelNames.Canonical(channel) ?? throw ApiException.NotFound("channel", Cut(channel));
        var state = await FollowAsync(model, name, cancellationToken);
        // A device stays where it is while the share grows; one that says nothing of itself comes last.
        var reached = state.Share >= 1
            || (device is not null
                && UnitAssignment.Position(string.Create(CultureInfo.InvariantCulture, $"{model}:{name}:{state.Current.Sequence}"), device) < state.Share);
        if (reached)
            return (state.Current, state.Before?.Version);
        if (state.Before is { } before && await BlockAsync(model, before.Version, cancellationToken) is null)
            return (before, null);
        throw new ApiException(
            404, "channel.unreached", $"The rollout of version {state.Current.Version} has not reached this device, and there is no version before it.");
    }

    private async Task<ChannelDocument> FollowAsync(string model, string channel, CancellationToken cancellationToken)
    {
        var path = ChannelDocument.PathOf(model, channel);
        await FindAsync(model, cancellationToken);
        var state = (await catalog.Documents.UpdateAsync<ChannelDocument>(
            path,
            async (old, cancel) =>
            {
                var wanted = await WantedAsync(model, channel, old, cancel);
                if (old is not null && old.Current.Version == wanted)
                    return old;
                return new ChannelDocument
                {
                    Current = new ChannelRelease(wanted, (old?.Current.Sequence ?? 0) + 1, Max(time.GetUtcNow(), old?.Current.At)),
                    Before = old?.Current,
                    Share = old?.InitialShare ?? 1,
                    InitialShare = old?.InitialShare ?? 1,
                };
            },
            cancellationToken))!.Value;
        // Also for a move that another process made and may not have lived to write down: the key makes it one entry.
        if (_audited.GetValueOrDefault(path) != state.Current.Sequence)
        {
            await catalog.Audit.AppendAsync(
                model, "channel", "ChannelMoved",
                new JsonObject { ["channel"] = channel, ["version"] = state.Current.Version, ["from"] = state.Before?.Version, ["sequence"] = state.Current.Sequence },
                string.Create(CultureInfo.InvariantCulture, $"channel:{channel}:{state.Current.Sequence}"), cancellationToken);
            _audited[path] = state.Current.Sequence;
        }

        return state;
    }

    // Read after the channel's document: if that is still the same when it is replaced, this was not older.
    private async Task<string> WantedAsync(string model, string channel, ChannelDocument? state, CancellationToken cancellationToken)
    {
        var found = await FindAsync(model, cancellationToken);
        var blocked = await BlockedAsync(model, cancellationToken);
        var champion = found.Alias("champion");
        var wanted = channel switch
        {
            ChannelNames.Previous => found.Alias("previous"),
            ChannelNames.Challenger => await ExposedAsync(model, cancellationToken) is { } challenger && !blocked.ContainsKey(challenger) ? challenger : champion,
            _ => champion,
        };
        if (wanted is not null && !blocked.ContainsKey(wanted))
            return wanted;
        // What is blocked is replaced by what was there before it.
        string?[] others = wanted is null || channel == ChannelNames.Previous ? [] : [state?.Current.Version, state?.Before?.Version, found.Alias("previous")];
        return others.FirstOrDefault(v => v is not null && !blocked.ContainsKey(v)) ?? throw new ApiException(
            404, "channel.empty",
            wanted is null
                ? $"Channel '{channel}' of model '{model}' has no version."
                : $"Version {wanted} on channel '{channel}' is blocked: {blocked[wanted].Reason}");
    }

    // A challenger that has passed its shadow phase and answers requests; it falls back to the champion when the experiment is over.
    private async Task<string?> ExposedAsync(string model, CancellationToken cancellationToken)
    {
        var newest = await experiments.NewestAsync(model, cancellationToken);
        return newest is { State: { IsFinal: false, Stage: >= 0 } } ? newest.Start.Challenger : null;
    }

    private async Task<IReadOnlyDictionary<string, VersionBlock>> BlockedAsync(string model, CancellationToken cancellationToken) =>
        (await catalog.Documents.ReadAsync<BlockedVersions>(BlockedVersions.PathOf(model), cancellationToken))?.Value.Versions
            ?? new Dictionary<string, VersionBlock>();

    private async Task<ModelRequirements> RequirementsAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        if (_requirements.TryGetValue(version.Digest, out var known))
            return known;
        try
        {
            // Read to its end and so checked: what is damaged is not announced.
            var bytes = await catalog.Artefacts.ReadAsync(version.Digest, cancellationToken);
            using var stream = new MemoryStream(bytes, writable: false);
            return _requirements[version.Digest] = ModelRequirements.Read(stream);
        }
        catch (Exception e) when (e is DigestMismatchException or CatalogNotFoundException)
        {
            throw new ApiException(
                503, "artefact.damaged", $"The file of version {version.Version} of model '{version.Model}' is damaged or gone; it is not given out.");
        }
    }

    private async Task<Model> FindAsync(string model, CancellationToken cancellationToken) =>
        (ResourceName.IsValid(model) ? await catalog.Models.GetAsync(model, cancellationToken) : null) ?? throw ApiException.NotFound("model", Cut(model));

    private static DateTimeOffset Max(DateTimeOffset now, DateTimeOffset? before) => before > now ? before.Value : now;
}
