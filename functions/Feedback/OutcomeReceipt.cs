namespace Iml4e.Functions.Feedback;

/// <summary>What became of an outcome.</summary>
/// <param name="Problem">Why it was not taken; null when it is on storage.</param>
/// <param name="IsWaiting">Whether it is on storage and waits for its prediction.</param>
internal readonly record struct OutcomeReceipt(RejectedOutcome? Problem, bool IsWaiting = false);
