namespace Iml4e.Reporting.Charts;

/// <summary>A line through points.</summary>
/// <param name="Points">Its points, two or more.</param>
/// <param name="Stroke">Its colour.</param>
/// <param name="Width">Its width.</param>
/// <param name="Dashed">Whether it is dashed.</param>
public sealed record PathMark(IReadOnlyList<ChartPoint> Points, ChartPaint Stroke, double Width, bool Dashed = false) : ChartMark;
