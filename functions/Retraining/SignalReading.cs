namespace Iml4e.Functions.Retraining;

/// <summary>One score of a signal.</summary>
/// <param name="Mark">How far the log had come, in outcomes or in Unix milliseconds; grows from score to score.</param>
/// <param name="Value">The score; null when there is none.</param>
/// <param name="Evidence">What was seen, for people.</param>
internal readonly record struct SignalScore(long Mark, double? Value, string Evidence);

/// <summary>The scores of a signal for a champion version, oldest first.</summary>
/// <param name="Version">The version.</param>
/// <param name="Scores">The scores that are still known.</param>
internal sealed record SignalReading(string Version, IReadOnlyList<SignalScore> Scores);
