namespace Iml4e.Reporting.Charts;

/// <summary>A colour by the part it plays.</summary>
/// <param name="Color">The part.</param>
/// <param name="Index">The series, from 0.</param>
/// <param name="Level">The level on a scale.</param>
public readonly record struct ChartPaint(ChartColor Color, int Index = 0, double Level = 0);
