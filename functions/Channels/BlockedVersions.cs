namespace Iml4e.Functions.Channels;

/// <summary>Versions of a model that are given to nobody any more; one document a model.</summary>
internal sealed record BlockedVersions
{
    /// <summary>Version to block.</summary>
    public IReadOnlyDictionary<string, VersionBlock> Versions { get; init; } = new Dictionary<string, VersionBlock>();

    /// <summary>Path of the document.</summary>
    public static string PathOf(string model) => $"blocked/{model}.json";
}

/// <summary>Why a version is blocked.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Actor">Who did it.</param>
/// <param name="At">When.</param>
internal sealed record VersionBlock(string Reason, string Actor, DateTimeOffset At);
