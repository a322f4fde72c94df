namespace Iml4e.Functions.Feedback;

/// <summary>One outcome of a feedback request.</summary>
/// <param name="Index">Place in the request, from 0.</param>
/// <param name="PredictionId">The prediction that it belongs to; null when none could be read.</param>
/// <param name="Values">What happened, a row each, as text.</param>
/// <param name="ObservedAt">When it was observed; the time of arrival when absent.</param>
/// <param name="Revision">Which telling of it this is, 0 for the first.</param>
/// <param name="Problem">Why it cannot be taken; null when it can.</param>
internal sealed record Outcome(
    int Index, string? PredictionId, IReadOnlyList<string> Values, DateTimeOffset? ObservedAt, int Revision, RejectedOutcome? Problem)
{
    /// <summary>An outcome that cannot be taken.</summary>
    public static Outcome Wrong(int index, string? predictionId, string message) =>
        new(index, predictionId, [], null, 0, new RejectedOutcome(index, predictionId, "outcome.invalid", message));
}
