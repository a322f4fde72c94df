namespace Iml4e.CatalogTrials.Predictions;

/// <summary>What became of the predictions that were answered.</summary>
/// <param name="Answered">Predictions answered.</param>
/// <param name="Lost">Of these, those that are not in the log.</param>
/// <param name="Logged">Records in the log.</param>
/// <param name="Doubled">Records of an id that has one already.</param>
/// <param name="Span">Of all kills the longest time between the first and the last answer that was lost.</param>
internal sealed record PredictionLosses(int Answered, int Lost, int Logged, int Doubled, TimeSpan Span);

/// <summary>How a trial came out.</summary>
/// <param name="Kills">Kills of the app.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Durable">Of the model whose answers wait for the log.</param>
/// <param name="Buffered">Of the model whose answers do not.</param>
internal sealed record PredictionCrashResult(int Kills, double Seconds, PredictionLosses Durable, PredictionLosses Buffered);
