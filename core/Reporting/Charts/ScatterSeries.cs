namespace Iml4e.Reporting.Charts;

/// <summary>One cloud of points.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="X">Where, across.</param>
/// <param name="Y">Where, up; as many.</param>
public sealed record ScatterSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y);
