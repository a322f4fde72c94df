namespace Iml4e.Functions.Jobs;

/// <summary>As what a report is told.</summary>
internal enum ReportFormat
{
    /// <summary>The report's own model.</summary>
    Json,

    /// <summary>A page.</summary>
    Html,

    /// <summary>A document.</summary>
    Pdf,
}
