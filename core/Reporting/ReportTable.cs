namespace Iml4e.Reporting;

/// <summary>A table.</summary>
public sealed record ReportTable
{
    /// <summary>Its caption; null for none.</summary>
    public string? Title { get; init; }

    /// <summary>The columns.</summary>
    public required IReadOnlyList<ReportColumn> Columns { get; init; }

    /// <summary>The rows; a row may be shorter than the columns, never longer.</summary>
    public required IReadOnlyList<IReadOnlyList<Cell>> Rows { get; init; }
}
