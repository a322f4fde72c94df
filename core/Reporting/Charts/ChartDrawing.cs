namespace Iml4e.Reporting.Charts;

/// <summary>A chart with every mark in its place: what SVG and PDF draw.</summary>
/// <param name="Width">Width, points.</param>
/// <param name="Height">Height, points.</param>
/// <param name="Marks">The marks, from the back to the front.</param>
public sealed record ChartDrawing(double Width, double Height, IReadOnlyList<ChartMark> Marks);
