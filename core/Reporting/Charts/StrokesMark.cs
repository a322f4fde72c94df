namespace Iml4e.Reporting.Charts;

/// <summary>Straight strokes, each by itself.</summary>
/// <param name="Strokes">Where they begin and end.</param>
/// <param name="Stroke">Their colour.</param>
/// <param name="Width">Their width.</param>
public sealed record StrokesMark(IReadOnlyList<(ChartPoint From, ChartPoint To)> Strokes, ChartPaint Stroke, double Width) : ChartMark;
