namespace Iml4e.Reporting;

/// <summary>A number to see first.</summary>
/// <param name="Label">What it is.</param>
/// <param name="Value">Its value; empty for undefined.</param>
/// <param name="Format">A .NET number format such as "0.000" or "P1"; null for up to four significant digits.</param>
/// <param name="Unit">Its unit; null for none.</param>
/// <param name="Note">A remark below it, such as "champion 2.10"; null for none.</param>
/// <param name="Tone">Good or bad.</param>
public sealed record KeyFigure(string Label, Cell Value, string? Format = null, string? Unit = null, string? Note = null, Tone Tone = Tone.Neutral);
