namespace Iml4e.Learning;

/// <summary>One window that the search tried.</summary>
/// <param name="Window">Newest rows taken, hold-out and validation included.</param>
/// <param name="TrainRows">Rows fitted on.</param>
/// <param name="ValidationLoss">Mean log loss (classification) or squared error (regression) over the validation rows, the same for all candidates; null when
/// skipped.</param>
/// <param name="Skipped">Why it was not fitted.</param>
public sealed record WindowCandidate(int Window, int TrainRows, double? ValidationLoss, string? Skipped);
