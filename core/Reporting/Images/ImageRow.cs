namespace Iml4e.Reporting.Images;

/// <summary>Pictures that belong together, side by side in equal widths.</summary>
public sealed record ImageRow
{
    /// <summary>What they show; null for nothing.</summary>
    public string? Title { get; init; }

    /// <summary>The pictures, one to four.</summary>
    public required IReadOnlyList<ReportImage> Images { get; init; }
}
