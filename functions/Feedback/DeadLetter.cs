namespace Iml4e.Functions.Feedback;

/// <summary>An outcome that was accepted before its prediction was known, and came to nothing.</summary>
/// <param name="Index">Place in its request, from 0.</param>
/// <param name="PredictionId">The prediction that it named.</param>
/// <param name="Value">What happened, a row each, as text.</param>
/// <param name="ObservedAt">When it was observed; null when it was not said.</param>
/// <param name="Revision">Which telling of it this is.</param>
/// <param name="ReceivedAt">When it came.</param>
/// <param name="DeadAt">When it was given up.</param>
/// <param name="Code">Why: <c>prediction.unknown</c> when the prediction never came, or what was wrong with the outcome when it did.</param>
/// <param name="Message">The same in words.</param>
internal sealed record DeadLetter(
    int Index, string PredictionId, IReadOnlyList<string> Value, DateTimeOffset? ObservedAt, int Revision, DateTimeOffset ReceivedAt, DateTimeOffset DeadAt,
    string Code, string Message);

/// <summary>The outcomes of one request that came to nothing.</summary>
internal sealed record DeadRequest(IReadOnlyList<DeadLetter> Letters);
