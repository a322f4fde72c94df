namespace Iml4e.Catalog;

/// <summary>How a new version of a data set stands to the one before.</summary>
public enum DatasetMode
{
    /// <summary>The parts given are all there is.</summary>
    Replace,

    /// <summary>The parts given come after those of the newest version.</summary>
    Append,
}

/// <summary>A file of a data set version.</summary>
/// <param name="Digest">The artefact that holds it.</param>
/// <param name="Name">Its file name.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="MediaType">text/csv, …</param>
/// <param name="Rows">Its rows, where they were counted.</param>
public sealed record DatasetPart(string Digest, string Name, long Bytes, string MediaType, long? Rows = null);

/// <summary>A version of a data set; never changes.</summary>
public sealed record DatasetVersion
{
    /// <summary>The data set's name.</summary>
    public required string Dataset { get; init; }

    /// <summary>"1", "2", … without gaps.</summary>
    public required string Version { get; init; }

    /// <summary>The idempotency key it was added under.</summary>
    public required string Key { get; init; }

    /// <summary>How it stands to the version before.</summary>
    public DatasetMode Mode { get; init; }

    /// <summary>All parts, in order, those of earlier versions included when appended.</summary>
    public IReadOnlyList<DatasetPart> Parts { get; init; } = [];

    /// <summary>How many of <see cref="Parts"/>, from the end, this version added.</summary>
    public int AddedParts { get; init; }

    /// <summary>When it was added.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The columns over all parts, and what they were taken for; null when that was not told.</summary>
    public IReadOnlyList<DatasetColumn>? Columns { get; init; }

    /// <summary>Whatever else was kept.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>Rows of all parts; null when some part's are not known.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public long? Rows => Parts.All(p => p.Rows is not null) ? Parts.Sum(p => p.Rows!.Value) : null;
}

/// <summary>A data set and its versions.</summary>
/// <param name="Name">The name.</param>
/// <param name="CreatedAt">When its first version was added.</param>
/// <param name="Versions">Oldest first.</param>
public sealed record Dataset(string Name, DateTimeOffset CreatedAt, IReadOnlyList<DatasetVersionSummary> Versions)
{
    /// <summary>The newest version's number.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Newest => Versions[^1].Version;
}

/// <summary>A version in its data set's list.</summary>
/// <param name="Version">"1", "2", …</param>
/// <param name="Key">The key it was added under.</param>
/// <param name="Parts">How many parts it has.</param>
/// <param name="Bytes">Bytes of all parts.</param>
/// <param name="Rows">Rows of all parts; null when some part's are not known.</param>
/// <param name="CreatedAt">When it was added.</param>
public sealed record DatasetVersionSummary(string Version, string Key, int Parts, long Bytes, long? Rows, DateTimeOffset CreatedAt);
