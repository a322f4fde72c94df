namespace Iml4e.Catalog;

/// <summary>What changes about a model, in one small document; details of versions and old alias moves are immutable blobs beside it.</summary>
internal sealed record ModelDocument
{
    public required string Name { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public string? Task { get; init; }

    public SortedDictionary<string, string> Tags { get; init; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, string> Aliases { get; init; } = new(StringComparer.Ordinal);

    public List<ModelVersionSummary> Versions { get; init; } = [];

    /// <summary>The newest moves; older ones are in archives of <see cref="ModelRegistry.ArchiveSize"/> moves each.</summary>
    public List<AliasChange> Moves { get; init; } = [];

    public long LastMove { get; init; }

    /// <summary>What its prediction log keeps; null = as the app is set.</summary>
    public LoggingPolicy? Logging { get; init; }
}
