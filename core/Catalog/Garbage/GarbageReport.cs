namespace Iml4e.Catalog;

/// <summary>What a collection found, and did unless it was only asked to look.</summary>
public sealed record GarbageReport
{
    /// <summary>Most digests that are listed.</summary>
    public const int MaxListed = 1000;

    /// <summary>True when nothing was deleted.</summary>
    public required bool DryRun { get; init; }

    /// <summary>How long an artefact stays after it was last stored or named.</summary>
    public required TimeSpan Grace { get; init; }

    /// <summary>Artefacts there are.</summary>
    public long Artefacts { get; init; }

    /// <summary>Of these, those that some document, log or referenced report names.</summary>
    public long Referenced { get; init; }

    /// <summary>Of the others, those that are within their grace time.</summary>
    public long Young { get; init; }

    /// <summary>Artefacts deleted, or to be deleted.</summary>
    public long Garbage { get; init; }

    /// <summary>Their bytes.</summary>
    public long GarbageBytes { get; init; }

    /// <summary>Artefacts that were stored or named again at the last moment, and stay.</summary>
    public long Rescued { get; init; }

    /// <summary>Uploads that were cut off and whose blocks were thrown away, or are to be.</summary>
    public long AbandonedUploads { get; init; }

    /// <summary>The digests of <see cref="Garbage"/>, the first <see cref="MaxListed"/>.</summary>
    public IReadOnlyList<string> Digests { get; init; } = [];
}
