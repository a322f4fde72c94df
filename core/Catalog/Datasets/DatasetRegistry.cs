using System.Globalization;

namespace Iml4e.Catalog;

/// <summary>Data sets: versions that are lists of content-addressed parts, replaced or appended to, exactly once by key.</summary>
public sealed class DatasetRegistry
{
    private readonly DocumentStore datasets;
    private readonly DocumentStore manifests;
    private readonly ArtefactStore artefacts;
    private readonly TimeProvider time;

    internal DatasetRegistry(DocumentStore datasets, DocumentStore manifests, ArtefactStore artefacts, TimeProvider time)
    {
        this.artefacts = artefacts;
        this.datasets = datasets;
        this.manifests = manifests;
        this.time = time;
    }

    /// <summary>Adds a version; the same key gives the version that was added first. Appends that race come one after the other, none is lost.</summary>
    /// <param name="dataset">The name.</param>
    /// <param name="parts">At least one; the artefacts are stored before.</param>
    /// <param name="mode">Replace or append.</param>
    /// <param name="key">Idempotency key.</param>
    /// <param name="properties">Whatever else is to be kept.</param>
    /// <param name="columns">Says the version's columns, given those of the version that it goes on from (null when there is none); not asked when that one's
    /// are not known.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="ArgumentException">Name, key or parts are not valid.</exception>
    /// <exception cref="CatalogNotFoundException">A part's artefact is not there.</exception>
    public async Task<DatasetVersion> AddVersionAsync(
        string dataset,
        IReadOnlyList<DatasetPart> parts,
        DatasetMode mode,
        string key,
        IReadOnlyDictionary<string, string>? properties = null,
        Func<IReadOnlyList<DatasetColumn>?, IReadOnlyList<DatasetColumn>?>? columns = null,
        CancellationToken ct = default)
    {
        ResourceName.Check(dataset, "dataset");
        KeyRule.Check(key);
        Check(parts);
        foreach (var window in parts.Select(p => p.Digest).Distinct(StringComparer.Ordinal).Chunk(8))
        {
            var held = await Task.WhenAll(window.Select(async digest => (Digest: digest, There: await artefacts.HoldAsync(digest, ct))));
            if (Array.Find(held, h => !h.There) is { Digest: { } missing })
                throw new CatalogNotFoundException($"there is no artefact {missing}");
        }

        DatasetDocument.Entry? entry = null;
        await datasets.UpdateAsync<DatasetDocument>(
            dataset,
            async (document, cancel) =>
            {
                var now = time.GetUtcNow();
                document ??= new DatasetDocument { Name = dataset, CreatedAt = now };
                if ((entry = document.Versions.Find(v => v.Summary.Key == key)) is not null)
                    return document;
                entry = await WriteManifestAsync(document, parts, mode, key, properties, columns, now, cancel);
                return document with { Versions = [.. document.Versions, entry] };
            },
            ct);
        return await ToVersionAsync(dataset, entry!, ct);
    }

    /// <summary>The data set; null when it is not there.</summary>
    public async Task<Dataset?> GetAsync(string dataset, CancellationToken ct = default)
        => await datasets.ReadAsync<DatasetDocument>(ResourceName.Check(dataset, "dataset"), ct) is { } document ? ToDataset(document.Value) : null;

    /// <summary>A version with its parts; null when it is not there.</summary>
    /// <param name="dataset">The name.</param>
    /// <param name="version">"1", "2", …; null = the newest.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<DatasetVersion?> GetVersionAsync(string dataset, string? version = null, CancellationToken ct = default)
    {
        var versions = (await datasets.ReadAsync<DatasetDocument>(ResourceName.Check(dataset, "dataset"), ct))?.Value.Versions;
        var entry = version is null ? versions?.LastOrDefault() : versions?.Find(v => v.Summary.Version == version);
        return entry is null ? null : await ToVersionAsync(dataset, entry, ct);
    }

    /// <summary>All data sets, by name.</summary>
    public async Task<IReadOnlyList<Dataset>> ListAsync(CancellationToken ct = default)
    {
        var all = new List<Dataset>();
        await foreach (var document in datasets.ReadAllAsync<DatasetDocument>("", ct))
            all.Add(ToDataset(document.Value));
        return all;
    }

    private static Dataset ToDataset(DatasetDocument document) => new(document.Name, document.CreatedAt, [.. document.Versions.Select(v => v.Summary)]);

