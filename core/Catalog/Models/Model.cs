namespace Iml4e.Catalog;

/// <summary>A model: its versions and where its aliases point.</summary>
/// <param name="Name">The name.</param>
/// <param name="Task">Of the newest version that says one.</param>
/// <param name="Tags">Of all versions, newer laid over older.</param>
/// <param name="Aliases">Alias to version.</param>
/// <param name="Versions">Oldest first; details by <see cref="ModelRegistry.GetVersionAsync"/>.</param>
/// <param name="CreatedAt">When its first version was registered.</param>
public sealed record Model(
    string Name,
    string? Task,
    IReadOnlyDictionary<string, string> Tags,
    IReadOnlyDictionary<string, string> Aliases,
    IReadOnlyList<ModelVersionSummary> Versions,
    DateTimeOffset CreatedAt)
{
    /// <summary>What its prediction log keeps; null = as the app is set.</summary>
    public LoggingPolicy? Logging { get; init; }

    /// <summary>The version that the alias points to; null when it is not set.</summary>
    public string? Alias(string alias) => Aliases.TryGetValue(alias, out var version) ? version : null;
}

/// <summary>A model version in its model's list.</summary>
/// <param name="Version">"1", "2", …</param>
/// <param name="Key">The key it was registered under.</param>
/// <param name="Digest">The artefact.</param>
/// <param name="CreatedAt">When it was registered.</param>
public sealed record ModelVersionSummary(string Version, string Key, string Digest, DateTimeOffset CreatedAt);
