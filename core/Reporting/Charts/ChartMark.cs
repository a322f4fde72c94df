namespace Iml4e.Reporting.Charts;

/// <summary>A mark of a laid-out chart; lengths in points, y downwards from the top left.</summary>
public abstract record ChartMark;
