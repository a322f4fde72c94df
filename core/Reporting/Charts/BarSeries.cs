namespace Iml4e.Reporting.Charts;

/// <summary>One bar of each group.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Values">A value a category; null for no bar.</param>
public sealed record BarSeries(string Name, IReadOnlyList<double?> Values);
