namespace Iml4e.Assessment.Monitoring;

/// <summary>What a two-sample test found.</summary>
/// <param name="Statistic">Its statistic; infinite where a new category makes the test certain.</param>
/// <param name="PValue">Probability of such a statistic without a difference.</param>
public readonly record struct DriftTestResult(double Statistic, double PValue);
