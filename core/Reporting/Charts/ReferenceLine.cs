namespace Iml4e.Reporting.Charts;

/// <summary>A level drawn across a chart.</summary>
/// <param name="Value">Where.</param>
/// <param name="Label">What it is; null for none.</param>
/// <param name="Tone">Good or bad.</param>
public sealed record ReferenceLine(double Value, string? Label = null, Tone Tone = Tone.Neutral);
