namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>Where a figure lies with 95 % confidence.</summary>
/// <param name="Low">The 2.5 % point.</param>
/// <param name="High">The 97.5 % point.</param>
public sealed record Interval(double Low, double High);
