namespace Iml4e.Reporting;

/// <summary>A column of a table.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Align">Where its cells stand.</param>
/// <param name="Format">A .NET number format for its numbers, such as "0.000" or "P1"; null for up to four significant digits.</param>
public sealed record ReportColumn(string Title, ColumnAlignment Align = ColumnAlignment.Left, string? Format = null);
