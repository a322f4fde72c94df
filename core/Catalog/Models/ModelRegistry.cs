using System.Globalization;
using System.Text.Json;

namespace Iml4e.Catalog;

/// <summary>
/// Models, their immutable versions, and aliases that say which version plays which part (champion, previous, challenger, production …).
/// </summary>
/// <remarks>
/// A registration writes the version's details under the hash of its key (the first writer wins), then adds {version, key, digest} to the model's document by
/// compare-and-swap. Whoever repeats it, in whatever process, finds the key and gets the same version.
/// </remarks>
public sealed class ModelRegistry : IDisposable
{
    /// <summary>As an expected version: wherever the alias points.</summary>
    public const string AnyVersion = "*";

    /// <summary>Alias moves in one archive.</summary>
    internal const int ArchiveSize = 64;
    private readonly DocumentStore models;
    private readonly DocumentStore details;
    private readonly DocumentStore archives;
    private readonly ArtefactStore artefacts;
    private readonly TimeProvider time;
    private readonly DocumentMirror<ModelDocument> all;

    internal ModelRegistry(DocumentStore models, DocumentStore details, DocumentStore archives, ArtefactStore artefacts, TimeProvider time)
    {
        this.artefacts = artefacts;
        this.models = models;
        this.details = details;
        this.archives = archives;
        this.time = time;
        all = new DocumentMirror<ModelDocument>(models, "", Refuse);
    }

    /// <summary>
    /// Registers a version; the same key gives the same version, exactly once under races. When the key was used before with another digest, the version
    /// registered first comes back, with its own digest.
    /// </summary>
    /// <exception cref="ArgumentException">Name, key or digest are not valid.</exception>
    /// <exception cref="CatalogNotFoundException">The artefact is not there.</exception>
    public async Task<ModelVersion> RegisterAsync(ModelRegistration registration, CancellationToken ct = default)
    {
        ResourceName.Check(registration.Model, "model");
        KeyRule.Check(registration.Key);
        Digest.Check(registration.Digest);
        if (await FindKeyAsync(registration.Model, registration.Key, ct) is { } known)
            return known;
        if (!await artefacts.HoldAsync(registration.Digest, ct))
            throw new CatalogNotFoundException($"there is no artefact {registration.Digest}");
        var now = time.GetUtcNow();
        var written = (await details.GetOrCreateAsync(
            DetailsPath(registration.Model, registration.Key),
            new ModelVersion
            {
                Model = registration.Model,
                Version = "",
                Key = registration.Key,
                Digest = registration.Digest,
                Size = registration.Size,
                CreatedAt = now,
                Task = registration.Task,
                Inputs = registration.Inputs,
                Outputs = registration.Outputs,
                RunId = registration.RunId,
                DatasetVersion = registration.DatasetVersion,
                Metrics = registration.Metrics,
                Tags = registration.Tags,
                Properties = registration.Properties,
                ProbedWith = registration.ProbedWith,
            },
            ct)).Value;
        var model = await models.UpdateAsync<ModelDocument>(registration.Model, document => Add(document, written), ct);
        return written with { Version = model!.Value.Versions.Find(v => v.Key == registration.Key)!.Version };
    }

    /// <summary>The model; null when nothing was registered under the name.</summary>
    public async Task<Model?> GetAsync(string model, CancellationToken ct = default)
        => await models.ReadAsync<ModelDocument>(ResourceName.Check(model, "model"), ct) is { } document ? ToModel(document.Value) : null;

    /// <summary>A version in full; null when it is not there.</summary>
    public async Task<ModelVersion?> GetVersionAsync(string model, string version, CancellationToken ct = default)
    {
        var document = await models.ReadAsync<ModelDocument>(ResourceName.Check(model, "model"), ct);
        return document?.Value.Versions.Find(v => v.Version == version) is { } summary ? await DetailsAsync(model, summary, ct) : null;
    }

    /// <summary>The version that an alias points to, in full; null when the alias is not set.</summary>
    public async Task<ModelVersion?> GetByAliasAsync(string model, string alias, CancellationToken ct = default)
    {
        var document = await models.ReadAsync<ModelDocument>(ResourceName.Check(model, "model"), ct);
        return document is not null && document.Value.Aliases.TryGetValue(alias, out var version)
            ? await DetailsAsync(model, document.Value.Versions.Find(v => v.Version == version)!, ct)
            : null;
    }

