namespace Iml4e.Assessment.Experiment;

/// <summary>What a group-sequential analysis says after it has stopped, corrected for its looks.</summary>
/// <param name="Delta">The median-unbiased estimate.</param>
/// <param name="Low">The lower end of the 1 − α interval.</param>
/// <param name="High">The upper end of the 1 − α interval.</param>
/// <param name="P">The two-sided p.</param>
public sealed record AdjustedEstimate(double Delta, double Low, double High, double P);