    private static void Check(IReadOnlyList<DatasetPart> parts)
    {
        if (parts.Count == 0)
            throw new CatalogArgumentException("parts: there must be at least one");
        foreach (var part in parts)
        {
            Digest.Check(part.Digest);
            if (part.Name is not { Length: >= 1 and <= 255 } || part.Name.AsSpan().IndexOfAny('/', '\\', '\0') >= 0 || part.Name is "." or "..")
                throw new CatalogArgumentException($"part: {ResourceName.Quote(part.Name)} is not a file name; use 1 to 255 characters without '/' and '\\'");
            if (part.Bytes < 0 || part.Rows < 0)
                throw new CatalogArgumentException($"part {ResourceName.Quote(part.Name)}: bytes and rows are not negative");
        }
    }

    private async Task<DatasetDocument.Entry> WriteManifestAsync(
        DatasetDocument document,
        IReadOnlyList<DatasetPart> parts,
        DatasetMode mode,
        string key,
        IReadOnlyDictionary<string, string>? properties,
        Func<IReadOnlyList<DatasetColumn>?, IReadOnlyList<DatasetColumn>?>? columns,
        DateTimeOffset now,
        CancellationToken ct)
    {
        var last = mode == DatasetMode.Append ? document.Versions.LastOrDefault() : null;
        var below = last is null ? null : await ManifestAsync(document.Name, last.Manifest, ct);
        var manifest = new DatasetManifest
        {
            Key = key,
            Mode = mode,
            CreatedAt = now,
            Parts = [.. parts],
            Added = parts.Count,
            // What the parts so far were taken for is not known: nor is it for the whole.
            Columns = below is { Columns: null } ? null : columns?.Invoke(below?.Columns),
            Properties = properties ?? new Dictionary<string, string>(),
        };
        if (below is not null)
        {
            manifest = below.Depth + 1 < DatasetManifest.MaxDepth
                ? manifest with { Base = last!.Manifest, Depth = below.Depth + 1 }
                : manifest with { Parts = [.. await PartsAsync(document.Name, below, ct), .. parts] };
        }

        // Named by key and place: two writers of one key at one place write the same parts, and the first one's stay.
        var number = document.Versions.Count + 1;
        var name = string.Create(CultureInfo.InvariantCulture, $"{KeyRule.Hash(key)}-{number}.json");
        var written = (await manifests.GetOrCreateAsync($"{document.Name}/{name}", manifest, ct)).Value;
        var added = written.Parts.TakeLast(written.Added).ToArray();
        var summary = new DatasetVersionSummary(
            number.ToString(CultureInfo.InvariantCulture),
            key,
            added.Length + (last?.Summary.Parts ?? 0),
            added.Sum(p => p.Bytes) + (last?.Summary.Bytes ?? 0),
            added.All(p => p.Rows is not null) && last is null or { Summary.Rows: not null } ? added.Sum(p => p.Rows) + (last?.Summary.Rows ?? 0) : null,
            written.CreatedAt);
        return new DatasetDocument.Entry(summary, name);
    }

    private async Task<DatasetVersion> ToVersionAsync(string dataset, DatasetDocument.Entry entry, CancellationToken ct)
    {
        var manifest = await ManifestAsync(dataset, entry.Manifest, ct);
        return new DatasetVersion
        {
            Dataset = dataset,
            Version = entry.Summary.Version,
            Key = manifest.Key,
            Mode = manifest.Mode,
            Parts = await PartsAsync(dataset, manifest, ct),
            AddedParts = manifest.Added,
            CreatedAt = manifest.CreatedAt,
            Columns = manifest.Columns,
            Properties = manifest.Properties,
        };
    }

    private async Task<DatasetManifest> ManifestAsync(string dataset, string name, CancellationToken ct)
        => (await manifests.ReadAsync<DatasetManifest>($"{dataset}/{name}", ct))?.Value
            ?? throw new CatalogNotFoundException($"a manifest of data set '{dataset}' is gone");

    private async Task<IReadOnlyList<DatasetPart>> PartsAsync(string dataset, DatasetManifest manifest, CancellationToken ct)
    {
        var pieces = new Stack<List<DatasetPart>>();
        pieces.Push(manifest.Parts);
        while (manifest.Base is { } name)
        {
            manifest = await ManifestAsync(dataset, name, ct);
            pieces.Push(manifest.Parts);
        }

        return [.. pieces.SelectMany(p => p)];
    }
}
