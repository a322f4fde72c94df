using Iml4e.Reporting.Charts;
using Iml4e.Reporting.Images;

namespace Iml4e.Reporting;

/// <summary>A part of a report: what is there is shown in the order paragraphs, key figures, charts, pictures, tables.</summary>
public sealed record ReportSection
{
    /// <summary>Its heading.</summary>
    public required string Title { get; init; }

    /// <summary>Plain text, a paragraph each.</summary>
    public IReadOnlyList<string> Paragraphs { get; init; } = [];

    /// <summary>Numbers of this section.</summary>
    public IReadOnlyList<KeyFigure> KeyFigures { get; init; } = [];

    /// <summary>Charts.</summary>
    public IReadOnlyList<Chart> Charts { get; init; } = [];

    /// <summary>Pictures.</summary>
    public IReadOnlyList<ImageRow> Images { get; init; } = [];

    /// <summary>Tables.</summary>
    public IReadOnlyList<ReportTable> Tables { get; init; } = [];
}
