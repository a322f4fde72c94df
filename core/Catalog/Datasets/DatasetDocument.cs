namespace Iml4e.Catalog;

/// <summary>What changes about a data set, in one small document.</summary>
internal sealed record DatasetDocument
{
    public required string Name { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public List<Entry> Versions { get; init; } = [];

    /// <summary>A version, and the manifest that says its parts.</summary>
    internal sealed record Entry(DatasetVersionSummary Summary, string Manifest);
}

/// <summary>
/// The parts of a version, written once. An appended version names the manifest it goes on from, so that a data set fed every hour does not write all its
/// parts every hour; every sixteenth manifest is whole, which bounds what a reader reads.
/// </summary>
internal sealed record DatasetManifest
{
    public const int MaxDepth = 16;

    public required string Key { get; init; }

    public required DatasetMode Mode { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The manifest whose parts come first; null = none do.</summary>
    public string? Base { get; init; }

    /// <summary>Manifests below this one.</summary>
    public int Depth { get; init; }

    public required List<DatasetPart> Parts { get; init; }

    /// <summary>Of <see cref="Parts"/>, from the end, those that the version added.</summary>
    public required int Added { get; init; }

    /// <summary>Columns over all parts, those of the base too; null when they were not told.</summary>
    public IReadOnlyList<DatasetColumn>? Columns { get; init; }

    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();
}
