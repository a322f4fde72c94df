namespace Iml4e.Tests.Unit.Reporting;

/// <summary>A test that reads documents with other people's programs; skipped where they are not.</summary>
internal sealed class PdfToolFactAttribute : FactAttribute
{
    public PdfToolFactAttribute()
    {
        if (PdfTools.Missing is { } missing)
            Skip = missing + " is not installed (Debian: poppler-utils, qpdf)";
    }
}
