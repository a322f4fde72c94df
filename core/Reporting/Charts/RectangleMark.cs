namespace Iml4e.Reporting.Charts;

/// <summary>A filled rectangle.</summary>
/// <param name="X">Left.</param>
/// <param name="Y">Top.</param>
/// <param name="Width">Width.</param>
/// <param name="Height">Height.</param>
/// <param name="Fill">Its colour.</param>
/// <param name="Tip">What it stands for, shown when pointed at; null for none.</param>
public sealed record RectangleMark(double X, double Y, double Width, double Height, ChartPaint Fill, string? Tip = null) : ChartMark;
