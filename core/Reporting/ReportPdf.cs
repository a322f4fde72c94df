using Iml4e.Reporting.Pdf;

namespace Iml4e.Reporting;

/// <summary>
/// Reports as PDF (1.7, A4): vector charts, pictures, fonts embedded, text that can be selected and searched, an outline; nothing fetched. The same report
/// makes the same bytes.
/// </summary>
public static class ReportPdf
{
    /// <summary>Renders a report.</summary>
    /// <exception cref="FormatException">A picture is none that a report may have.</exception>
    public static byte[] Render(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new ReportPdfLayout(report).Write();
    }
}
