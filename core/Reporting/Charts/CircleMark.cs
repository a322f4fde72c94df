namespace Iml4e.Reporting.Charts;

/// <summary>A filled circle.</summary>
/// <param name="X">Centre.</param>
/// <param name="Y">Centre.</param>
/// <param name="Radius">Radius.</param>
/// <param name="Fill">Its colour.</param>
/// <param name="Opacity">0..1.</param>
/// <param name="Tip">What it stands for; null for none.</param>
public sealed record CircleMark(double X, double Y, double Radius, ChartPaint Fill, double Opacity = 1, string? Tip = null) : ChartMark;
