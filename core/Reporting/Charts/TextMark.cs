namespace Iml4e.Reporting.Charts;

/// <summary>A line of text.</summary>
/// <param name="X">Its anchor.</param>
/// <param name="Y">Its base line.</param>
/// <param name="Text">The text.</param>
/// <param name="Size">Its size.</param>
/// <param name="Fill">Its colour.</param>
/// <param name="Anchor">Which end of the text stands at X.</param>
/// <param name="Turn">Degrees clockwise around the anchor: 0 or −90.</param>
/// <param name="Bold">Whether it is bold.</param>
public sealed record TextMark(
    double X, double Y, string Text, double Size, ChartPaint Fill, TextAnchor Anchor = TextAnchor.Start, double Turn = 0, bool Bold = false) : ChartMark;