    /// <summary>The version registered under a key; null when none was.</summary>
    public async Task<ModelVersion?> FindKeyAsync(string model, string key, CancellationToken ct = default)
    {
        var document = await models.ReadAsync<ModelDocument>(ResourceName.Check(model, "model"), ct);
        return document?.Value.Versions.Find(v => v.Key == key) is { } summary ? await DetailsAsync(model, summary, ct) : null;
    }

    /// <summary>All models, by name; those that have not changed since the last call are not read again.</summary>
    public async Task<IReadOnlyList<Model>> ListAsync(CancellationToken ct = default)
        => [.. (await all.RefreshAsync(ct)).OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => ToModel(m.Value.Value))];

    /// <inheritdoc/>
    public void Dispose() => all.Dispose();

    // Who asks for all models decides what is masked, or kept: a model that cannot be read must not look like one that is not there.
    private static void Refuse(DocumentDamagedException damage) => throw damage;

    /// <summary>Moves one alias by compare-and-swap; see <see cref="MoveAliasesAsync"/>.</summary>
    public async Task<AliasChange> MoveAliasAsync(
        string model, string alias, string? version, string? expectedVersion, string actor, string reason, CancellationToken ct = default)
        => (await MoveAliasesAsync(model, [new AliasMove(alias, version, expectedVersion)], actor, reason, ct))[0];

    /// <summary>
    /// Moves several aliases in one write, all or none: a promotion is {champion: to the new, expected the old} and {previous: to the old, expected any}.
    /// When all of them point to their targets already, nothing is written and the changes say <see cref="AliasChange.Changed"/> false: a move may be repeated.
    /// </summary>
    /// <exception cref="AliasConflictException">An alias points neither to its target nor to what was expected.</exception>
    /// <exception cref="CatalogNotFoundException">The model or a version is not there.</exception>
    public async Task<IReadOnlyList<AliasChange>> MoveAliasesAsync(
        string model, IReadOnlyList<AliasMove> moves, string actor, string reason, CancellationToken ct = default)
    {
        ResourceName.Check(model, "model");
        ArgumentException.ThrowIfNullOrWhiteSpace(actor);
        if (moves.Count == 0 || moves.DistinctBy(m => m.Alias).Count() != moves.Count)
            throw new CatalogArgumentException("moves: name at least one alias, and each once");
        foreach (var move in moves)
            ResourceName.Check(move.Alias, "alias");
        IReadOnlyList<AliasChange> changes = [];
        await models.UpdateAsync<ModelDocument>(
            model,
            async (document, cancel) =>
            {
                if (document is null)
                    throw new CatalogNotFoundException($"there is no model '{model}'");
                (var after, changes) = Move(document, moves, actor, reason);
                return await ArchiveAsync(after, cancel);
            },
            ct);
        return changes;
    }

    /// <summary>Sets what the model's prediction log keeps; null = as the app is set. False when it was set so already.</summary>
    /// <exception cref="CatalogNotFoundException">The model is not there.</exception>
    public async Task<bool> SetLoggingAsync(string model, LoggingPolicy? policy, CancellationToken ct = default)
    {
        var wanted = Text(policy);
        var changed = false;
        await models.UpdateAsync<ModelDocument>(
            ResourceName.Check(model, "model"),
            document =>
            {
                if (document is null)
                    throw new CatalogNotFoundException($"there is no model '{model}'");
                changed = Text(document.Logging) != wanted;
                return changed ? document with { Logging = policy } : document;
            },
            ct);
        return changed;

        static string Text(LoggingPolicy? p) => JsonSerializer.Serialize(p, CatalogJson.Options);
    }

    /// <summary>All moves of the model's aliases, oldest first.</summary>
    /// <exception cref="CatalogNotFoundException">The model is not there.</exception>
    public async Task<IReadOnlyList<AliasChange>> AliasHistoryAsync(string model, CancellationToken ct = default)
    {
        var document = await models.ReadAsync<ModelDocument>(ResourceName.Check(model, "model"), ct)
            ?? throw new CatalogNotFoundException($"there is no model '{model}'");
        var all = new SortedDictionary<long, AliasChange>();
        await foreach (var archive in archives.ReadAllAsync<List<AliasChange>>(model + "/", ct))
        {
            foreach (var move in archive.Value)
                all[move.Sequence] = move;
        }

        foreach (var move in document.Value.Moves)
            all[move.Sequence] = move;
        return [.. all.Values];
    }

    internal static string DetailsPath(string model, string key) => $"{model}/{KeyRule.Hash(key)}.json";

    private static Model ToModel(ModelDocument document) =>
        new(document.Name, document.Task, document.Tags, document.Aliases, document.Versions, document.CreatedAt)
    {
        Logging = document.Logging,
    };

    private static ModelDocument Add(ModelDocument? document, ModelVersion added)
    {
        document ??= new ModelDocument { Name = added.Model, CreatedAt = added.CreatedAt };
        if (document.Versions.Exists(v => v.Key == added.Key))
            return document;
        var number = (document.Versions.Count + 1).ToString(CultureInfo.InvariantCulture);
        var tags = new SortedDictionary<string, string>(document.Tags, StringComparer.Ordinal);
        foreach (var (name, value) in added.Tags)
            tags[name] = value;
        return document with
        {
            Task = added.Task ?? document.Task,
            Tags = tags,
            Versions = [.. document.Versions, new ModelVersionSummary(number, added.Key, added.Digest, added.CreatedAt)],
        };
    }

    private (ModelDocument After, IReadOnlyList<AliasChange> Changes) Move(ModelDocument document, IReadOnlyList<AliasMove> moves, string actor, string reason)
    {
        var aliases = new SortedDictionary<string, string>(document.Aliases, StringComparer.Ordinal);
        var settled = moves.All(m => aliases.GetValueOrDefault(m.Alias) == m.Version);
        var at = time.GetUtcNow();
        var sequence = document.LastMove;
        var changes = new List<AliasChange>();
        foreach (var move in moves)
        {
            var now = aliases.GetValueOrDefault(move.Alias);
            if (move.Version is not null && !document.Versions.Exists(v => v.Version == move.Version))
                throw new CatalogNotFoundException($"model '{document.Name}' has no version {ResourceName.Quote(move.Version)}");
            if (!settled && move.ExpectedVersion != AnyVersion && now != move.ExpectedVersion)
                throw new AliasConflictException(document.Name, move.Alias, move.ExpectedVersion, now);
            var changed = now != move.Version;
            changes.Add(new AliasChange
            {
                Sequence = changed ? ++sequence : sequence,
                Model = document.Name,
                Alias = move.Alias,
                From = now,
                To = move.Version,
                Actor = actor,
                Reason = reason,
                At = at,
                Changed = changed,
            });
            if (move.Version is null)
                aliases.Remove(move.Alias);
            else
                aliases[move.Alias] = move.Version;
        }

        var after = document with { Aliases = aliases, Moves = [.. document.Moves, .. changes.Where(c => c.Changed)], LastMove = sequence };
        return (settled ? document : after, changes);
    }

    /// <summary>Keeps the document small: the oldest moves go to an immutable document first, then out of this one with the same compare-and-swap.</summary>
    private async ValueTask<ModelDocument> ArchiveAsync(ModelDocument document, CancellationToken ct)
    {
        if (document.Moves.Count < 2 * ArchiveSize)
            return document;
        var oldest = document.Moves.GetRange(0, ArchiveSize);
        await archives.GetOrCreateAsync(string.Create(CultureInfo.InvariantCulture, $"{document.Name}/{oldest[0].Sequence:D10}.json"), oldest, ct);
        return document with { Moves = document.Moves.GetRange(ArchiveSize, document.Moves.Count - ArchiveSize) };
    }

    private async Task<ModelVersion> DetailsAsync(string model, ModelVersionSummary summary, CancellationToken ct)
    {
        var document = await details.ReadAsync<ModelVersion>(DetailsPath(model, summary.Key), ct)
            ?? throw new CatalogNotFoundException($"the details of version {summary.Version} of model '{model}' are gone");
        return document.Value with { Version = summary.Version };
    }
}
