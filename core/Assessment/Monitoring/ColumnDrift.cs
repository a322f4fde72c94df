namespace Iml4e.Assessment.Monitoring;

/// <summary>Whether one column has drifted.</summary>
/// <param name="Column">The column.</param>
/// <param name="Test">The test: <c>wasserstein</c>, <c>jensenShannon</c>, <c>ks</c>, <c>chiSquare</c> or <c>z</c>.</param>
/// <param name="Statistic">What was measured: a distance, or for tests the p-value.</param>
/// <param name="Threshold">The limit that it is held against.</param>
/// <param name="Drifted">Whether it is beyond.</param>
/// <param name="ThresholdSource">Where the limit comes from: <c>calibrated(k windows)</c>, <c>calibrated(k bootstrap windows)</c> or <c>evidently</c>.</param>
public sealed record ColumnDrift(string Column, string Test, double Statistic, double Threshold, bool Drifted, string ThresholdSource);
