namespace Iml4e.Reporting.Charts;

/// <summary>A point of a laid-out chart.</summary>
/// <param name="X">From the left.</param>
/// <param name="Y">From the top.</param>
public readonly record struct ChartPoint(double X, double Y);
