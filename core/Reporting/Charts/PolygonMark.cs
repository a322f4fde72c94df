namespace Iml4e.Reporting.Charts;

/// <summary>A filled polygon.</summary>
/// <param name="Points">Its corners, three or more.</param>
/// <param name="Fill">Its colour.</param>
/// <param name="Opacity">0..1.</param>
public sealed record PolygonMark(IReadOnlyList<ChartPoint> Points, ChartPaint Fill, double Opacity) : ChartMark;
